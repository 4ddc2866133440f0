"""MobileNetV2 at several widths (Sandler et al., 2018, https://arxiv.org/abs/1801.04381, table 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, normalise

if TYPE_CHECKING:
    import keras

PAPER = "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018"
# expansion, channels, blocks, stride of the first block
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One width.

    Attributes:
        name: ``"mobilenetv2"``, or with its width behind a dash.
        width: Multiplier of the number of channels.
        top1: Published top-1 accuracy on ImageNet's validation images.
    """

    name: str
    width: float
    top1: float

    @property
    def features(self) -> int:
        """Channels of the last feature map; it never shrinks below 1280."""
        return max(1280, divisible(1280 * self.width))


VARIANTS = (
    Variant(name="mobilenetv2", width=1.0, top1=0.720),
    Variant(name="mobilenetv2-0.35", width=0.35, top1=0.603),
    Variant(name="mobilenetv2-0.5", width=0.5, top1=0.654),
    Variant(name="mobilenetv2-0.75", width=0.75, top1=0.698),
    Variant(name="mobilenetv2-1.3", width=1.3, top1=0.744),
    Variant(name="mobilenetv2-1.4", width=1.4, top1=0.747),
)


def build(variant: Variant, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h / 32, w / 32, variant.features)`` for preprocessed ``images``."""
    x = conv(images, "Conv1", divisible(32 * variant.width), 3, 2, bias=False)
    x = _normalise(x, "bn_Conv1", "Conv1_relu")
    number = 0
    for expand, channels, count, stride in _STAGES:
        for repeat in range(count):
            name = f"block_{number}" if number else "expanded_conv"
            x = _block(x, name, expand, divisible(channels * variant.width), stride if repeat == 0 else 1)
            number += 1
    x = conv(x, "Conv_1", variant.features, 1, bias=False)
    return _normalise(x, "Conv_1_bn", "out_relu")


def divisible(channels: float) -> int:
    """Return ``channels`` rounded to a multiple of 8, never down by more than a tenth."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _block(x: keras.KerasTensor, name: str, expand: int, filters: int, stride: int) -> keras.KerasTensor:
    layers = import_keras().layers
    inside, channels = x, x.shape[-1]
    if expand > 1:
        inside = conv(inside, f"{name}_expand", channels * expand, 1, bias=False)
        inside = _normalise(inside, f"{name}_expand_BN", f"{name}_expand_relu")
    if stride == 2:
        inside = layers.ZeroPadding2D(_halving_padding(inside), name=f"{name}_pad")(inside)
    inside = layers.DepthwiseConv2D(
        3, stride, padding="same" if stride == 1 else "valid", use_bias=False, name=f"{name}_depthwise"
    )(inside)
    inside = _normalise(inside, f"{name}_depthwise_BN", f"{name}_depthwise_relu")
    inside = _normalise(conv(inside, f"{name}_project", filters, 1, bias=False), f"{name}_project_BN", None)
    return layers.Add(name=f"{name}_add")([x, inside]) if stride == 1 and channels == filters else inside


def _halving_padding(x: keras.KerasTensor) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return Keras' padding before a valid 3 x 3 convolution of stride 2: none above and left of even sizes."""
    top, left = (side % 2 for side in x.shape[1:3])
    return (top, 1), (left, 1)


def _normalise(x: keras.KerasTensor, name: str, activation: str | None) -> keras.KerasTensor:
    x = normalise(x, name, epsilon=1e-3, momentum=0.999)
    return import_keras().layers.ReLU(6.0, name=activation)(x) if activation else x
