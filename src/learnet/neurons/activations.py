"""What a neuron makes of its weighted sum: the activations, each with its derivative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from learnet.core import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.floating[Any]]"


@dataclass(frozen=True, kw_only=True)
class Activation:
    """One row of the table.

    Attributes:
        name: By which it is asked for.
        formula: As the course writes it.
        value: From sums ``(..., units)`` to activations of the same shape.
        pull_back: The chain rule backwards: sums and the loss's derivative by the activations, both ``(..., units)``,
            to its derivative by the sums.
        keras: Keras' name for it; None where Keras has none.
    """

    name: str
    formula: str
    value: Callable[[Floats], Floats]
    pull_back: Callable[[Floats, Floats], Floats]
    keras: str | None

    def slope(self, sums: Floats) -> Floats:
        """Return each unit's own derivative: of one activation by its own sum, ``(..., units)``.

        Example:
            >>> ACTIVATIONS["sigmoid"].slope(np.array([0.0])).item()
            0.25
        """
        if self.name == "softmax":
            shares = softmax(sums)
            return np.asarray(shares * (1 - shares))
        return self.pull_back(sums, np.ones_like(sums))


def sigmoid(sums: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))``, without overflow for any finite ``x``.

    Example:
        >>> sigmoid(np.array([-1e4, 0.0, 1e4])).tolist()
        [0.0, 0.5, 1.0]
    """
    return np.asarray(np.exp(-np.logaddexp(0, -sums)))


def softmax(sums: Floats) -> Floats:
    """Return shares that add up to 1 along the last axis, without overflow for any finite ``x``.

    Example:
        >>> softmax(np.array([1e4, 1e4, -1e4])).tolist()
        [0.5, 0.5, 0.0]
    """
    powers = np.exp(sums - sums.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def scaled_tanh(sums: Floats) -> Floats:
    """Return ``1.7159 tanh(2x / 3)``: 1 at 1, -1 at -1 (LeCun et al., 1998, appendix A)."""
    return np.asarray(1.7159 * np.tanh(sums * (2 / 3)))


def _elementwise(slope: Callable[[Floats], Floats]) -> Callable[[Floats, Floats], Floats]:
    return lambda sums, upstream: upstream * slope(sums)


def _pull_back_softmax(sums: Floats, upstream: Floats) -> Floats:
    shares = softmax(sums)
    return np.asarray(shares * (upstream - (upstream * shares).sum(axis=-1, keepdims=True)))


def _sigmoid_slope(sums: Floats) -> Floats:
    return sigmoid(sums) * sigmoid(-sums)


def _tanh_slope(sums: Floats) -> Floats:
    return np.asarray(1 - np.tanh(sums) ** 2)


def _scaled_tanh_slope(sums: Floats) -> Floats:
    return 1.7159 * (2 / 3) * _tanh_slope(sums * (2 / 3))


ACTIVATIONS: Registry[Activation] = Registry(
    "activation",
    [
        Activation(
            name="linear",
            formula="x",
            value=lambda sums: sums,
            pull_back=lambda _, upstream: upstream,
            keras="linear",
        ),
        Activation(
            name="sigmoid",
            formula="1 / (1 + exp(-x))",
            value=sigmoid,
            pull_back=_elementwise(_sigmoid_slope),
            keras="sigmoid",
        ),
        Activation(name="tanh", formula="tanh x", value=np.tanh, pull_back=_elementwise(_tanh_slope), keras="tanh"),
        Activation(
            name="relu",
            formula="max(0, x)",
            value=lambda sums: np.maximum(sums, 0),
            pull_back=_elementwise(lambda sums: (sums > 0).astype(sums.dtype)),
            keras="relu",
        ),
        Activation(
            name="softmax",
            formula="exp(x_i) / sum of exp(x_j)",
            value=softmax,
            pull_back=_pull_back_softmax,
            keras="softmax",
        ),
        Activation(
            name="scaled_tanh",
            formula="1.7159 tanh(2x / 3)",
            value=scaled_tanh,
            pull_back=_elementwise(_scaled_tanh_slope),
            keras=None,
        ),
    ],
)
"""The course's activations; ReLU's derivative at 0 is taken as 0, as Keras takes it."""
