"""A function to be minimised, with its derivatives, and the wrapper that counts how often they are computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from learnet.core import UsageError
from learnet.optimizers.differences import STEP, numeric_gradient, numeric_jacobian

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.optimizers.records import Matrix, Vector


class Objective(Protocol):
    """A real function of a vector ``(n,)``."""

    def value(self, point: Vector) -> float:
        """Return the value."""

    def value_and_gradient(self, point: Vector) -> tuple[float, Vector]:
        """Return the value and the gradient ``(n,)``."""

    def hessian(self, point: Vector) -> Matrix:
        """Return the second derivatives ``(n, n)``."""

    def hessian_product(self, point: Vector, vector: Vector) -> Vector:
        """Return the product of the second derivatives and a vector ``(n,)``."""


@dataclass(frozen=True, kw_only=True)
class PlainFunction:
    """An objective made of Python functions; what is not given is computed by central differences.

    Attributes:
        function: Returns the value.
        gradient: Returns the gradient ``(n,)``.
        hessian_matrix: Returns the Hessian ``(n, n)``.
        product: Returns the Hessian's product with its second argument.
    """

    function: Callable[[Vector], float]
    gradient: Callable[[Vector], Vector] | None = None
    hessian_matrix: Callable[[Vector], Matrix] | None = None
    product: Callable[[Vector, Vector], Vector] | None = None

    def value(self, point: Vector) -> float:
        """Return the value."""
        value = np.asarray(self.function(point), np.float64)
        if value.size != 1:
            raise UsageError(f"The function must return one number; received an array of shape {value.shape}.")
        return float(value.reshape(()))

    def value_and_gradient(self, point: Vector) -> tuple[float, Vector]:
        """Return the value and the gradient."""
        return self.value(point), self.slope(point)

    def slope(self, point: Vector) -> Vector:
        """Return the gradient."""
        if self.gradient is None:
            return numeric_gradient(self.value, point)
        gradient = np.asarray(self.gradient(point), np.float64)
        if gradient.shape != point.shape:
            raise UsageError(f"The gradient must have the start's shape {point.shape}; received {gradient.shape}.")
        return gradient

    def hessian(self, point: Vector) -> Matrix:
        """Return the Hessian."""
        if self.hessian_matrix is not None:
            return np.asarray(self.hessian_matrix(point), np.float64)
        if self.product is not None:
            return np.stack([self.product(point, unit) for unit in np.eye(len(point))])
        differences = numeric_jacobian(self.slope, point)
        return (differences + differences.T) / 2

    def hessian_product(self, point: Vector, vector: Vector) -> Vector:
        """Return the Hessian's product with a vector."""
        if self.product is not None:
            return np.asarray(self.product(point, vector), np.float64)
        if self.hessian_matrix is not None:
            return np.asarray(self.hessian_matrix(point), np.float64) @ vector
        length = float(np.linalg.norm(vector))
        if length == 0:
            return np.zeros_like(vector)
        step = STEP * max(1.0, float(np.linalg.norm(point))) / length
        change: Vector = self.slope(point + step * vector) - self.slope(point - step * vector)
        return change / (2 * step)


@dataclass
class Counted:
    """An objective whose evaluations are counted; the last point's value and gradient are not computed twice."""

    objective: Objective
    functions: int = 0
    gradients: int = 0
    hessians: int = 0
    products: int = 0
    _point: Vector | None = field(default=None, repr=False)
    _both: tuple[float, Vector] = field(default=(0.0, np.empty(0)), repr=False)

    def value(self, point: Vector) -> float:
        """Return the value."""
        if self._knows(point):
            return self._both[0]
        self.functions += 1
        return self.objective.value(point)

    def value_and_gradient(self, point: Vector) -> tuple[float, Vector]:
        """Return the value and the gradient."""
        if not self._knows(point):
            self.functions += 1
            self.gradients += 1
            self._both = self.objective.value_and_gradient(point)
            self._point = point.copy()
        return self._both

    def hessian(self, point: Vector) -> Matrix:
        """Return the Hessian."""
        self.hessians += 1
        return self.objective.hessian(point)

    def hessian_product(self, point: Vector, vector: Vector) -> Vector:
        """Return the Hessian's product with a vector."""
        self.products += 1
        return self.objective.hessian_product(point, vector)

    def _knows(self, point: Vector) -> bool:
        return self._point is not None and np.array_equal(self._point, point)
