"""How far to go along a direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from learnet.optimizers.objective import Counted
    from learnet.optimizers.records import Vector

_SUFFICIENT = 1e-4  # Armijo's condition: the share of the promised decrease that must come true
_HALVINGS = 50
_DOUBLINGS = 60


class StepLength(Protocol):
    """A rule for the length of a step."""

    def __call__(self, objective: Counted, point: Vector, way: Vector) -> float | None:
        """Return the factor of ``way``, or None if no step lowers the value."""


@dataclass(frozen=True)
class FixedStep:
    """Always the same factor: the learning rate of gradient descent, 1 for Newton."""

    length: float

    def __call__(self, objective: Counted, point: Vector, way: Vector) -> float:  # noqa: ARG002 (the protocol)
        """Return the factor."""
        return self.length


@dataclass(frozen=True)
class Backtracking:
    """The first of 1, 1/2, 1/4, ... times a factor that lowers the value enough.

    Source:
        Armijo, 1966; Nocedal and Wright, Numerical Optimization, 2006, algorithm 3.1.
    """

    first: float = 1.0

    def __call__(self, objective: Counted, point: Vector, way: Vector) -> float | None:
        """Return the factor."""
        value, gradient = objective.value_and_gradient(point)
        slope = float(gradient @ way)
        if slope >= 0:
            return None
        length = self.first
        for _ in range(_HALVINGS):
            if objective.value(point + length * way) <= value + _SUFFICIENT * length * slope:
                return length
            length /= 2
        return None


@dataclass(frozen=True)
class ExactStep:
    """To where the slope along the direction is zero, to machine precision: by doubling, then Brent's method.

    Along a line through a quadratic the slope is linear, so that two slopes find its zero.
    """

    def __call__(self, objective: Counted, point: Vector, way: Vector) -> float | None:
        """Return the factor."""
        from scipy.optimize import brentq

        def slope(length: float) -> float:
            return float(objective.value_and_gradient(point + length * way)[1] @ way)

        if slope(0.0) >= 0:
            return None
        low, high = 0.0, 1.0
        for _ in range(_DOUBLINGS):
            if not slope(high) < 0:
                break
            low, high = high, 2 * high
        else:
            return None
        if not np.isfinite(slope(high)):
            return None
        return float(brentq(slope, low, high, xtol=1e-300, rtol=4 * np.finfo(np.float64).eps, maxiter=200))
