"""Least squares with plain functions, which is how Levenberg and Marquardt's method is certified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError
from learnet.optimizers.levenberg_marquardt import minpack, normal_equations
from learnet.optimizers.methods import MethodOptions
from learnet.optimizers.minimize import starting_point
from learnet.optimizers.records import Fit, Stopping
from learnet.optimizers.squares import CountedSquares, PlainResiduals
from learnet.optimizers.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from learnet.optimizers.methods import Solver
    from learnet.optimizers.records import Matrix, Vector
    from learnet.optimizers.squares import Squares


def least_squares(
    residual: Callable[[Vector], Vector],
    start: ArrayLike,
    *,
    jacobian: Callable[[Vector], Matrix] | None = None,
    method: Solver = "minpack",
    max_evaluations: int = 5_000,
    tolerance: float = 1e-14,
) -> Fit:
    """Fit parameters by Levenberg and Marquardt's method.

    Args:
        residual: Takes the parameters, float64 ``(n,)``, and returns ``(m,)`` residuals, m >= n.
        start: Where to begin, ``(n,)``.
        jacobian: Returns the residuals' derivatives ``(m, n)``; central differences if not given.
        method: ``"minpack"``, or learnet's own ``"normal-equations"``.
        max_evaluations: Of the residuals, at most so many, at least 1.
        tolerance: Stop when a step changes the sum of squares, or the parameters, relatively by no more, in [0, 1).

    Returns:
        The parameters, and what they cost.

    Raises:
        UsageError: If a value is out of its range, or shapes disagree.

    Source:
        Levenberg, 1944; Marquardt, 1963; More, 1978.

    Example:
        >>> x = np.arange(5.0)
        >>> fit = least_squares(lambda b: b[0] * np.exp(b[1] * x) - 2 * np.exp(0.5 * x), [1.0, 0.0])
        >>> fit.point.round(6).tolist(), fit.converged
        ([2.0, 0.5], True)
    """
    MethodOptions(solver=method)  # is it one of the two?
    if not 0 <= tolerance < 1 or max_evaluations < 1:
        raise UsageError(
            f"Least squares needs a tolerance in [0, 1) and at least 1 evaluation; received {tolerance} and "
            f"{max_evaluations}."
        )
    problem = PlainResiduals(function=residual, derivatives=jacobian)
    counted = CountedSquares(problem, most=max_evaluations)
    watch = Watch(Stopping(max_iterations=max_evaluations, gradient_tolerance=0.0))
    solve(counted, starting_point(start), solver=method, tolerance=tolerance, watch=watch)
    assert watch.end is not None  # noqa: S101 (every method ends by the watch)
    return Fit(
        method=method,
        point=watch.point,
        sum_of_squares=watch.value,
        standard_deviations=standard_deviations(problem, watch.point, watch.value),
        gradient_norm=watch.gradient_norm,
        iterations=len(watch.history) - 1,
        residual_evaluations=counted.residuals,
        jacobian_evaluations=counted.jacobians,
        history=tuple(watch.history),
        converged=watch.end.converged,
        reason=watch.end.reason,
    )


def solve(problem: CountedSquares, start: Vector, *, solver: Solver, tolerance: float, watch: Watch) -> None:
    """Minimise a sum of squares by one of the two solvers; the watch keeps what came of it."""
    minimise = minpack if solver == "minpack" else normal_equations
    with np.errstate(over="ignore", invalid="ignore"):  # a step that is too long is taken back
        minimise(problem, start, tolerance=tolerance, watch=watch)


def standard_deviations(problem: Squares, point: Vector, value: float) -> Vector | None:
    """Return the parameters' standard deviations ``(n,)``, linearised at a point; None if they cannot be told.

    Args:
        problem: The residuals.
        point: The fitted parameters.
        value: Their sum of squares.
    """
    jacobian = problem.jacobian(point)
    freedom = jacobian.shape[0] - jacobian.shape[1]
    if freedom < 1 or not np.isfinite(jacobian).all():
        return None
    units = np.linalg.norm(jacobian, axis=0)
    if not units.all():
        return None
    triangle = np.linalg.qr(jacobian / units, mode="r")
    if np.linalg.cond(triangle) > 1 / np.finfo(np.float64).eps:
        return None
    spread: Vector = np.linalg.norm(np.linalg.inv(triangle), axis=1) / units * np.sqrt(value / freedom)
    return spread
