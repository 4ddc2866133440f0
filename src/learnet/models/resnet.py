"""ResNet 18 to 152, first and second version.

He, Zhang, Ren and Sun, 2016: https://arxiv.org/abs/1512.03385 (table 1) and https://arxiv.org/abs/1603.05027. The
bottleneck networks are those of ``keras.applications``, layer by layer: convolutions have biases, the first version
strides in the first 1 x 1 convolution, the second in the last block of a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, normalise, relu

if TYPE_CHECKING:
    import keras

PAPER = "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016"
PAPER_V2 = "He, Zhang, Ren and Sun, Identity Mappings in Deep Residual Networks, ECCV 2016"
_FILTERS = (64, 128, 256, 512)
_EPSILON = 1.001e-5


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One column of the paper's table 1.

    Attributes:
        name: ``"resnet18"`` to ``"resnet152v2"``.
        blocks: How many blocks each of the four stages has.
        top1: Published top-1 accuracy on ImageNet's validation images: 10 crops in the paper for the first version, one
            in ``keras.applications`` for the second.
        kind: ``"basic"``: two 3 x 3 convolutions a block; ``"bottleneck"``: 1 x 1, 3 x 3, 1 x 1; ``"v2"``: the same
            with normalisation before each convolution.
    """

    name: str
    blocks: tuple[int, int, int, int]
    top1: float
    kind: str = "bottleneck"

    @property
    def features(self) -> int:
        """Channels of the last feature map."""
        return 512 if self.kind == "basic" else 2048


VARIANTS = (
    Variant(name="resnet18", blocks=(2, 2, 2, 2), top1=0.7212, kind="basic"),
    Variant(name="resnet34", blocks=(3, 4, 6, 3), top1=0.7548, kind="basic"),
    Variant(name="resnet50", blocks=(3, 4, 6, 3), top1=0.7715),
    Variant(name="resnet101", blocks=(3, 4, 23, 3), top1=0.7825),
    Variant(name="resnet152", blocks=(3, 8, 36, 3), top1=0.7857),
    Variant(name="resnet50v2", blocks=(3, 4, 6, 3), top1=0.760, kind="v2"),
    Variant(name="resnet101v2", blocks=(3, 4, 23, 3), top1=0.772, kind="v2"),
    Variant(name="resnet152v2", blocks=(3, 8, 36, 3), top1=0.780, kind="v2"),
)


def build(variant: Variant, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h / 32, w / 32, variant.features)`` for preprocessed ``images``."""
    block = {"basic": _basic, "bottleneck": _bottleneck, "v2": _v2}[variant.kind]
    x = _stem(images, bias=variant.kind != "basic", activate=variant.kind != "v2")
    for stage, (count, filters) in enumerate(zip(variant.blocks, _FILTERS, strict=True), start=2):
        striding = _striding_block(variant, stage)
        for number in range(1, count + 1):
            stride = 2 if number == striding % (count + 1) else 1
            x = block(x, f"conv{stage}_block{number}", filters, stride, first=number == 1)
    return x if variant.kind != "v2" else relu(normalise(x, "post_bn", epsilon=_EPSILON), "post_relu")


def _striding_block(variant: Variant, stage: int) -> int:
    """Return which block of a stage halves the maps, from 1; 0 is none, -1 the last."""
    if variant.kind == "v2":
        return -1 if stage < 5 else 0
    return 1 if stage > 2 else 0


def _stem(x: keras.KerasTensor, *, bias: bool, activate: bool) -> keras.KerasTensor:
    layers = import_keras().layers
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = conv(x, "conv1_conv", 64, 7, 2, padding="valid", bias=bias)
    if activate:
        x = relu(normalise(x, "conv1_bn", epsilon=_EPSILON), "conv1_relu")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, 2, name="pool1_pool")(x)


def _basic(x: keras.KerasTensor, name: str, filters: int, stride: int, *, first: bool) -> keras.KerasTensor:
    shortcut = x
    if first and x.shape[-1] != filters:
        shortcut = conv(x, f"{name}_0_conv", filters, 1, stride, bias=False)
        shortcut = normalise(shortcut, f"{name}_0_bn", epsilon=_EPSILON)
    x = conv(x, f"{name}_1_conv", filters, 3, stride, bias=False)
    x = relu(normalise(x, f"{name}_1_bn", epsilon=_EPSILON), f"{name}_1_relu")
    x = normalise(conv(x, f"{name}_2_conv", filters, 3, bias=False), f"{name}_2_bn", epsilon=_EPSILON)
    x = import_keras().layers.Add(name=f"{name}_add")([shortcut, x])
    return relu(x, f"{name}_out")


def _bottleneck(x: keras.KerasTensor, name: str, filters: int, stride: int, *, first: bool) -> keras.KerasTensor:
    shortcut = x
    if first:
        shortcut = conv(x, f"{name}_0_conv", 4 * filters, 1, stride)
        shortcut = normalise(shortcut, f"{name}_0_bn", epsilon=_EPSILON)
    x = conv(x, f"{name}_1_conv", filters, 1, stride)
    x = relu(normalise(x, f"{name}_1_bn", epsilon=_EPSILON), f"{name}_1_relu")
    x = conv(x, f"{name}_2_conv", filters, 3)
    x = relu(normalise(x, f"{name}_2_bn", epsilon=_EPSILON), f"{name}_2_relu")
    x = normalise(conv(x, f"{name}_3_conv", 4 * filters, 1), f"{name}_3_bn", epsilon=_EPSILON)
    x = import_keras().layers.Add(name=f"{name}_add")([shortcut, x])
    return relu(x, f"{name}_out")


def _v2(x: keras.KerasTensor, name: str, filters: int, stride: int, *, first: bool) -> keras.KerasTensor:
    layers = import_keras().layers
    before = relu(normalise(x, f"{name}_preact_bn", epsilon=_EPSILON), f"{name}_preact_relu")
    if first:
        shortcut = conv(before, f"{name}_0_conv", 4 * filters, 1, stride)
    else:
        shortcut = layers.MaxPooling2D(1, stride, name=f"{name}_0_pool")(x) if stride > 1 else x
    x = conv(before, f"{name}_1_conv", filters, 1, bias=False)
    x = relu(normalise(x, f"{name}_1_bn", epsilon=_EPSILON), f"{name}_1_relu")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = conv(x, f"{name}_2_conv", filters, 3, stride, padding="valid", bias=False)
    x = relu(normalise(x, f"{name}_2_bn", epsilon=_EPSILON), f"{name}_2_relu")
    x = conv(x, f"{name}_3_conv", 4 * filters, 1)
    return layers.Add(name=f"{name}_out")([shortcut, x])
