"""ColorUNet (Billaut, de Rochemonteix and Thibault, 2018, https://arxiv.org/abs/1811.03120)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import normalise
from learnet.models.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras

PAPER = "Billaut, de Rochemonteix and Thibault, ColorUNet: A Convolutional Classification Approach, 2018"
BINS = 32
PREPROCESSING = Preprocessing(scale=1 / 255, offset=(0.0,), grey=True, luma=True)


def build(luminance: keras.KerasTensor, bins: int) -> keras.KerasTensor:
    """Return the logits ``(batch, h, w, bins)`` of each pixel's colour for luminance ``(batch, h, w, 1)``.

    Height and width are multiples of 8. With 2 outputs it is the regression network to compare with: U and V
    themselves, learnt by least squares.
    """
    concatenate = import_keras().layers.Concatenate
    first = _down(luminance, "down1", 16)
    second = _down(first, "down2", 32)
    x = _down(second, "down3", 64)
    x = normalise(_up(x, "up1", 32, 32), "up1_bn")
    x = concatenate(name="up1_join")([x, second])
    x = normalise(_up(x, "up2", 16, 32), "up2_bn")
    x = concatenate(name="up2_join")([x, first])
    x = _up(x, "up3", 16, 16)
    return _conv(x, "head", bins, kernel=1, activation=None)


def _down(x: keras.KerasTensor, name: str, filters: int) -> keras.KerasTensor:
    x = _conv(_conv(x, f"{name}_conv1", filters), f"{name}_conv2", filters)
    x = import_keras().layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    return normalise(x, f"{name}_bn")


def _up(x: keras.KerasTensor, name: str, grown: int, filters: int) -> keras.KerasTensor:
    x = import_keras().layers.Conv2DTranspose(grown, 3, 2, padding="same", activation="relu", name=f"{name}_grow")(x)
    return _conv(_conv(x, f"{name}_conv1", filters), f"{name}_conv2", filters)


def _conv(
    x: keras.KerasTensor, name: str, filters: int, *, kernel: int = 3, activation: str | None = "relu"
) -> keras.KerasTensor:
    return import_keras().layers.Conv2D(filters, kernel, padding="same", activation=activation, name=name)(x)
