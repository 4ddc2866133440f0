"""Is a derivative right? Finite differences know nothing of its formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class GradientCheck:
    """A gradient beside the one of finite differences.

    Attributes:
        claimed: The gradient that was checked, float64, of the point's shape.
        numeric: The gradient by central differences, of the same shape.
        relative_error: ``|claimed - numeric| / (|claimed| + |numeric|)`` in Euclidean norms, in [0, 1]; 0 where both
            are zero.
        worst: Index of the coordinate that differs most.
    """

    claimed: NDArray[np.float64]
    numeric: NDArray[np.float64]
    relative_error: float
    worst: tuple[int, ...]

    def holds(self, tolerance: float = 1e-7) -> bool:
        """Return whether the relative error is below ``tolerance``."""
        return self.relative_error < tolerance


def check_gradients(
    function: Callable[[NDArray[np.float64]], ArrayLike],
    gradient: ArrayLike | Callable[[NDArray[np.float64]], ArrayLike],
    point: ArrayLike,
    *,
    step: float = 1e-5,
) -> GradientCheck:
    """Compare a gradient with central differences, ``(f(x + h) - f(x - h)) / 2h`` in each coordinate.

    Args:
        function: From a float64 array of ``point``'s shape to one number; smooth within ``step`` of the point.
        gradient: What is to be checked: the gradient at ``point``, or a function that returns it there.
        point: Where, of any shape.
        step: ``h`` for coordinates up to 1 in size, and relative to larger ones; greater than 0. The error of the
            differences themselves is about ``h**2``, plus float64's rounding divided by ``h``.

    Returns:
        Both gradients, and how much they differ.

    Raises:
        UsageError: If the shapes of point and gradient differ, the step is not positive, or a number is not finite.

    Source:
        Press et al., Numerical Recipes, third edition, section 5.7.

    Example:
        >>> check_gradients(lambda x: np.sum(x**3), lambda x: 3 * x**2, [1.0, -2.0]).holds()
        True
        >>> check_gradients(lambda x: np.sum(x**3), lambda x: 2 * x**2, [1.0, -2.0]).relative_error.__round__(3)
        0.2
    """
    if not step > 0:
        raise UsageError(f"The step of finite differences must be greater than 0; received {step}.")
    where = np.array(point, dtype=np.float64)
    claimed = np.asarray(gradient(where.copy()) if callable(gradient) else gradient, dtype=np.float64)
    if claimed.shape != where.shape:
        raise UsageError(f"A gradient has the shape of its point, {where.shape}; received {claimed.shape}.")
    numeric = _central_differences(function, where, step)
    if not (np.isfinite(claimed).all() and np.isfinite(numeric).all()):
        raise UsageError("A gradient of the check is not finite there: choose a point where the function is smooth.")
    difference = np.abs(claimed - numeric)
    size = float(np.linalg.norm(claimed) + np.linalg.norm(numeric))
    return GradientCheck(
        claimed=claimed,
        numeric=numeric,
        relative_error=float(np.linalg.norm(difference)) / size if size else 0.0,
        worst=tuple(int(index) for index in np.unravel_index(int(difference.argmax()), difference.shape)),
    )


def _central_differences(
    function: Callable[[NDArray[np.float64]], ArrayLike], where: NDArray[np.float64], step: float
) -> NDArray[np.float64]:
    numeric = np.empty_like(where)
    for index in np.ndindex(where.shape):
        moved, size = where.copy(), step * max(1.0, abs(float(where[index])))
        moved[index] = where[index] + size
        above, up = float(np.asarray(function(moved))), float(moved[index])
        moved[index] = where[index] - size
        below, down = float(np.asarray(function(moved))), float(moved[index])
        numeric[index] = (above - below) / (up - down)
    return numeric
