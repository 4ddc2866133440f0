"""How wrong an answer is: the losses, each with its derivative by the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import Registry
from learnet.neurons.activations import Floats, sigmoid, softmax

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One row of the table.

    Attributes:
        name: By which it is asked for.
        formula: For answers ``y`` and targets ``t`` of one example.
        targets: What targets are: ``"numbers"``, ``"0 or 1"``, ``"shares"`` (adding up to 1) or ``"-1 or 1"``.
        value: From answers and targets, both ``(..., units)``, to the loss of each example ``(...)``.
        slope: From the same to the derivative of that loss by the answers, ``(..., units)``.
    """

    name: str
    formula: str
    targets: str
    value: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]


def _cross_entropy(logits: Floats, targets: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.asarray(-(targets * logarithms).sum(axis=-1))


def _binary_cross_entropy(logits: Floats, targets: Floats) -> Floats:
    return np.asarray((np.logaddexp(0, logits) - targets * logits).sum(axis=-1))


def _hinge(answers: Floats, targets: Floats) -> Floats:
    return np.maximum(0, 1 - targets * answers)


LOSSES: Registry[Loss] = Registry(
    "loss",
    [
        Loss(
            name="squared_error",
            formula="1/2 sum of (y - t)^2",
            targets="numbers",
            value=lambda answers, targets: 0.5 * ((answers - targets) ** 2).sum(axis=-1),
            slope=lambda answers, targets: answers - targets,
        ),
        Loss(
            name="absolute_error",
            formula="sum of |y - t|",
            targets="numbers",
            value=lambda answers, targets: np.abs(answers - targets).sum(axis=-1),
            slope=lambda answers, targets: np.sign(answers - targets),
        ),
        Loss(
            name="cross_entropy",
            formula="- sum of t ln softmax(y)",
            targets="shares",
            value=_cross_entropy,
            slope=lambda logits, targets: softmax(logits) * targets.sum(axis=-1, keepdims=True) - targets,
        ),
        Loss(
            name="binary_cross_entropy",
            formula="- sum of t ln s + (1 - t) ln(1 - s), s = sigmoid(y)",
            targets="0 or 1",
            value=_binary_cross_entropy,
            slope=lambda logits, targets: sigmoid(logits) - targets,
        ),
        Loss(
            name="perceptron",
            formula="sum of max(0, -t y)",
            targets="-1 or 1",
            value=lambda answers, targets: np.maximum(0, -targets * answers).sum(axis=-1),
            slope=lambda answers, targets: np.where(targets * answers < 0, -targets, 0.0),
        ),
        Loss(
            name="hinge",
            formula="sum of max(0, 1 - t y)",
            targets="-1 or 1",
            value=lambda answers, targets: _hinge(answers, targets).sum(axis=-1),
            slope=lambda answers, targets: np.where(targets * answers < 1, -targets, 0.0),
        ),
        Loss(
            name="squared_hinge",
            formula="sum of max(0, 1 - t y)^2",
            targets="-1 or 1",
            value=lambda answers, targets: (_hinge(answers, targets) ** 2).sum(axis=-1),
            slope=lambda answers, targets: -2 * targets * _hinge(answers, targets),
        ),
    ],
)
"""The course's losses; both cross-entropies take sums (logits), not probabilities, and survive any finite ones."""
