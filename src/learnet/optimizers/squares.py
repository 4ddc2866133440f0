"""A sum of squares to be minimised, with what Levenberg and Marquardt's method needs of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from learnet.core import UsageError
from learnet.optimizers.differences import numeric_jacobian

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.optimizers.records import Matrix, Vector


class Normal(NamedTuple):
    """The normal equations at a point.

    Attributes:
        value: The sum of squares.
        slope: ``J^T r`` (n,), half the gradient.
        matrix: ``J^T J`` (n, n).
    """

    value: float
    slope: Vector
    matrix: Matrix


class Squares(Protocol):
    """Residuals ``(m,)`` as a function of a vector ``(n,)``; their sum of squares is minimised."""

    def residual(self, point: Vector) -> Vector:
        """Return the residuals."""

    def jacobian(self, point: Vector) -> Matrix:
        """Return their derivatives ``(m, n)``."""

    def value(self, point: Vector) -> float:
        """Return their sum of squares."""

    def normal(self, point: Vector) -> Normal:
        """Return the normal equations; no larger matrix than (n, n) need ever exist."""


@dataclass(frozen=True, kw_only=True)
class PlainResiduals:
    """Residuals made of Python functions.

    Attributes:
        function: Returns the residuals (m,).
        derivatives: Returns their Jacobian (m, n); central differences if None.
    """

    function: Callable[[Vector], Vector]
    derivatives: Callable[[Vector], Matrix] | None = None

    def residual(self, point: Vector) -> Vector:
        """Return the residuals."""
        residuals = np.asarray(self.function(point), np.float64)
        if residuals.ndim != 1 or len(residuals) < len(point):
            raise UsageError(
                f"Least squares needs a vector of at least as many residuals as there are parameters, {len(point)}; "
                f"received an array of shape {residuals.shape}."
            )
        return residuals

    def jacobian(self, point: Vector) -> Matrix:
        """Return their derivatives."""
        if self.derivatives is None:
            return numeric_jacobian(self.residual, point)
        jacobian = np.asarray(self.derivatives(point), np.float64)
        if jacobian.ndim != 2 or jacobian.shape[1] != len(point):
            raise UsageError(
                f"The Jacobian must have a row for each residual and {len(point)} columns; received {jacobian.shape}."
            )
        return jacobian

    def value(self, point: Vector) -> float:
        """Return their sum of squares."""
        residuals = self.residual(point)
        return float(residuals @ residuals)

    def normal(self, point: Vector) -> Normal:
        """Return the normal equations."""
        residuals, jacobian = self.residual(point), self.jacobian(point)
        return Normal(float(residuals @ residuals), jacobian.T @ residuals, jacobian.T @ jacobian)


@dataclass
class CountedSquares:
    """Residuals whose evaluations are counted; those of the last point are not computed twice.

    Raises:
        EvaluationsUsedUpError: By any evaluation above ``most``.
    """

    problem: Squares
    most: int
    residuals: int = 0
    jacobians: int = 0
    _residual: tuple[Vector, Vector] | None = field(default=None, repr=False)
    _jacobian: tuple[Vector, Matrix] | None = field(default=None, repr=False)
    _value: tuple[Vector, float] | None = field(default=None, repr=False)

    def residual(self, point: Vector) -> Vector:
        """Return the residuals."""
        if self._residual is None or not np.array_equal(self._residual[0], point):
            self._count()
            self._residual = point.copy(), self.problem.residual(point)
        return self._residual[1]

    def jacobian(self, point: Vector) -> Matrix:
        """Return their derivatives."""
        if self._jacobian is None or not np.array_equal(self._jacobian[0], point):
            self.jacobians += 1
            self._jacobian = point.copy(), self.problem.jacobian(point)
        return self._jacobian[1]

    def value(self, point: Vector) -> float:
        """Return their sum of squares."""
        self._count()
        self._value = point.copy(), self.problem.value(point)
        return self._value[1]

    def normal(self, point: Vector) -> Normal:
        """Return the normal equations."""
        self.jacobians += 1
        if self._value is None or not np.array_equal(self._value[0], point):
            self._count()
        return self.problem.normal(point)

    def _count(self) -> None:
        if self.residuals >= self.most:
            raise EvaluationsUsedUpError
        self.residuals += 1


class EvaluationsUsedUpError(Exception):
    """As many evaluations were made as allowed; never leaves this room."""
