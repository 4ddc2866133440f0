"""From the shares that a network gives its colours to one colour: the annealed mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

COLDEST = 0.01


def annealed_mean(logits: NDArray[Any], colours: NDArray[Any], *, temperature: float) -> Floats:
    """Return the mean of the colours, each weighted by its probability to the power of 1 / temperature.

    At 1 it is the mean of what the network believes, and pale; as the temperature falls it becomes the likeliest
    colour, and vivid.

    Args:
        logits: ``(…, n)``.
        colours: ``(n, 2)``, U and V.
        temperature: Greater than 0; below 0.01 the likeliest colour is taken.

    Returns:
        float32 ``(…, 2)``.

    Raises:
        UsageError: If the temperature is not greater than 0.

    Source: Zhang, Isola and Efros, Colorful Image Colorization, 2016, section 2.3.

    Example:
        >>> two = np.array([[0.4, 0.0], [0.0, 0.2]])
        >>> [round(float(value), 3) for value in annealed_mean(np.log([3.0, 1.0]), two, temperature=1)]
        [0.3, 0.05]
        >>> [round(float(value), 3) for value in annealed_mean(np.log([3.0, 1.0]), two, temperature=0.001)]
        [0.4, 0.0]
    """
    check_temperature(temperature)
    if temperature < COLDEST:
        likeliest: Floats = np.asarray(colours, np.float32)[np.asarray(logits).argmax(axis=-1)]
        return likeliest
    scaled = np.asarray(logits, np.float32) / np.float32(temperature)
    scaled -= scaled.max(axis=-1, keepdims=True)
    np.exp(scaled, out=scaled)
    mean: Floats = scaled @ np.asarray(colours, np.float32)
    mean /= scaled.sum(axis=-1, keepdims=True)
    return mean


def with_colours(classifier: keras.Model, colours: NDArray[Any], *, temperature: float) -> keras.Model:
    """Return the network that answers with the annealed mean, for compilation as one piece.

    Args:
        classifier: From uint8 photos to logits ``(b, h, w, n)``. Its layers are shared, not copied.
        colours: ``(n, 2)``, U and V.
        temperature: Greater than 0; below 0.01 it counts as 0.01.

    Returns:
        A model from the same photos to U and V, float32 ``(b, h, w, 2)``.

    Raises:
        UsageError: If the temperature is not greater than 0.
    """
    check_temperature(temperature)
    layers = import_keras().layers
    scaled = layers.Rescaling(1 / max(temperature, COLDEST), name="annealing")(classifier.output)
    shares = layers.Activation("softmax", name="shares")(scaled)
    mean = layers.Conv2D(2, 1, use_bias=False, trainable=False, name="colours")
    answer = mean(shares)
    mean.set_weights([np.asarray(colours, np.float32)[None, None]])
    return import_keras().Model(classifier.input, answer, name=classifier.name)


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that is not greater than 0 and finite.

    Raises:
        UsageError: If so.
    """
    if not 0 < temperature < float("inf"):
        raise UsageError(
            f"The temperature must be greater than 0, for example 0.4 (small is vivid, 1 is pale); received "
            f"{temperature!r}."
        )
