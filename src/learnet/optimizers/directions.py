"""Where to go: the directions of the classic methods, each made of what the last step taught."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from learnet.optimizers.objective import Counted
    from learnet.optimizers.records import Matrix, Vector

_MOST_DAMPING = 1e12  # relative to the Hessian


class Direction(Protocol):
    """A rule by which gradients become directions."""

    def __call__(self, point: Vector, gradient: Vector) -> Vector | None:
        """Return the direction ``(n,)`` at a point, or None if there is none."""


class SteepestDescent:
    """Against the gradient (Cauchy, 1847)."""

    def __call__(self, point: Vector, gradient: Vector) -> Vector:  # noqa: ARG002 (the protocol of directions)
        """Return the direction."""
        return -gradient


class ConjugateGradient:
    """Polak and Ribiere's conjugate directions; begun anew where their factor is negative ("PR+").

    Source:
        Polak and Ribiere, 1969; Nocedal and Wright, Numerical Optimization, 2006, equation 5.45.
    """

    def __init__(self) -> None:
        self._gradient: Vector | None = None
        self._way: Vector = np.empty(0)

    def __call__(self, point: Vector, gradient: Vector) -> Vector:  # noqa: ARG002 (the protocol of directions)
        """Return the direction."""
        way = -gradient
        if self._gradient is not None:
            factor = max(0.0, float(gradient @ (gradient - self._gradient) / (self._gradient @ self._gradient)))
            way = way + factor * self._way
        if way @ gradient >= 0:
            way = -gradient
        self._gradient, self._way = gradient.copy(), way
        return way


class BFGS:
    """Broyden, Fletcher, Goldfarb and Shanno's approximation of the inverse Hessian, begun as the unit matrix.

    Attributes:
        inverse: The approximation, float64 (n, n); None before the first direction.

    Source:
        Nocedal and Wright, Numerical Optimization, 2006, equation 6.17.
    """

    def __init__(self) -> None:
        self.inverse: Matrix | None = None
        self._last: tuple[Vector, Vector] | None = None

    def __call__(self, point: Vector, gradient: Vector) -> Vector:
        """Return the direction."""
        if self.inverse is None:
            self.inverse = np.eye(len(point))
        if self._last is not None:
            self.learn(point - self._last[0], gradient - self._last[1])
        self._last = point.copy(), gradient.copy()
        return -self.inverse @ gradient

    def learn(self, step: Vector, change: Vector) -> None:
        """Take a step and the change of the gradient over it into the approximation."""
        curvature = float(step @ change)
        if self.inverse is None or curvature <= 0:
            return  # such a pair would make the approximation indefinite
        image = self.inverse @ change
        self.inverse += (1 + change @ image / curvature) * np.outer(step, step) / curvature
        self.inverse -= (np.outer(image, step) + np.outer(step, image)) / curvature


class LimitedBFGS:
    """BFGS from the last few pairs of steps and changes of the gradient, without a matrix.

    Args:
        memory: How many pairs.
        scaled: Scale the first matrix by the last pair's curvature, as is usual; False begins from the unit matrix.

    Source:
        Nocedal, 1980; Nocedal and Wright, Numerical Optimization, 2006, algorithm 7.4.
    """

    def __init__(self, memory: int, *, scaled: bool = True) -> None:
        self._pairs: deque[tuple[Vector, Vector, float]] = deque(maxlen=memory)
        self._scaled = scaled
        self._last: tuple[Vector, Vector] | None = None

    def __call__(self, point: Vector, gradient: Vector) -> Vector:
        """Return the direction."""
        if self._last is not None:
            step, change = point - self._last[0], gradient - self._last[1]
            curvature = float(step @ change)
            if curvature > 0:
                self._pairs.append((step, change, curvature))
        self._last = point.copy(), gradient.copy()
        way, factors = -gradient, []
        for step, change, curvature in reversed(self._pairs):
            factors.append(step @ way / curvature)
            way = way - factors[-1] * change
        if self._scaled and self._pairs:
            _, change, curvature = self._pairs[-1]
            way = way * (curvature / (change @ change))
        for (step, change, curvature), factor in zip(self._pairs, reversed(factors), strict=True):
            way = way + (factor - change @ way / curvature) * step
        return way


class Newton:
    """Newton's direction ``-H^-1 g``; damped, ``-(H + d I)^-1 g`` with ``d`` large enough to lead downhill.

    Args:
        objective: Whose Hessian is computed at each step.
        damping: Smallest ``d``, relative to the Hessian's mean absolute diagonal; 0 is Newton's pure step.

    Source:
        Nocedal and Wright, Numerical Optimization, 2006, algorithm 3.3 (the damping).
    """

    def __init__(self, objective: Counted, *, damping: float) -> None:
        self._objective, self._damping = objective, damping

    def __call__(self, point: Vector, gradient: Vector) -> Vector | None:
        """Return the direction, or None if the Hessian is singular or not finite."""
        hessian = self._objective.hessian(point)
        if not np.isfinite(hessian).all():
            return None
        if self._damping:
            return _damped(hessian, gradient, self._damping)
        try:
            way: Vector = np.linalg.solve(hessian, -gradient).astype(np.float64)
        except np.linalg.LinAlgError:
            return None
        return way


def _damped(hessian: Matrix, gradient: Vector, damping: float) -> Vector | None:
    from scipy.linalg import cho_solve, cholesky

    size = float(np.abs(np.diag(hessian)).mean()) or 1.0
    unit = np.eye(len(gradient))
    while damping <= _MOST_DAMPING:
        try:
            factor = cholesky(hessian + damping * size * unit, lower=True)
        except np.linalg.LinAlgError:
            damping *= 10
        else:
            return np.asarray(cho_solve((factor, True), -gradient), np.float64)
    return None
