"""Inception-v3 (Szegedy et al., 2016, https://arxiv.org/abs/1512.00567), as in ``keras.applications``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import conv, kind_of, normalise, relu

if TYPE_CHECKING:
    import keras

PAPER = "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016"
FEATURES = 2048


def build(images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h, w, 2048)`` for symbolic preprocessed ``images`` of 75 pixels or more."""
    x = _stem(images)
    for projection in (32, 64, 64):
        x = _module_5x5(x, projection)
    x = _join(_unit(x, 384, 3, 2, padding="valid"), _unit(_double_3x3(x), 96, 3, 2, padding="valid"), _maximum(x))
    for filters in (128, 160, 160, 192):
        x = _module_7x7(x, filters)
    x = _join(
        _unit(_unit(x, 192, 1), 320, 3, 2, padding="valid"),
        _unit(_chain(x, 192, 1, (1, 7), (7, 1)), 192, 3, 2, padding="valid"),
        _maximum(x),
    )
    for _ in range(2):
        x = _module_split(x)
    _name_weighted_layers(import_keras().Model(images, x))
    return x


def _stem(x: keras.KerasTensor) -> keras.KerasTensor:
    x = _unit(x, 32, 3, 2, padding="valid")
    x = _unit(_unit(x, 32, 3, padding="valid"), 64, 3)
    x = _unit(_maximum(x), 80, 1, padding="valid")
    return _maximum(_unit(x, 192, 3, padding="valid"))


def _module_5x5(x: keras.KerasTensor, projection: int) -> keras.KerasTensor:
    return _join(
        _unit(x, 64, 1),
        _unit(_unit(x, 48, 1), 64, 5),
        _unit(_double_3x3(x), 96, 3),
        _unit(_average(x), projection, 1),
    )


def _double_3x3(x: keras.KerasTensor) -> keras.KerasTensor:
    return _unit(_unit(x, 64, 1), 96, 3)


def _module_7x7(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    return _join(
        _unit(x, 192, 1),
        _unit(_chain(x, filters, 1, (1, 7)), 192, (7, 1)),
        _unit(_chain(x, filters, 1, (7, 1), (1, 7), (7, 1)), 192, (1, 7)),
        _unit(_average(x), 192, 1),
    )


def _module_split(x: keras.KerasTensor) -> keras.KerasTensor:
    narrow, double = _unit(x, 384, 1), _unit(_unit(x, 448, 1), 384, 3)
    return _join(
        _unit(x, 320, 1),
        _join(_unit(narrow, 384, (1, 3)), _unit(narrow, 384, (3, 1))),
        _join(_unit(double, 384, (1, 3)), _unit(double, 384, (3, 1))),
        _unit(_average(x), 192, 1),
    )


def _chain(x: keras.KerasTensor, filters: int, *kernels: int | tuple[int, int]) -> keras.KerasTensor:
    for kernel in kernels:
        x = _unit(x, filters, kernel)
    return x


def _unit(
    x: keras.KerasTensor, filters: int, kernel: int | tuple[int, int], stride: int = 1, *, padding: str = "same"
) -> keras.KerasTensor:
    x = conv(x, None, filters, kernel, stride, padding=padding, bias=False)
    return relu(normalise(x, None, scale=False))


def _join(*branches: keras.KerasTensor) -> keras.KerasTensor:
    return import_keras().layers.Concatenate()(list(branches))


def _maximum(x: keras.KerasTensor) -> keras.KerasTensor:
    return import_keras().layers.MaxPooling2D(3, 2)(x)


def _average(x: keras.KerasTensor) -> keras.KerasTensor:
    return import_keras().layers.AveragePooling2D(3, 1, padding="same")(x)


def _name_weighted_layers(model: keras.Model) -> None:
    """Name every layer that has weights by its place in the model, as Keras counts layers over the whole process."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        if layer.weights:
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind_of(layer)).lower()
            counts[kind] = counts.get(kind, 0) + 1
            layer.name = f"{kind}_{counts[kind]}"
