"""The perceptron (Rosenblatt, 1958) and the multi-layer perceptron, on pixels."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.models.blocks import dropout, head, require_activation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

PERCEPTRON_PAPER = "Rosenblatt, The Perceptron: A Probabilistic Model, Psychological Review, 1958"
PAPER = "Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating Errors, Nature 1986"
HIDDEN = (300, 100)


def classify_perceptron(images: keras.KerasTensor, classes: int, rate: float) -> list[keras.KerasTensor]:
    """Return the logits of one layer of units, one a class."""
    x = import_keras().layers.Flatten(name="flatten")(images)
    return [head(dropout(x, rate, "dropout"), classes)]


def classify(
    images: keras.KerasTensor,
    classes: int,
    rate: float,
    *,
    hidden: Sequence[int] = HIDDEN,
    activation: str = "relu",
) -> list[keras.KerasTensor]:
    """Return the logits of a multi-layer perceptron.

    Args:
        images: Symbolic preprocessed images.
        classes: How many logits.
        rate: Of the dropout after each hidden layer.
        hidden: Units of each hidden layer, any number of layers.
        activation: Of the hidden layers; a name that Keras knows.

    Raises:
        UsageError: If a hidden layer has no units, or Keras does not know the activation.
    """
    keras = import_keras()
    if any(int(units) != units or units < 1 for units in hidden):
        raise UsageError(f"Each hidden layer needs a whole number of units from 1 up; received {list(hidden)}.")
    require_activation(activation)
    x = keras.layers.Flatten(name="flatten")(images)
    for number, units in enumerate(hidden, start=1):
        initializer = "he_normal" if activation == "relu" else "glorot_uniform"
        x = keras.layers.Dense(units, activation=activation, kernel_initializer=initializer, name=f"hidden{number}")(x)
        x = dropout(x, rate, f"dropout{number}")
    return [head(x, classes)]


def most_parameters(
    classes: int,
    input_size: tuple[int, int],
    *,
    hidden: Sequence[int] = HIDDEN,
    activation: str = "relu",  # noqa: ARG001 (the options of classify)
) -> int:
    """Return how many weights such a network has."""
    sizes = (input_size[0] * input_size[1], *hidden, classes)
    return sum((before + 1) * after for before, after in pairwise(sizes))
