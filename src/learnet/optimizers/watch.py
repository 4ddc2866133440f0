"""The eye on an iteration: it keeps the history and says when to stop, alike for every method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.optimizers.records import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.optimizers.records import Matrix, Stopping, Vector


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """One iteration, as those who wait for it are told.

    Attributes:
        number: From 0, the start.
        value: Of the function.
        gradient_norm: The largest absolute component of the gradient.
    """

    number: int
    value: float
    gradient_norm: float


class Watch:
    """Sees each iteration.

    Args:
        stopping: When to stop.
        keep_path: Keep the points, too.
        on_iteration: Told each iteration.

    Attributes:
        history: The values, from the start's.
        end: Why it ended; None until then.
    """

    def __init__(
        self,
        stopping: Stopping,
        *,
        keep_path: bool = False,
        on_iteration: Callable[[Iteration], None] | None = None,
    ) -> None:
        self._stopping, self._keep_path, self._on_iteration = stopping, keep_path, on_iteration
        self._points: list[Vector] = []
        self.point: Vector = np.empty(0)
        self.gradient_norm = np.inf
        self.history: list[float] = []
        self.end: End | None = None

    @property
    def value(self) -> float:
        """The last value."""
        return self.history[-1]

    @property
    def path(self) -> Matrix | None:
        """The points, if they are kept."""
        return np.array(self._points) if self._keep_path else None

    def see(self, point: Vector, value: float, gradient: Vector) -> End | None:
        """Take note of an iteration, the start first; return why it is the last one, or None.

        Args:
            point: Where it led, (n,).
            value: There.
            gradient: There, (n,).
        """
        self.point, self.gradient_norm = point.copy(), float(np.abs(gradient).max(initial=0.0))
        self.history.append(value)
        if self._keep_path:
            self._points.append(self.point)
        number = len(self.history) - 1
        if self._on_iteration is not None:
            self._on_iteration(Iteration(number=number, value=value, gradient_norm=self.gradient_norm))
        self.end = self._judge(number)
        return self.end

    def stop(self, reason: str) -> End:
        """Note that it cannot go on."""
        self.end = End(converged=False, reason=reason)
        return self.end

    def _judge(self, number: int) -> End | None:
        stopping, value = self._stopping, self.value
        if not (np.isfinite(value) and np.isfinite(self.gradient_norm)):
            return End(converged=False, reason="The value or its gradient is not a finite number: the steps diverge.")
        if stopping.target is not None and value <= stopping.target:
            return End(converged=True, reason=f"The value is at most the target, {stopping.target:g}.")
        if self.gradient_norm <= stopping.gradient_tolerance:
            return End(
                converged=True, reason=f"No component of the gradient is larger than {stopping.gradient_tolerance:g}."
            )
        if stopping.value_tolerance and number:
            before = self.history[-2]
            if 0 <= before - value <= stopping.value_tolerance * max(abs(before), abs(value)):
                return End(
                    converged=True,
                    reason=f"The last iteration lowered the value by no more than {stopping.value_tolerance:g} of it.",
                )
        if number >= stopping.max_iterations:
            return End(converged=False, reason=f"{stopping.max_iterations} iterations were made, as many as allowed.")
        return None
