"""LeNet-5 as published, and as it is usually taught (LeCun, Bottou, Bengio and Haffner, 1998, section II.B)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, dropout, head
from learnet.models.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras

PAPER = "LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document Recognition, 1998"
FEATURES = 84
PREPROCESSING = Preprocessing(scale=1.275 / 255, offset=(-0.1,), grey=True)
"""Background -0.1, foreground 1.175: about mean 0 and variance 1 on handwritten digits."""

# which maps of S2 each map of C3 sees: table I of the paper
C3_TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)


def build(images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the maps of C5 ``(batch, (h - 28) / 4, (w - 28) / 4, 120)`` of the modern network."""
    keras = import_keras()
    x = conv(images, "c1", 6, 5, padding="valid", activation="relu")
    x = keras.layers.MaxPooling2D(2, name="s2")(x)
    x = conv(x, "c3", 16, 5, padding="valid", activation="relu")
    x = keras.layers.MaxPooling2D(2, name="s4")(x)
    return conv(x, "c5", 120, 5, padding="valid", activation="relu")


def top(maps: keras.KerasTensor, classes: int, rate: float) -> keras.KerasTensor:
    """Return the logits of F6 and the output layer of the modern network."""
    keras = import_keras()
    x = keras.layers.Flatten(name="flatten")(maps)
    x = keras.layers.Dense(84, activation="relu", kernel_initializer="he_normal", name="f6")(x)
    return head(dropout(x, rate, "dropout"), classes)


def build_paper(images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the maps of C5 of the network as published: trainable sub-sampling, sparse C3, scaled tanh."""
    from learnet.layers import PartiallyConnectedConv2D, TrainableSubsampling

    x = _squash(_conv_paper(images, "c1", 6), "c1")
    x = _squash(TrainableSubsampling(name="s2")(x), "s2")
    x = _squash(PartiallyConnectedConv2D(C3_TABLE, 5, name="c3")(x), "c3")
    x = _squash(TrainableSubsampling(name="s4")(x), "s4")
    return _squash(_conv_paper(x, "c5", 120), "c5")


def top_paper(maps: keras.KerasTensor, classes: int, rate: float) -> keras.KerasTensor:
    """Return minus the distances of F6 from each class' code: the nearest code has the largest logit."""
    from learnet.layers import RadialBasis

    keras = import_keras()
    x = keras.layers.Flatten(name="flatten")(maps)
    x = _squash(keras.layers.Dense(84, kernel_initializer="lecun_uniform", name="f6")(x), "f6")
    return RadialBasis(classes, name="head")(dropout(x, rate, "dropout"))


def _conv_paper(x: keras.KerasTensor, name: str, filters: int) -> keras.KerasTensor:
    return import_keras().layers.Conv2D(filters, 5, kernel_initializer="lecun_uniform", name=name)(x)


def _squash(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    from learnet.layers import scaled_tanh

    return import_keras().layers.Activation(scaled_tanh, name=f"{name}_tanh")(x)
