"""A network for small photos whose layers this library's target, a laptop's CPU, runs near its peak.

Whitened patches, then blocks of wide 3 x 3 convolutions that pool before they normalise, so that what a CPU is slow at
(passes over memory) happens on a quarter of the pixels. After Page (2018) and Jordan (2024, arXiv 2404.00498).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import activate, conv, dropout, head, normalise, require_activation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

PAPER = "learnet; after Jordan, 94 % on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024"
WIDTHS = (64, 128, 256)
_LOGIT_SCALE = 1 / 8
_WHITENED = 24  # channels: patches of 2 x 2 x 3, and their negatives
_REDUCTION = 16  # of the channels, between the two layers that weigh them
_MOMENTUM, _EPSILON = 0.9, 2e-5


def classify(
    images: keras.KerasTensor,
    classes: int,
    rate: float,
    *,
    widths: Sequence[int] = WIDTHS,
    residual: bool = False,
    squeeze: bool = False,
    activation: str = "relu",
) -> list[keras.KerasTensor]:
    """Return the logits of preprocessed images of 16 pixels or more.

    Args:
        images: Symbolic preprocessed images.
        classes: How many logits.
        rate: Of the dropout before the last layer.
        widths: Channels of each block; each halves the map.
        residual: Add a third convolution to each block, and around the second and third a shortcut.
        squeeze: Weigh each block's channels by what the whole map holds, before the shortcut is added (Hu, Shen and
            Sun, Squeeze-and-Excitation Networks, 2018, section 3).
        activation: After each normalisation; a name that Keras knows.

    Raises:
        UsageError: If Keras does not know the activation.
    """
    from learnet.layers import PatchWhitening

    keras = import_keras()
    require_activation(activation)

    x = activate(PatchWhitening(2, name="whitening")(images), activation, "whitening_relu")
    for number, filters in enumerate(widths, start=1):
        x = _convolve_for_pool(x, f"block{number}_conv1", filters)
        x = keras.layers.MaxPooling2D(2, name=f"block{number}_pool")(x)
        shortcut = x = activate(_normal(x, f"block{number}_bn1"), activation, f"block{number}_relu1")
        for inner in (2, 3) if residual else (2,):
            x = _convolve(x, f"block{number}_conv{inner}", filters)
            x = activate(_normal(x, f"block{number}_bn{inner}"), activation, f"block{number}_relu{inner}")
        if squeeze:
            x = _weigh(x, f"block{number}_squeeze", filters)
        if residual:
            x = keras.layers.Add(name=f"block{number}_add")([x, shortcut])
    features = keras.layers.GlobalMaxPooling2D(name="features")(x)
    logits = head(dropout(features, rate, "dropout"), classes)
    return [keras.layers.Rescaling(_LOGIT_SCALE, dtype="float32", name="scaled_logits")(logits)]


def _weigh(x: keras.KerasTensor, name: str, filters: int) -> keras.KerasTensor:
    layers = import_keras().layers
    narrow = layers.Dense(_narrow(filters), activation="relu", name=f"{name}_narrow")(
        layers.GlobalAveragePooling2D(name=f"{name}_pool")(x)
    )
    weights = layers.Dense(filters, activation="sigmoid", name=f"{name}_weights")(narrow)
    return layers.Multiply(name=name)([x, layers.Reshape((1, 1, filters), name=f"{name}_shape")(weights)])


def _narrow(filters: int) -> int:
    return -(-filters // _REDUCTION)


def _convolve(x: keras.KerasTensor, name: str, filters: int, *, padding: str = "same") -> keras.KerasTensor:
    from learnet.layers import PassThrough

    return conv(x, name, filters, 3, padding=padding, bias=False, initializer=PassThrough())


def _convolve_for_pool(x: keras.KerasTensor, name: str, filters: int) -> keras.KerasTensor:
    """Return what a pool by twos takes: of an odd side, it leaves out the last row or column."""
    _, height, width, _ = x.shape
    if not (height % 2 or width % 2):
        return _convolve(x, name, filters)
    padding = ((1, 1 - height % 2), (1, 1 - width % 2))
    padded = import_keras().layers.ZeroPadding2D(padding, name=f"{name}_pad")(x)
    return _convolve(padded, name, filters, padding="valid")


def _normal(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return normalise(x, name, momentum=_MOMENTUM, epsilon=_EPSILON, scale=False)  # the next kernel can scale


def most_parameters(
    classes: int,
    input_size: tuple[int, int],  # noqa: ARG001 (the same for every network)
    *,
    widths: Sequence[int] = WIDTHS,
    residual: bool = False,  # noqa: ARG001 (counted in any case)
    squeeze: bool = False,  # noqa: ARG001 (likewise)
    activation: str = "relu",  # noqa: ARG001 (no weights)
) -> int:
    """Return how many weights such a network has at most."""
    channels = (_WHITENED, *widths)
    blocks = sum(9 * (before + 2 * after) * after + 12 * after for before, after in pairwise(channels))
    weighing = sum(2 * (filters + 1) * (_narrow(filters) + 1) for filters in widths)
    return 12 * _WHITENED + blocks + weighing + (channels[-1] + 1) * classes
