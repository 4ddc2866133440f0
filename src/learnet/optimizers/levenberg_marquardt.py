"""Levenberg and Marquardt's method: by MINPACK, and by learnet's own damped normal equations.

MINPACK factorises the Jacobian, which must be in memory, at a cost of ``m n^2``; the normal equations are ``(n, n)``,
are summed up batch by batch, and lose half of the digits of an ill-conditioned Jacobian in a step, though not in the
solution, as the gradient is not touched by this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.optimizers.records import End
from learnet.optimizers.squares import EvaluationsUsedUpError

if TYPE_CHECKING:
    from learnet.optimizers.records import Matrix, Vector
    from learnet.optimizers.squares import CountedSquares
    from learnet.optimizers.watch import Watch

_TINY = float(np.finfo(np.float64).tiny)
_ROUNDING = float(np.finfo(np.float64).eps)
_FIRST_DAMPING = 1e-3
_MOST_DAMPING = 1e30
_FIRST_STEP = 1.0  # relative to the parameters
_CONVERGED = {
    1: "The sum of squares no longer falls by more than the tolerance.",
    2: "The step is no larger than the tolerance.",
    3: "The step, and the fall of the sum of squares, are no larger than the tolerance.",
    4: "The residuals are orthogonal to the columns of the Jacobian, to machine precision.",
    6: "The sum of squares cannot fall any more, to machine precision.",
    7: "The parameters cannot be improved any more, to machine precision.",
    8: "The residuals are orthogonal to the columns of the Jacobian, to machine precision.",
}


class _WatchSaysStopError(Exception):
    """Carries the watch's word through MINPACK."""


def minpack(problem: CountedSquares, start: Vector, *, tolerance: float, watch: Watch) -> None:
    """Minimise by MINPACK's ``lmder``; the watch keeps what came of it.

    Its first step is no longer than the parameters are, in their natural units; with MINPACK's usual bound, a hundred
    times as long, it leaps onto plateaus that there is no way back from.

    Args:
        problem: Whose sum of squares is minimised.
        start: Where it begins, ``(n,)``.
        tolerance: Relative, of the sum of squares and of the parameters.
        watch: Sees each step, when the Jacobian is computed after it.

    Source:
        More, The Levenberg-Marquardt Algorithm: Implementation and Theory, 1978.
    """
    from scipy.optimize import leastsq

    seen: list[Vector] = []

    def jacobian(point: Vector) -> Matrix:
        derivatives = problem.jacobian(point)
        if not seen or not np.array_equal(seen[-1], point):  # SciPy asks for the first one twice
            seen.append(point.copy())
            residuals = problem.residual(point)
            if watch.see(point, float(residuals @ residuals), 2 * residuals @ derivatives) is not None:
                raise _WatchSaysStopError
        return derivatives

    try:
        point, _, _, message, status = leastsq(
            problem.residual,
            start,
            Dfun=jacobian,
            full_output=True,
            ftol=tolerance,
            xtol=tolerance,
            gtol=0.0,
            factor=_FIRST_STEP,
            maxfev=2**31 - 1,
        )
        jacobian(np.asarray(point))
    except _WatchSaysStopError:
        return
    except EvaluationsUsedUpError:
        watch.stop(_used_up(problem))
        return
    if status in _CONVERGED:
        watch.end = End(converged=True, reason=_CONVERGED[status])
    else:
        watch.stop(f"MINPACK says: {' '.join(str(message).split()).rstrip('.')}.")


def normal_equations(
    problem: CountedSquares,
    start: Vector,
    *,
    tolerance: float,
    watch: Watch,
    damping: float = _FIRST_DAMPING,
) -> None:
    """Minimise by damped normal equations ``(J^T J + d D) step = -J^T r``; the watch keeps what came of it.

    ``D`` is the largest diagonal of ``J^T J`` so far, which makes the steps independent of the parameters' units; the
    damping ``d`` follows the ratio of the fall that came to the fall that was promised.

    Args:
        problem: Whose sum of squares is minimised.
        start: Where it begins, ``(n,)``.
        tolerance: Relative, of the sum of squares and of the parameters.
        watch: Sees each step.
        damping: The first one, greater than 0.

    Source:
        Marquardt, 1963; More, 1978 (``D``); Nielsen, Damping Parameter in Marquardt's Method, 1999 (``d``).
    """
    try:
        _iterate(problem, start, tolerance=tolerance, watch=watch, damping=damping)
    except EvaluationsUsedUpError:
        watch.stop(_used_up(problem))


def _iterate(problem: CountedSquares, start: Vector, *, tolerance: float, watch: Watch, damping: float) -> None:
    point, growth = start, 2.0
    value, slope, matrix = problem.normal(point)
    scale = np.full(len(point), _TINY)
    while watch.see(point, value, 2 * slope) is None:
        scale = np.maximum(scale, np.diag(matrix))
        root = np.sqrt(scale)
        while True:
            step = _solve(matrix, slope, root, damping)
            if step is not None and len(watch.history) == 1 and _leaps(root * step, root * point):
                damping *= 2
                continue
            promised = float(step @ (damping * scale * step - slope)) if step is not None else 0.0
            small = step is not None and _is_small(root * step, root * point, tolerance)
            moved = point if step is None else point + step
            fall = value - problem.value(moved) if step is not None else np.nan
            if fall > 0 and promised > 0:
                break
            if small or damping > _MOST_DAMPING or abs(promised) <= _ROUNDING * value:
                watch.end = End(converged=True, reason=_CONVERGED[7])
                return
            damping, growth = damping * growth, growth * 2
        damping = max(damping * max(1 / 3, 1 - (2 * fall / promised - 1) ** 3), _ROUNDING**2)
        growth, before, point = 2.0, value, moved
        value, slope, matrix = problem.normal(point)
        if small or max(fall, promised) <= tolerance * before:
            if watch.see(point, value, 2 * slope) is None:
                watch.end = End(converged=True, reason=_CONVERGED[2 if small else 1])
            return


def _solve(matrix: Matrix, slope: Vector, root: Vector, damping: float) -> Vector | None:
    """Return the damped step, computed in units in which the matrix's diagonal is at most 1; None if there is none."""
    from scipy.linalg import cho_solve, cholesky

    scaled = matrix / np.outer(root, root)
    scaled[np.diag_indices_from(scaled)] += damping
    try:
        factor = cholesky(scaled, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    step: Vector = cho_solve((factor, True), -slope / root, check_finite=False) / root
    return step


def _is_small(step: Vector, point: Vector, tolerance: float) -> bool:
    return bool(np.linalg.norm(step) <= tolerance * np.linalg.norm(point))


def _leaps(step: Vector, point: Vector) -> bool:
    return bool(point.any() and np.linalg.norm(step) > _FIRST_STEP * np.linalg.norm(point))


def _used_up(problem: CountedSquares) -> str:
    return f"{problem.most} evaluations of the residuals were made, as many as allowed."
