"""The Boltzmann machine: stochastic units with symmetric connections, taught by comparing waking with dreaming."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from learnet.core import DataError, UsageError, generator
from learnet.energy.annealing import Annealing, co_occurrence, settle
from learnet.energy.enumeration import all_states, log_sum_exp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike, NDArray

Step = Literal["sign", "gradient"]


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Noisy clamping: how often a clamped bit is turned over, which keeps weights from growing without end.

    Attributes:
        off: Probability that a bit that is on is clamped off, in [0, 1].
        on: Probability that a bit that is off is clamped on, in [0, 1].

    Raises:
        UsageError: If a probability is out of range.
    """

    off: float = 0.15
    on: float = 0.05

    def __post_init__(self) -> None:
        if not (0 <= self.off <= 1 and 0 <= self.on <= 1):
            raise UsageError(f"Probabilities of noise lie in [0, 1]; received off={self.off}, on={self.on}.")

    def apply(self, bits: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
        """Return a noisy copy."""
        turned = random.random(bits.shape, dtype=np.float32) < np.where(bits > 0, self.off, self.on)
        return np.where(turned, 1 - bits, bits)


QUIET = Noise(off=0.0, on=0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Learning:
    """How learning went for each machine.

    Attributes:
        cycles: Learning cycles that were run, int (machines,).
        reached: Whether the goal was reached (machines,); False where there was none.
    """

    cycles: NDArray[np.int64]
    reached: NDArray[np.bool_]


class BoltzmannMachine:
    """Independent Boltzmann machines of the same shape, run together; the first units are the visible ones.

    The energy of a state of 0 and 1 is E = -sum_(i<j) w_ij s_i s_j - sum_i b_i s_i; a bias is the negative of the
    paper's threshold. In equilibrium at temperature T a state has a probability proportional to exp(-E / T).

    Args:
        visible: Visible units, at least 1.
        hidden: Hidden units, 0 or more.
        mask: bool (units, units), symmetric: which units are connected; the diagonal tells which have a bias. None
            connects all; see ``connectivity``.
        machines: How many independent machines.
        annealing: The schedule by which equilibrium is approached.
        seed: The run's seed.

    Attributes:
        table: Weights and, on the diagonal, biases: float32 (machines, units, units); 0 at first. A bias is the weight
            of a unit with itself, as its state is its own square.
        random: Where chance comes from.

    Raises:
        UsageError: If a number or the mask is not as described.

    Source:
        Ackley, Hinton and Sejnowski, A learning algorithm for Boltzmann machines, 1985.

    Example:
        >>> machine = BoltzmannMachine(visible=2, hidden=1)
        >>> machine.set_weights(np.array([[0, 3, 0], [3, 0, 0], [0, 0, 0]]), biases=np.array([-1, -1, 0]))
        >>> machine.energy([[[1, 1, 0], [1, 0, 0]]]).tolist()
        [[-1.0, 1.0]]
    """

    def __init__(
        self,
        *,
        visible: int,
        hidden: int = 0,
        mask: ArrayLike | None = None,
        machines: int = 1,
        annealing: Annealing | None = None,
        seed: int = 0,
    ) -> None:
        if visible < 1 or hidden < 0 or machines < 1:
            raise UsageError(
                f"A Boltzmann machine needs at least 1 visible unit, 0 or more hidden ones and at least 1 machine; "
                f"received {visible}, {hidden} and {machines}."
            )
        self.visible, self.hidden, self.machines = visible, hidden, machines
        self.units = visible + hidden
        self.mask = _checked_mask(mask, self.units)
        self.annealing = annealing or Annealing()
        self.random = generator(seed, "boltzmann machine")
        self.table = np.zeros((machines, self.units, self.units), np.float32)

    @property
    def weights(self) -> NDArray[np.float32]:
        """A copy of the weights (machines, units, units)."""
        return self.table * ~np.eye(self.units, dtype=bool)

    @property
    def biases(self) -> NDArray[np.float32]:
        """A copy of the biases (machines, units)."""
        return self.table.diagonal(axis1=1, axis2=2).copy()

    @property
    def temperature(self) -> float:
        """The temperature of equilibrium: the last one of the annealing."""
        return self.annealing.temperature

    def set_weights(self, weights: ArrayLike, *, biases: ArrayLike) -> None:
        """Set the weights of all machines.

        Args:
            weights: Symmetric (units, units) or (machines, units, units); the diagonal is ignored, and what the mask
                leaves out becomes 0.
            biases: (units,) or (machines, units).

        Raises:
            UsageError: If the weights are not symmetric.
        """
        table = np.broadcast_to(np.asarray(weights, np.float32), self.table.shape).copy()
        if not np.array_equal(table, table.transpose(0, 2, 1)):
            raise UsageError("The weights of a Boltzmann machine must be symmetric; received some that are not.")
        unit = np.arange(self.units)
        table[:, unit, unit] = np.asarray(biases, np.float32)
        self.table = table * self.mask

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return the energy of states of 0 and 1, (machines, n, units) or (n, units) for all alike: (machines, n)."""
        bits = np.asarray(states, np.float32)
        fields = bits @ self.table
        doubled: NDArray[np.float64] = ((fields + self.biases[:, None]) * bits).sum(axis=-1, dtype=np.float64)
        return -0.5 * doubled

    def fit(
        self,
        vectors: ArrayLike,
        *,
        cycles: int,
        step: Step = "sign",
        rate: float = 2.0,
        annealings: int = 2,
        noise: Noise | None = None,
        until: Callable[[BoltzmannMachine], NDArray[np.bool_]] | None = None,
    ) -> Learning:
        """Learn to produce vectors on the visible units; the defaults are the paper's.

        Each cycle clamps every vector ``annealings`` times and counts how often units are on together, lets the machine
        run freely as often and counts again, and moves each weight by the difference p - p'.

        Args:
            vectors: 0 and 1, (n, visible), all equally likely.
            cycles: The most learning cycles.
            step: ``"sign"``: weights move by ``rate`` in the direction of p - p'; ``"gradient"``: by ``rate`` times it.
            rate: How far, greater than 0.
            annealings: How often each vector is clamped in a cycle, at least 1.
            noise: Of clamping; None for the paper's.
            until: The goal: from machines to which of them have reached it; those learn no further.

        Returns:
            How learning went.

        Raises:
            UsageError: If a number, a name or a shape is wrong.
            DataError: If the vectors are not of 0 and 1.
        """
        bits = self._bits(vectors)
        if cycles < 1 or annealings < 1 or not rate > 0 or step not in get_args(Step):
            raise UsageError(
                f"Learning needs at least 1 cycle and annealing, a rate greater than 0 and a step of sign or gradient; "
                f"received {cycles}, {annealings}, {rate} and '{step}'."
            )
        result = Learning(cycles=np.zeros(self.machines, np.int64), reached=np.zeros(self.machines, bool))
        live, moving = np.arange(self.machines), self.select(range(self.machines))
        for cycle in range(1, cycles + 1):
            change = moving.gradient(bits, annealings=annealings, noise=noise or Noise())
            moving.table += rate * (np.sign(change) if step == "sign" else change).astype(np.float32)
            self.table[live], result.cycles[live] = moving.table, cycle
            if until is None:
                continue
            done = until(moving)
            result.reached[live] = done
            if done.all():
                break
            live, moving = live[~done], moving.select(np.flatnonzero(~done)) if done.any() else moving
        return result

    def gradient(self, vectors: ArrayLike, *, annealings: int = 2, noise: Noise | None = None) -> NDArray[np.float64]:
        """Return p - p', estimated by annealing: (machines, units, units), the biases' on the diagonal.

        Args:
            vectors: 0 and 1, (n, visible), all equally likely.
            annealings: How often each vector is clamped; the machine runs freely n times as often.
            noise: Of clamping; None for none.
        """
        bits = np.repeat(self._bits(vectors), annealings, axis=0)
        start = np.zeros((self.machines, len(bits), self.units), np.float32)
        free = self._settle(start.copy(), clamped=0)
        start[:, :, : self.visible] = (noise or QUIET).apply(
            np.broadcast_to(bits, (self.machines, *bits.shape)), self.random
        )
        return (co_occurrence(self._settle(start, clamped=self.visible)) - co_occurrence(free)) * self.mask

    def exact_gradient(self, vectors: ArrayLike, *, noise: Noise | None = None) -> NDArray[np.float64]:
        """Return p - p' by summing over all states.

        Divided by the temperature it is the slope of the mean log-likelihood of the vectors.

        Args:
            vectors: 0 and 1, (n, visible), all equally likely.
            noise: Of clamping; None for none.

        Returns:
            float64 (machines, units, units), the biases' on the diagonal.

        Raises:
            UsageError: If there are more than 20 units.
        """
        states = all_states(self.units)
        weights = -self.energy(states) / self.temperature
        free = np.exp(weights - log_sum_exp(weights)[:, None])
        # A clamped state has the probability of its visible part among the vectors times that of its hidden part.
        by_hidden = weights.reshape(self.machines, 2**self.hidden, -1)
        hidden = np.exp(by_hidden - log_sum_exp(by_hidden.transpose(0, 2, 1))[:, None])
        clamped = (hidden * self._wanted(vectors, noise or QUIET)).reshape(free.shape)
        wide = states.astype(np.float64)
        change: NDArray[np.float64] = np.einsum("ms,si,sj->mij", clamped - free, wide, wide, optimize=True)
        return change * self.mask

    def log_likelihood(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Return the exact log-probability of each vector in nats, (machines, n), for at most 20 units."""
        by_hidden = (-self.energy(all_states(self.units)) / self.temperature).reshape(self.machines, 2**self.hidden, -1)
        shares = log_sum_exp(by_hidden.transpose(0, 2, 1))
        found: NDArray[np.float64] = (shares - log_sum_exp(shares)[:, None])[:, self._numbers(self._bits(vectors))]
        return found

    def divergence(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Return the paper's G (machines,) in nats: 0 where the machine, running freely, produces just the vectors."""
        bits = self._bits(vectors)
        wanted = self._wanted(bits, QUIET)[self._numbers(bits)]
        divergence: NDArray[np.float64] = (np.log(wanted) - self.log_likelihood(bits)).mean(axis=1)
        return divergence

    def hidden_codes(self, vectors: ArrayLike) -> NDArray[np.int8]:
        """Return the most probable hidden state for each clamped vector, int8 (machines, n, hidden), exactly."""
        bits, states = self._bits(vectors), all_states(self.hidden)
        outer, inner = self.table[:, : self.visible, self.visible :], self.table[:, self.visible :, self.visible :]
        own = inner.diagonal(axis1=1, axis2=2)[:, None]
        alone = 0.5 * ((states @ inner + own) * states).sum(axis=-1)
        goodness = bits @ outer @ states.T + alone[:, None]
        codes: NDArray[np.int8] = states[goodness.argmax(axis=-1)].astype(np.int8)
        return codes

    def sample(self, *, clamped: ArrayLike | None = None, chains: int = 1) -> NDArray[np.int8]:
        """Return states after an annealing, int8 (machines, chains, units).

        Args:
            clamped: 0 and 1 for units that are held, NaN for those that are free, (units,) or (chains, units) with the
                same units free in every chain; None for all free.
            chains: How many, if nothing is clamped or one row is.

        Raises:
            UsageError: If shapes differ, or if rows hold different units.
        """
        held = np.full((chains, self.units), np.nan) if clamped is None else np.atleast_2d(np.asarray(clamped, float))
        free = np.isnan(held)
        if held.shape[1] != self.units or (free != free[0]).any():
            raise UsageError(
                f"Clamped units must be (chains, {self.units}) with NaN for the same free units in every row; "
                f"received {held.shape}."
            )
        held = held if len(held) > 1 else held.repeat(chains, axis=0)
        start = np.empty((self.machines, *held.shape), np.float32)
        start[:] = np.nan_to_num(held)
        brief = replace(self.annealing, counting=1)
        settle(self.table, start, free=np.flatnonzero(free[0]), annealing=brief, random=self.random)
        return start.astype(np.int8)

    def select(self, machines: Iterable[int]) -> Self:
        """Return some of the machines as machines of their own, which share only the source of chance."""
        numbers = np.array(list(machines), np.intp)
        chosen = type(self)(
            visible=self.visible,
            hidden=self.hidden,
            mask=self.mask,
            machines=len(numbers),
            annealing=self.annealing,
        )
        chosen.random, chosen.table = self.random, self.table[numbers]
        return chosen

    def _settle(self, states: NDArray[np.float32], *, clamped: int) -> NDArray[np.float32]:
        free = np.arange(clamped, self.units)
        return settle(self.table, states, free=free, annealing=self.annealing, random=self.random)

    def _bits(self, vectors: ArrayLike) -> NDArray[np.float32]:
        bits = np.asarray(vectors, np.float32)
        if bits.ndim != 2 or bits.shape[1] != self.visible or not len(bits):
            raise UsageError(f"Vectors must have the shape (n, {self.visible}); received {bits.shape}.")
        if not np.isin(bits, (0, 1)).all():
            raise DataError("The vectors of a Boltzmann machine must hold only 0 and 1; found another number.")
        return bits

    def _numbers(self, bits: NDArray[np.float32]) -> NDArray[np.int64]:
        numbers: NDArray[np.int64] = (bits.astype(np.int64) << np.arange(self.visible)).sum(axis=1)
        return numbers

    def _wanted(self, vectors: ArrayLike, noise: Noise) -> NDArray[np.float64]:
        """Return the probability with which each visible state is clamped (2**visible,)."""
        bits = self._bits(vectors)[:, None, :]
        states = all_states(self.visible)
        stays = np.where(bits > 0, 1 - noise.off, 1 - noise.on)
        wanted: NDArray[np.float64] = np.where(states == bits, stays, 1 - stays).prod(axis=2).mean(axis=0)
        return wanted


def _checked_mask(mask: ArrayLike | None, units: int) -> NDArray[np.bool_]:
    array = np.ones((units, units), bool) if mask is None else np.asarray(mask)
    if array.dtype != bool or array.shape != (units, units) or (array != array.T).any():
        raise UsageError(
            f"The mask must be boolean, symmetric and of the shape ({units}, {units}); "
            f"received {array.dtype} of shape {array.shape}."
        )
    return array
