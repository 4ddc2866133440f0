"""Derivatives by central differences: slow, and right to about ten digits. What analytic ones are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.optimizers.records import Matrix, Vector

STEP = float(np.cbrt(np.finfo(np.float64).eps))  # balances the error of order step^2 with rounding


def numeric_gradient(function: Callable[[Vector], float], point: Vector, *, step: float = STEP) -> Vector:
    """Return the gradient ``(n,)`` of a real function by central differences.

    Args:
        function: Takes float64 ``(n,)``.
        point: Where, ``(n,)``.
        step: Relative to each coordinate, absolute below 1.

    Example:
        >>> numeric_gradient(lambda v: v[0] ** 2 + 3 * v[1], np.array([2.0, 5.0])).round(6).tolist()
        [4.0, 3.0]
    """
    gradient: Vector = numeric_jacobian(lambda moved: np.atleast_1d(function(moved)), point, step=step)[0]
    return gradient


def numeric_jacobian(function: Callable[[Vector], Vector], point: Vector, *, step: float = STEP) -> Matrix:
    """Return the Jacobian ``(m, n)`` of a function with values ``(m,)`` by central differences.

    Args:
        function: Takes float64 ``(n,)``.
        point: Where, ``(n,)``.
        step: Relative to each coordinate, absolute below 1.

    Example:
        >>> numeric_jacobian(lambda v: np.array([v[0] * v[1], v[1]]), np.array([2.0, 5.0])).round(6).tolist()
        [[5.0, 2.0], [0.0, 1.0]]
    """
    columns = []
    for index, coordinate in enumerate(point):
        lower, upper = point.copy(), point.copy()
        width = step * max(1.0, abs(float(coordinate)))
        lower[index] -= width
        upper[index] += width
        # What was really added differs from ``width`` by rounding.
        columns.append((function(upper) - function(lower)) / (upper[index] - lower[index]))
    return np.stack(columns, axis=-1)
