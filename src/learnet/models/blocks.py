"""What several families are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import UsageError
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    import keras


def normalise(  # the five arguments of a published batch normalisation
    x: keras.KerasTensor, name: str | None, *, epsilon: float = 1e-3, momentum: float = 0.99, scale: bool = True
) -> keras.KerasTensor:
    """Return ``x`` after batch normalisation, a layer called ``name``."""
    from learnet.layers import FusedBatchNormalization

    normal: keras.KerasTensor = FusedBatchNormalization(epsilon=epsilon, momentum=momentum, scale=scale, name=name)(x)
    return normal


def conv(
    x: keras.KerasTensor,
    name: str | None,
    filters: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    *,
    padding: str = "same",
    bias: bool = True,
    activation: str | None = None,
    initializer: str | keras.initializers.Initializer = "he_normal",
) -> keras.KerasTensor:
    """Return ``x`` after a convolution called ``name``, initialised for what follows it."""
    from learnet.layers import WinogradConv2D

    layer = (WinogradConv2D if (kernel, stride) == (3, 1) else import_keras().layers.Conv2D)(
        filters,
        kernel,
        stride,
        padding=padding,
        use_bias=bias,
        activation=activation,
        kernel_initializer=initializer,
        name=name,
    )
    return layer(x)


def kind_of(layer: keras.layers.Layer) -> str:
    """Return what Keras calls such a layer, also where learnet's own does the same faster."""
    return type(layer).__name__.removeprefix("Fused").removeprefix("Winograd")


def relu(x: keras.KerasTensor, name: str | None = None) -> keras.KerasTensor:
    """Return the positive part of ``x``."""
    return activate(x, "relu", name)


def activate(x: keras.KerasTensor, activation: str, name: str | None = None) -> keras.KerasTensor:
    """Return an activation, by Keras' name for it, as a layer of its own."""
    return import_keras().layers.Activation(activation, name=name)(x)


def require_activation(name: object) -> None:
    """Raise ``UsageError`` unless it is the name of an activation in Keras; nothing else is given to Keras to build."""
    try:
        if isinstance(name, str):
            import_keras().activations.get(name)
            return
    except ValueError:
        pass
    raise UsageError(f"{ascii(name)[:80]} is no activation that Keras knows. Try relu, silu, tanh, sigmoid or linear.")


def head(x: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Return the logits ``(batch, classes)`` of features ``(batch, d)``: the layer ``"head"``."""
    return import_keras().layers.Dense(classes, name="head")(x)


def dropout(x: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    """Return ``x`` with a share of its values left out in training; ``x`` itself where the rate is 0."""
    return import_keras().layers.Dropout(rate, name=name)(x) if rate else x
