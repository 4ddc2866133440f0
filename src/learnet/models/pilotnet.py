"""PilotNet (Bojarski et al., 2016, https://arxiv.org/abs/1604.07316, figure 4): a road in, a steering value out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv
from learnet.models.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras

PAPER = "Bojarski et al., End to End Learning for Self-Driving Cars, 2016"
PREPROCESSING = Preprocessing(scale=1 / 127.5, offset=(-1.0, 0.0, 0.0), yuv=True)
# filters, kernel, stride
_CONVOLUTIONS = ((24, 5, 2), (36, 5, 2), (48, 5, 2), (64, 3, 1), (64, 3, 1))


def build(images: keras.KerasTensor, outputs: int) -> keras.KerasTensor:
    """Return ``(batch, outputs)`` for symbolic YUV images ``(batch, 66, 200, 3)``; the paper has one output, 1/r."""
    layers = import_keras().layers
    x = images
    for number, (filters, kernel, stride) in enumerate(_CONVOLUTIONS, start=1):
        x = conv(x, f"conv{number}", filters, kernel, stride, padding="valid", activation="relu")
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate((100, 50, 10), start=1):
        x = layers.Dense(units, activation="relu", kernel_initializer="he_normal", name=f"fc{number}")(x)
    return layers.Dense(outputs, name="head")(x)
