"""Any method on any objective, and on a plain function of a vector, which is how the methods are certified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError
from learnet.optimizers.descend import descend
from learnet.optimizers.directions import BFGS, ConjugateGradient, LimitedBFGS, Newton, SteepestDescent
from learnet.optimizers.methods import USUAL, Choice, MethodOptions, choose
from learnet.optimizers.objective import Counted, PlainFunction
from learnet.optimizers.records import Minimum, Stopping
from learnet.optimizers.scipy_bridge import minimize_by_scipy
from learnet.optimizers.steps import Backtracking, ExactStep, FixedStep
from learnet.optimizers.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from learnet.optimizers.directions import Direction
    from learnet.optimizers.objective import Objective
    from learnet.optimizers.records import Matrix, Vector
    from learnet.optimizers.steps import StepLength
    from learnet.optimizers.watch import Iteration


def run(objective: Objective, start: Vector, *, choice: Choice, watch: Watch) -> Minimum:
    """Minimise an objective.

    Args:
        objective: What is minimised.
        start: Where it begins, float64 ``(n,)``.
        choice: How.
        watch: Decides when to stop.

    Returns:
        What came of it.
    """
    counted = Counted(objective)
    if choice.line_search == "wolfe":
        minimize_by_scipy(counted, start, solver=choice.method.solver, memory=choice.memory, watch=watch)
    else:
        descend(counted, start, direction=_direction(counted, choice), step=_step(choice), watch=watch)
    return minimum(
        watch,
        method=choice.method.name,
        functions=counted.functions,
        gradients=counted.gradients,
        hessians=counted.hessians,
        products=counted.products,
    )


def minimum(
    watch: Watch,
    *,
    method: str,
    functions: int,
    gradients: int = 0,
    hessians: int = 0,
    products: int = 0,
    jacobians: int = 0,
) -> Minimum:
    """Return the record of a watched iteration that has ended."""
    assert watch.end is not None  # noqa: S101 (every method ends by the watch)
    return Minimum(
        method=method,
        point=watch.point,
        value=watch.value,
        gradient_norm=watch.gradient_norm,
        iterations=len(watch.history) - 1,
        function_evaluations=functions,
        gradient_evaluations=gradients,
        hessian_evaluations=hessians,
        hessian_products=products,
        jacobian_evaluations=jacobians,
        history=tuple(watch.history),
        converged=watch.end.converged,
        reason=watch.end.reason,
        path=watch.path,
    )


def minimize_function(
    function: Callable[[Vector], float],
    start: ArrayLike,
    *,
    gradient: Callable[[Vector], Vector] | None = None,
    hessian: Callable[[Vector], Matrix] | None = None,
    hessian_product: Callable[[Vector, Vector], Vector] | None = None,
    method: str = "bfgs",
    max_iterations: int = 1_000,
    gradient_tolerance: float = 1e-6,
    value_tolerance: float = 0.0,
    target: float | None = None,
    options: MethodOptions = USUAL,
    keep_path: bool = False,
    on_iteration: Callable[[Iteration], None] | None = None,
) -> Minimum:
    """Find a minimum of a plain function of a vector.

    Args:
        function: Takes float64 ``(n,)`` and returns a number.
        start: Where to begin, ``(n,)``.
        gradient: Returns the gradient ``(n,)``; central differences if not given.
        hessian: Returns the Hessian ``(n, n)``, for ``"newton"`` and ``"newton-cg"``; differences if not given.
        hessian_product: Takes a point and a vector, returns the Hessian's product with it.
        method: A name of ``METHODS``, except ``"levenberg-marquardt"``, which ``least_squares`` is for.
        max_iterations: At most so many.
        gradient_tolerance: Stop when no component of the gradient is larger.
        value_tolerance: Stop when an iteration lowers the value by no more than this share of it; 0 is off.
        target: Stop when the value is at most this.
        options: Of the method: line search, learning rate, damping, memory.
        keep_path: Keep the point of each iteration.
        on_iteration: Told each iteration, the start first.

    Returns:
        Where it ended, and what it cost.

    Raises:
        UsageError: If the method is unknown, a setting is not one of its own, or shapes disagree.

    Source:
        Nocedal and Wright, Numerical Optimization, 2006.

    Example:
        >>> found = minimize_function(lambda v: (v[0] - 3) ** 2 + 1, [0.0], gradient=lambda v: 2 * (v - 3))
        >>> found.point.round(6).tolist(), round(found.value, 6), found.converged
        ([3.0], 1.0, True)
    """
    choice = choose(method, options)
    if choice.method.needs == "jacobian":
        raise UsageError(
            f"'{choice.method.name}' minimises a sum of squares and needs its residuals: use least_squares."
        )
    point = starting_point(start)
    watch = Watch(
        Stopping(
            max_iterations=max_iterations,
            gradient_tolerance=gradient_tolerance,
            value_tolerance=value_tolerance,
            target=target,
        ),
        keep_path=keep_path,
        on_iteration=on_iteration,
    )
    objective = PlainFunction(function=function, gradient=gradient, hessian_matrix=hessian, product=hessian_product)
    return run(objective, point, choice=choice, watch=watch)


def starting_point(start: ArrayLike) -> Vector:
    """Return a start as a new float64 vector.

    Raises:
        UsageError: If it is not a vector of finite numbers.
    """
    point = np.array(start, np.float64)
    if point.ndim != 1 or not point.size or not np.isfinite(point).all():
        raise UsageError(f"The start must be a vector of finite numbers; received {point} of shape {point.shape}.")
    return point


def _direction(objective: Counted, choice: Choice) -> Direction:
    match choice.method.name:
        case "gd":
            return SteepestDescent()
        case "newton":
            return Newton(objective, damping=choice.damping)
        case "cg":
            return ConjugateGradient()
        case "bfgs":
            return BFGS()
        case _:
            return LimitedBFGS(choice.memory)


def _step(choice: Choice) -> StepLength:
    first = choice.learning_rate if choice.method.name == "gd" else 1.0
    if choice.line_search == "exact":
        return ExactStep()
    return Backtracking() if choice.line_search == "backtracking" else FixedStep(first)
