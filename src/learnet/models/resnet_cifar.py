"""The ResNets of CIFAR-10 and their plain twins (He et al., 2016, https://arxiv.org/abs/1512.03385, section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, normalise, relu

if TYPE_CHECKING:
    import keras

FEATURES = 64
_FILTERS = (16, 32, 64)
_EPSILON, _MOMENTUM = 1.001e-5, 0.9


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One depth.

    Attributes:
        name: ``"resnet20"`` or ``"plain20"``, with the depth at the end.
        depth: Layers with weights, 6n + 2.
        top1: Published accuracy on CIFAR-10; None for the plain networks, of which the paper gives curves only.
    """

    name: str
    depth: int
    top1: float | None = None

    @property
    def residual(self) -> bool:
        """Whether shortcuts lead round every two layers."""
        return self.name.startswith("resnet")


_TOP1 = {20: 0.9125, 32: 0.9249, 44: 0.9283, 56: 0.9303, 110: 0.9357}
VARIANTS = (
    *(Variant(name=f"resnet{depth}", depth=depth, top1=top1) for depth, top1 in _TOP1.items()),
    *(Variant(name=f"plain{depth}", depth=depth) for depth in _TOP1),
)


def build(variant: Variant, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h / 4, w / 4, 64)`` for symbolic preprocessed ``images``."""
    x = _unit(images, "conv1", _FILTERS[0], 1)
    for stage, filters in enumerate(_FILTERS, start=2):
        for number in range(1, (variant.depth - 2) // 6 + 1):
            stride = 2 if number == 1 and stage > 2 else 1
            x = _block(x, f"conv{stage}_block{number}", filters, stride, residual=variant.residual)
    return x


def _block(x: keras.KerasTensor, name: str, filters: int, stride: int, *, residual: bool) -> keras.KerasTensor:
    inside = _unit(x, f"{name}_1", filters, stride)
    inside = _unit(inside, f"{name}_2", filters, 1, activate=False)
    if residual:
        inside = import_keras().layers.Add(name=f"{name}_add")([_shortcut(x, name, filters, stride), inside])
    return relu(inside, f"{name}_out")


def _unit(x: keras.KerasTensor, name: str, filters: int, stride: int, *, activate: bool = True) -> keras.KerasTensor:
    x = conv(x, f"{name}_conv", filters, 3, stride, bias=False)
    x = normalise(x, f"{name}_bn", epsilon=_EPSILON, momentum=_MOMENTUM)
    return relu(x, f"{name}_relu") if activate else x


def _shortcut(x: keras.KerasTensor, name: str, filters: int, stride: int) -> keras.KerasTensor:
    """Return option A of the paper: every second pixel, and zeros for the new channels; nothing to learn."""
    if stride == 1:
        return x
    keras = import_keras()
    x = keras.layers.MaxPooling2D(1, stride, padding="same", name=f"{name}_every_second")(x)
    before = (filters - x.shape[-1]) // 2
    # ZeroPadding2D pads two axes of space; with the channels moved into one of them it pads channels.
    x = keras.layers.Permute((1, 3, 2), name=f"{name}_channels_in")(x)
    x = keras.layers.ZeroPadding2D(((0, 0), (before, before)), name=f"{name}_zeros")(x)
    return keras.layers.Permute((1, 3, 2), name=f"{name}_channels_out")(x)
