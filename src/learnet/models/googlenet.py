"""GoogLeNet, Inception's first version (Szegedy et al., 2015, https://arxiv.org/abs/1409.4842, table 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, dropout, head

if TYPE_CHECKING:
    import keras

PAPER = "Szegedy et al., Going Deeper with Convolutions, CVPR 2015"
FEATURES = 1024
AUXILIARY_WEIGHTS = (0.3, 0.3)
# channels of 1 x 1, 3 x 3 reduction, 3 x 3, 5 x 5 reduction, 5 x 5, projection after pooling
CHANNELS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_AUXILIARY = ("4a", "4d")
_POOLED_BEFORE = ("4a", "5a")


def build(images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h / 32, w / 32, 1024)`` for symbolic preprocessed ``images``."""
    return _maps(images)["5b"]


def classify(images: keras.KerasTensor, classes: int, rate: float) -> list[keras.KerasTensor]:
    """Return the logits, and those of the two auxiliary heads."""
    maps = _maps(images)
    x = import_keras().layers.GlobalAveragePooling2D(name="features")(maps["5b"])
    logits = head(dropout(x, rate, "dropout"), classes)
    return [logits, *(_auxiliary(maps[place], f"auxiliary_{place}", classes) for place in _AUXILIARY)]


def _maps(images: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
    """Return the output of every inception module."""
    x = _stem(images)
    maps = {}
    for name, channels in CHANNELS.items():
        if name in _POOLED_BEFORE:
            x = _pool(x, f"pool_before_{name}")
        x = maps[name] = _inception(x, name, channels)
    return maps


def _stem(x: keras.KerasTensor) -> keras.KerasTensor:
    from learnet.layers import LocalResponseNormalization

    x = _pool(conv(x, "conv1", 64, 7, 2, activation="relu"), "pool1")
    x = LocalResponseNormalization(name="lrn1")(x)
    x = conv(x, "conv2_reduce", 64, 1, activation="relu")
    x = LocalResponseNormalization(name="lrn2")(conv(x, "conv2", 192, 3, activation="relu"))
    return _pool(x, "pool2")


def _pool(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return import_keras().layers.MaxPooling2D(3, 2, padding="same", name=name)(x)


def _inception(x: keras.KerasTensor, name: str, channels: tuple[int, ...]) -> keras.KerasTensor:
    layers = import_keras().layers
    one, reduce3, three, reduce5, five, projection = channels
    branch3 = conv(x, f"{name}_3x3_reduce", reduce3, 1, activation="relu")
    branch5 = conv(x, f"{name}_5x5_reduce", reduce5, 1, activation="relu")
    pooled = layers.MaxPooling2D(3, 1, padding="same", name=f"{name}_pool")(x)
    branches = [
        conv(x, f"{name}_1x1", one, 1, activation="relu"),
        conv(branch3, f"{name}_3x3", three, 3, activation="relu"),
        conv(branch5, f"{name}_5x5", five, 5, activation="relu"),
        conv(pooled, f"{name}_pool_projection", projection, 1, activation="relu"),
    ]
    return layers.Concatenate(name=name)(branches)


def _auxiliary(x: keras.KerasTensor, name: str, classes: int) -> keras.KerasTensor:
    layers = import_keras().layers
    x = layers.AveragePooling2D(5, 3, name=f"{name}_pool")(x)
    x = layers.Flatten(name=f"{name}_flatten")(conv(x, f"{name}_conv", 128, 1, activation="relu"))
    x = layers.Dense(1024, activation="relu", kernel_initializer="he_normal", name=f"{name}_fc")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(classes, name=f"{name}_head")(x)
