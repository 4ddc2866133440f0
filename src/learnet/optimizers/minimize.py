"""Any method on any objective, and on a plain function of a vector, which is how the methods are certified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError
from learnet.optimizers.descend import descend
from learnet.optimizers.directions import BFGS, ConjugateGradient, LimitedBFGS, Newton, SteepestDescent
from learnet.optimizers.methods import METHODS, LineSearch, Method
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

MEMORY = 10  # pairs of L-BFGS, SciPy's number


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A method and its settings, checked.

    Attributes:
        method: The method.
        line_search: One of the method's own.
        learning_rate: The factor of gradient descent's step, greater than 0.
        damping: Of Newton's method, relative to the Hessian's mean absolute diagonal, at least 0.
        memory: Pairs that L-BFGS keeps, at least 1.

    Raises:
        UsageError: If a value is out of its range or the method has no such line search.
    """

    method: Method
    line_search: LineSearch
    learning_rate: float
    damping: float
    memory: int

    def __post_init__(self) -> None:
        if self.line_search not in self.method.line_searches:
            raise UsageError(
                f"The method '{self.method.name}' has no line search '{self.line_search}'. "
                f"Choose one of: {', '.join(self.method.line_searches)}."
            )
        if not self.learning_rate > 0:
            raise UsageError(f"The learning rate must be greater than 0; received {self.learning_rate}.")
        if not self.damping >= 0:
            raise UsageError(f"Newton's damping must be at least 0; received {self.damping}.")
        if self.memory < 1:
            raise UsageError(f"L-BFGS must keep at least 1 pair; received memory={self.memory}.")


def choose(
    name: str,
    *,
    line_search: LineSearch | None,
    learning_rate: float | None,
    damping: float | None,
    memory: int | None,
) -> Choice:
    """Return a method with its settings; None stands for the usual value.

    Raises:
        UsageError: If there is no such method, or a setting is not one of its own or out of its range.
    """
    method = METHODS[name]
    given = {"learning_rate": learning_rate, "damping": damping, "memory": memory}
    for option, value in given.items():
        if value is not None and option not in method.options:
            owners = ", ".join(other.name for other in METHODS if option in other.options)
            raise UsageError(f"The method '{method.name}' has no {option}: it is an option of {owners}. Leave it out.")
    return Choice(
        method=method,
        line_search=method.line_searches[0] if line_search is None else line_search,
        learning_rate=0.01 if learning_rate is None else learning_rate,
        damping=0.0 if damping is None else damping,
        memory=MEMORY if memory is None else memory,
    )


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
    line_search: LineSearch | None = None,
    learning_rate: float | None = None,
    damping: float | None = None,
    memory: int | None = None,
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
        line_search: ``"none"`` takes steps of fixed length, ``"backtracking"`` halves them until the value falls
            (Armijo), ``"exact"`` goes to the lowest point of the line, ``"wolfe"`` is SciPy's solver with its strong
            Wolfe conditions. Which of them a method has, and its usual one, ``METHODS`` says.
        learning_rate: Of ``"gd"``; 0.01 if not given.
        damping: Of ``"newton"``, relative to the Hessian's mean absolute diagonal; 0 if not given: pure Newton steps.
        memory: Of ``"l-bfgs"``, in pairs; 10 if not given.
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
    choice = choose(method, line_search=line_search, learning_rate=learning_rate, damping=damping, memory=memory)
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
