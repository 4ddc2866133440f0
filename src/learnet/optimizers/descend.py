"""learnet's own loop: direction, step, until the watch says stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learnet.optimizers.directions import Direction
    from learnet.optimizers.objective import Counted
    from learnet.optimizers.records import Vector
    from learnet.optimizers.steps import StepLength
    from learnet.optimizers.watch import Watch


def descend(objective: Counted, start: Vector, *, direction: Direction, step: StepLength, watch: Watch) -> None:
    """Iterate ``point += step * direction``; the watch keeps what came of it.

    Args:
        objective: What is minimised.
        start: Where it begins, ``(n,)``.
        direction: Where to go.
        step: How far.
        watch: Decides when to stop.
    """
    point = start
    value, gradient = objective.value_and_gradient(point)
    while watch.see(point, value, gradient) is None:
        way = direction(point, gradient)
        if way is None:
            watch.stop("The Hessian is singular, or not finite: there is no direction. Damping may help.")
            return
        length = step(objective, point, way)
        if length is None:
            watch.stop(
                "No step along the direction lowers the value: it leads uphill, or rounding is all that is left."
            )
            return
        point = point + length * way
        value, gradient = objective.value_and_gradient(point)
