"""Gradient descent: batch, stochastic and mini-batch are three settings of one function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from learnet.neurons.activations import Floats

Objective: TypeAlias = "Callable[[Floats, NDArray[np.int64]], tuple[Any, Floats]]"
"""From weights ``(..., d)`` and the numbers of the chosen examples to their mean loss ``(...)`` and its gradient."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory:
    """The way of a descent, its start included; all arrays have one row for each recorded point.

    Attributes:
        steps: int ``(points,)``: after how many steps.
        weights: ``(points, ..., d)``.
        losses: ``(points, ...)``, the mean loss of all examples there.
        gradient_norms: ``(points, ...)``, Euclidean norm of the gradient of that loss.
        batch_size: Examples a step.
        learning_rate: Of the first step.
        reason: Why it ended, as a sentence.
    """

    steps: NDArray[np.int64]
    weights: Floats
    losses: Floats
    gradient_norms: Floats
    batch_size: int
    learning_rate: float
    reason: str

    @property
    def end(self) -> Floats:
        """The last weights, ``(..., d)``."""
        return np.asarray(self.weights[-1])

    @property
    def diverged(self) -> bool:
        """Whether the weights left the numbers: the learning rate was too large."""
        return not bool(np.isfinite(self.losses[-1]).all() and np.isfinite(self.gradient_norms[-1]).all())


def descend(
    objective: Objective,
    start: ArrayLike,
    *,
    examples: int = 1,
    batch_size: int | None = None,
    learning_rate: float | Callable[[int], float] = 0.1,
    momentum: float = 0.0,
    proximal: Callable[[Floats, float], Floats] | None = None,
    epochs: int = 100,
    record_every: int = 1,
    tolerance: float = 0.0,
    seed: int = 0,
) -> Trajectory:
    """Walk downhill, and keep the way.

    With ``batch_size=None`` each step sees all examples (batch gradient descent), with 1 a single one (stochastic),
    with anything between so many (mini-batch); every epoch sees each example once, in an order drawn anew. A surface
    without examples is an objective that ignores its second argument.

    Args:
        objective: From weights and the numbers of the chosen examples, int ``(b,)``, to the mean loss of these examples
            and its gradient by the weights.
        start: The first weights, ``(d,)``; or ``(..., d)`` for independent descents side by side, for each of which
            the objective then returns a loss. They share the examples of each step.
        examples: How many examples there are, at least 1.
        batch_size: Examples a step, at least 1; all of them if not given.
        learning_rate: Length of a step for a gradient of length 1; or a function that gives it for each step, from 0.
        momentum: Share of the last step that is taken again, in [0, 1) (Rumelhart et al., 1986, equation 9).
        proximal: What follows each step, from weights and learning rate to weights: the part of the objective that has
            no derivative, such as ``lambda w, rate: soft_threshold(w, rate * l1)``. Losses and gradient norms are then
            those of the rest.
        epochs: Passes over the examples, at least 1.
        record_every: Steps from one recorded point to the next; the last point is always recorded.
        tolerance: Stop when no recorded gradient norm is above it.
        seed: The order of the examples comes from it.

    Returns:
        The trajectory. It ends early where the tolerance is reached, or where numbers are no longer finite.

    Raises:
        UsageError: If a number is out of its range.

    Source:
        Robbins and Monro, A Stochastic Approximation Method, 1951; Daubechies, Defrise and De Mol, 2004, for the
        proximal step.

    Example:
        >>> bowl = lambda w, _: (0.5 * (w @ w), w)  # its gradient grows by 1 a unit: above a rate of 2 it diverges
        >>> for rate in (0.1, 1.0, 2.1):
        ...     way = descend(bowl, [1.0], learning_rate=rate, epochs=50)
        ...     print(rate, "ends at", abs(round(way.end.item(), 3)))
        0.1 ends at 0.005
        1.0 ends at 0.0
        2.1 ends at 117.391
    """
    size = examples if batch_size is None else batch_size
    _check(examples=examples, batch_size=size, epochs=epochs, record_every=record_every)
    if not 0 <= momentum < 1:
        raise UsageError(f"The momentum of a descent must be at least 0 and less than 1; received {momentum}.")
    rate = learning_rate if callable(learning_rate) else lambda _: learning_rate
    record = _Record(objective, np.arange(examples), tolerance)
    weights: Floats = np.array(start, dtype=np.float64)
    velocity, step, reason = np.zeros_like(weights), 0, record.add(0, weights)
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large is shown, not warned of
        for chosen in _batches(examples, size, epochs, generator(seed, "descent")):
            if reason:
                break
            _, slope = objective(weights, chosen)
            velocity = momentum * velocity - rate(step) * slope
            weights = weights + velocity if proximal is None else proximal(weights + velocity, rate(step))
            step += 1
            if step % record_every == 0:
                reason = record.add(step, weights)
        if record.steps[-1] != step:
            reason = record.add(step, weights) or reason
    return record.trajectory(
        batch_size=size, learning_rate=rate(0), reason=reason or f"All {epochs} epochs were walked."
    )


def soft_threshold(values: ArrayLike, threshold: float) -> Floats:
    """Return values moved towards 0 by ``threshold``, and exactly 0 where they are nearer to it than that.

    Args:
        values: Of any shape.
        threshold: 0 or greater.

    Example:
        >>> soft_threshold([-3.0, 0.5, 2.0], 1.0).tolist()
        [-2.0, 0.0, 1.0]
    """
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.abs(numbers) > threshold, numbers - threshold * np.sign(numbers), 0.0)


def _batches(examples: int, size: int, epochs: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    everything = np.arange(examples)
    for _ in range(epochs):
        order = everything if size >= examples else random.permutation(examples)
        for first in range(0, examples, size):
            yield order[first : first + size]


class _Record:
    def __init__(self, objective: Objective, everything: NDArray[np.int64], tolerance: float) -> None:
        self._objective, self._everything, self._tolerance = objective, everything, tolerance
        self.steps: list[int] = []
        self._weights: list[Floats] = []
        self._losses: list[Floats] = []
        self._norms: list[Floats] = []

    def add(self, step: int, weights: Floats) -> str:
        """Record a point; return why the descent should end there, or nothing."""
        loss, slope = self._objective(weights, self._everything)
        norm = np.linalg.norm(slope, axis=-1)
        self.steps.append(step)
        self._weights.append(weights)
        self._losses.append(np.asarray(loss, dtype=np.float64))
        self._norms.append(np.asarray(norm))
        if not (np.isfinite(loss).all() and np.isfinite(norm).all()):
            return f"It diverged: after {step} steps the numbers were no longer finite. Take a smaller learning rate."
        if (norm <= self._tolerance).all():
            return f"After {step} steps the gradient was no longer than {self._tolerance:g}."
        return ""

    def trajectory(self, *, batch_size: int, learning_rate: float, reason: str) -> Trajectory:
        return Trajectory(
            steps=np.array(self.steps, dtype=np.int64),
            weights=np.stack(self._weights),
            losses=np.stack(self._losses),
            gradient_norms=np.stack(self._norms),
            batch_size=batch_size,
            learning_rate=learning_rate,
            reason=reason,
        )


def _check(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise UsageError(f"A descent's {name} must be at least 1; received {count}.")
