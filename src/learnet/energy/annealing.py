"""Simulated annealing of many Boltzmann machines at once: hot first, then cool, then counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Annealing:
    """A schedule; the defaults are the paper's for its encoder problems.

    One unit of time gives each unclamped unit one chance to change its state on average: n units, n random probes.

    Attributes:
        steps: (time, temperature) one after the other; temperatures greater than 0, times 0 or more.
        counting: Time for which statistics are counted afterwards, at the last temperature, at least 1; one state is
            counted for each unit of time.

    Raises:
        UsageError: If a value is out of its range.

    Source:
        Ackley, Hinton and Sejnowski, A learning algorithm for Boltzmann machines, 1985, section 4.
    """

    steps: tuple[tuple[int, float], ...] = ((2, 20.0), (2, 15.0), (2, 12.0), (4, 10.0))
    counting: int = 10

    def __post_init__(self) -> None:
        if not self.steps or any(time < 0 or not temperature > 0 for time, temperature in self.steps):
            raise UsageError(
                f"An annealing needs steps of a time of at least 0 and a temperature greater than 0; "
                f"received {self.steps}."
            )
        if self.counting < 1:
            raise UsageError(f"An annealing must count for at least 1 unit of time; received {self.counting}.")

    @property
    def temperature(self) -> float:
        """The temperature of the last step, at which statistics are counted."""
        return self.steps[-1][1]

    def temperatures(self) -> NDArray[np.float32]:
        """Return the temperature of each unit of time, counting included."""
        times = [time for time, _ in self.steps] + [self.counting]
        levels = [temperature for _, temperature in self.steps] + [self.temperature]
        return np.repeat(np.array(levels, np.float32), times)


def settle(
    weights: NDArray[np.float32],
    states: NDArray[np.float32],
    *,
    free: NDArray[np.intp],
    annealing: Annealing,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Anneal from random states and return the states that are counted, one for each unit of time.

    A probed unit turns on with probability 1 / (1 + exp(-field / temperature)), whatever it was before.

    Args:
        weights: Symmetric, the biases on the diagonal, (machines, units, units).
        states: 0 and 1, contiguous (machines, chains, units); the ``free`` units are overwritten and end in their last
            state.
        free: The numbers of the unclamped units.
        annealing: The schedule.
        random: Where chance comes from.

    Returns:
        (counted states, machines, chains, units); a single one where no unit is free.
    """
    machines, chains, units = states.shape
    crowd = machines * chains
    states[:, :, free] = random.integers(0, 2, (machines, chains, len(free)))
    if not len(free):
        return states[None].copy()
    table, flat, line = weights.reshape(-1, units), states.reshape(crowd, units), states.reshape(-1)
    first_row, first_cell = np.repeat(np.arange(machines) * units, chains), np.arange(crowd) * units
    temperatures = annealing.temperatures()
    found = np.empty((len(temperatures), crowd, units), np.float32)
    for time, temperature in enumerate(temperatures):
        probed = free[random.integers(0, len(free), (len(free), crowd))]
        # A logistic number is below x with probability 1 / (1 + exp(-x)): a comparison instead of a sigmoid.
        bars = temperature * _logistic(random, probed.shape)
        for bar, row, cell in zip(bars, probed + first_row, probed + first_cell, strict=True):
            line[cell] = 1  # the diagonal then adds the bias
            line[cell] = np.einsum("cu,cu->c", table[row], flat) > bar
        found[time] = flat
    return found[-annealing.counting :].reshape(-1, machines, chains, units)


def _logistic(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    uniform = np.maximum(random.random(shape, dtype=np.float32), np.float32(1e-30))
    logistic: NDArray[np.float32] = np.log(uniform / (1 - uniform))
    return logistic


def co_occurrence(counted: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how often two units were on together, (machines, units, units); on the diagonal, how often each was on."""
    probes, machines, chains, units = counted.shape
    seen = counted.transpose(1, 0, 2, 3).reshape(machines, probes * chains, units)
    together: NDArray[np.float64] = (seen.transpose(0, 2, 1) @ seen).astype(np.float64)
    together /= probes * chains
    return together
