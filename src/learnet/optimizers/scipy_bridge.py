"""SciPy's solvers, watched: the same tolerances, history and counts as for learnet's own loop."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

    from learnet.optimizers.objective import Counted
    from learnet.optimizers.records import Vector
    from learnet.optimizers.watch import Watch

_UNLIMITED = 2**31 - 1  # the watch decides
_FUTILE = 10  # iterations; Newton-CG would go on for ever
_OPTIONS: dict[str, dict[str, Any]] = {
    "Newton-CG": {"xtol": 0.0},
    "CG": {"gtol": 0.0},
    "BFGS": {"gtol": 0.0},
    "L-BFGS-B": {"gtol": 0.0, "ftol": 0.0, "maxfun": _UNLIMITED},
}


def minimize_by_scipy(objective: Counted, start: Vector, *, solver: str, memory: int, watch: Watch) -> None:
    """Minimise by ``scipy.optimize.minimize``; the watch keeps what came of it.

    Args:
        objective: What is minimised.
        start: Where it begins, ``(n,)``.
        solver: SciPy's name of it.
        memory: Pairs that L-BFGS keeps.
        watch: Decides when to stop.
    """
    from scipy import optimize

    minimize: Any = optimize.minimize  # its stubs know no callback by the name that SciPy asks for

    lowest, futile = np.inf, 0

    def callback(*, intermediate_result: OptimizeResult) -> None:
        nonlocal lowest, futile
        point = intermediate_result.x
        if watch.see(point, *objective.value_and_gradient(point)) is not None:
            raise StopIteration
        futile = 0 if watch.value < lowest else futile + 1
        lowest = min(lowest, watch.value)
        if futile == _FUTILE:
            watch.stop(f"The last {_FUTILE} iterations found no lower point, as rounding is all that is left.")
            raise StopIteration

    if watch.see(start, *objective.value_and_gradient(start)) is not None:
        return
    options = {**_OPTIONS[solver], "maxiter": _UNLIMITED}
    if solver == "L-BFGS-B":
        options["maxcor"] = memory
    products = {"hessp": objective.hessian_product} if solver == "Newton-CG" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of the line search; the reason of stopping says it, too
        result = minimize(
            objective.value_and_gradient,
            start,
            jac=True,
            method=solver,
            callback=callback,
            options=options,
            **products,
        )
    if watch.end is None:
        message = " ".join(str(result.message).split()).rstrip(".")
        watch.stop(f"SciPy's line search found no lower point, as rounding is all that is left. It says: {message}.")
