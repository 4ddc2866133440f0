"""VGG A to E (Simonyan and Zisserman, 2015, https://arxiv.org/abs/1409.1556, table 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, dropout, head

if TYPE_CHECKING:
    import keras

PAPER = "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015"
_FILTERS = (64, 128, 256, 512, 512)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One column of the paper's table 1.

    Attributes:
        name: ``"vgg-a"`` to ``"vgg-e"``.
        kernels: Of each of the five stages, the side of each convolution's kernel.
        top1: Published top-1 accuracy on ImageNet's validation images, one scale (table 3).
        normalised: Whether local response normalisation follows the first convolution.
    """

    name: str
    kernels: tuple[tuple[int, ...], ...]
    top1: float
    normalised: bool = False


VARIANTS = (
    Variant(name="vgg-a", kernels=((3,), (3,), (3, 3), (3, 3), (3, 3)), top1=0.704),
    Variant(name="vgg-a-lrn", kernels=((3,), (3,), (3, 3), (3, 3), (3, 3)), top1=0.703, normalised=True),
    Variant(name="vgg-b", kernels=((3, 3),) * 5, top1=0.713),
    Variant(name="vgg-c", kernels=((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)), top1=0.719),
    Variant(name="vgg-d", kernels=((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)), top1=0.730),
    Variant(name="vgg-e", kernels=((3, 3), (3, 3), (3,) * 4, (3,) * 4, (3,) * 4), top1=0.727),
)


def build(variant: Variant, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h / 32, w / 32, 512)`` for symbolic preprocessed ``images``."""
    from learnet.layers import LocalResponseNormalization

    keras = import_keras()
    x = images
    for stage, (filters, kernels) in enumerate(zip(_FILTERS, variant.kernels, strict=True), start=1):
        for number, kernel in enumerate(kernels, start=1):
            x = conv(x, f"block{stage}_conv{number}", filters, kernel, activation="relu")
            if variant.normalised and stage == 1:
                x = LocalResponseNormalization(name="block1_lrn")(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{stage}_pool")(x)
    return x


def top(maps: keras.KerasTensor, classes: int, rate: float) -> keras.KerasTensor:
    """Return the logits of the three dense layers, with dropout between them."""
    keras = import_keras()
    x = keras.layers.Flatten(name="flatten")(maps)
    for number in (1, 2):
        x = keras.layers.Dense(4096, activation="relu", kernel_initializer="he_normal", name=f"fc{number}")(x)
        x = dropout(x, rate, f"dropout{number}")
    return head(x, classes)
