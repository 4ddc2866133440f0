"""Hopfield's associative memory: patterns are valleys of an energy, and a corrupted cue rolls into the nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from learnet.core import UsageError, generator
from learnet.energy.dynamics import Landscape, move_singly, move_together
from learnet.energy.patterns import CODINGS
from learnet.energy.rules import RULES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Update = Literal["asynchronous", "synchronous"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Recall:
    """What cues became; every array starts with the axes of the cues.

    Attributes:
        states: Where each cue ended, int8, the shape of the cues.
        energy: The energy there, float64.
        rested: Whether no unit wants to change any more; False if stopped, or if two states take turns.
        updates: Unit updates that it took, those that changed nothing included.
        flips: Units turned over on the way.
        energies: The energy before and after each change, the last one repeated (..., changes + 1); None unless traced.
        units: The unit of each change by its number in the flattened pattern, -1 after the last (..., changes); None
            unless traced, and where all units change at once.
    """

    states: NDArray[np.int8]
    energy: NDArray[np.float64]
    rested: NDArray[np.bool_]
    updates: NDArray[np.int64]
    flips: NDArray[np.int64]
    energies: NDArray[np.float64] | None
    units: NDArray[np.int32] | None


class Hopfield:
    """A network of two-state units, each connected to every other, or many independent ones of the same size.

    A unit turns on if its field, the weighted sum of the others, is above the threshold, off if below, and stays as it
    is if equal. The energy -1/2 s W s + U sum(s) never rises when units change one at a time.

    Args:
        rule: How weights are learned: ``"hebb"``, ``"clipped"``, ``"storkey"`` or ``"pseudo-inverse"`` (``RULES``).
            Hebb's weights are not divided by the number of units.
        coding: ``"bipolar"``: states are -1 and +1; ``"binary"``: 0 and 1, as in the paper. Both learn the same
            weights, from 2 V - 1.
        threshold: U, of every unit.
        networks: None for one network; a number for so many independent ones, whose axis then comes first in patterns
            and cues.

    Attributes:
        weights: Symmetric with a zero diagonal (units, units), or (networks, units, units), after ``fit``.
        patterns: What was learned, int8.

    Raises:
        UsageError: If a name is unknown or the number of networks below 1.

    Source:
        Hopfield, Neural networks and physical systems with emergent collective computational abilities, 1982.

    Example:
        >>> from learnet.energy import corrupt, random_patterns
        >>> patterns = random_patterns(5, 100)
        >>> recall = Hopfield().fit(patterns).recall(corrupt(patterns, flips=15))
        >>> bool((recall.states == patterns).all()), bool(recall.rested.all())
        (True, True)
    """

    def __init__(
        self, *, rule: str = "hebb", coding: str = "bipolar", threshold: float = 0.0, networks: int | None = None
    ) -> None:
        if networks is not None and networks < 1:
            raise UsageError(f"There must be at least 1 network, or None for a single one; received {networks}.")
        self.rule = RULES[rule]
        self.coding = CODINGS[coding]
        self.threshold = threshold
        self.networks = networks
        self.patterns: NDArray[np.int8] | None = None
        self._weights: NDArray[np.floating] | None = None
        self._shape: tuple[int, ...] = ()

    def fit(self, patterns: ArrayLike) -> Self:
        """Learn patterns, forgetting those learned before.

        Args:
            patterns: (patterns, units), or pictures (patterns, height, width), in the network's coding or boolean;
                with ``networks``, that axis first.

        Returns:
            The network itself.

        Raises:
            UsageError: If the shape does not fit.
            DataError: If a number is not of the coding.
        """
        spins = self._spins(patterns)
        self._shape = spins.shape[self._before :]
        self.patterns = self.coding.states(spins)
        self._weights = self.rule.learn(spins.reshape(self.networks or 1, spins.shape[self._before - 1], -1))
        return self

    def set_weights(self, weights: ArrayLike, *, patterns: ArrayLike) -> Self:
        """Take over what a network of the same rule has learned before.

        Args:
            weights: As ``weights`` gave them: symmetric with a zero diagonal; float32 stays.
            patterns: The learned patterns, as ``fit`` takes them.

        Returns:
            The network itself.

        Raises:
            UsageError: If a shape does not fit, or the weights are not symmetric with a zero diagonal.
            DataError: If a number of a pattern is not of the coding.
        """
        spins = self._spins(patterns)
        shape = spins.shape[self._before :]
        array = np.asarray(weights)
        array = array if array.dtype == np.float32 else array.astype(np.float64)
        units = int(np.prod(shape))
        if array.shape != (() if self.networks is None else (self.networks,)) + (units, units):
            raise UsageError(f"Patterns of {units} units need as many weights a unit; received {array.shape}.")
        uneven = np.abs(array - np.swapaxes(array, -1, -2)).max()  # Storkey's rule rounds both sides on its own
        if not uneven <= 1e-6 * np.abs(array).max() or np.einsum("...uu->...u", array).any():
            raise UsageError("The weights of a Hopfield network must be symmetric, with a zero diagonal.")
        self._shape, self.patterns = shape, self.coding.states(spins)
        self._weights = array.reshape(self.networks or 1, units, units)
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes of a pattern; empty before ``fit``."""
        return self._shape

    @property
    def weights(self) -> NDArray[np.floating]:
        """Symmetric with a zero diagonal: (units, units), or (networks, units, units)."""
        weights = self._landscape().weights
        return weights[0] if self.networks is None else weights

    def recall(
        self,
        cues: ArrayLike,
        *,
        update: Update = "asynchronous",
        max_sweeps: int = 100,
        trace: bool = False,
        seed: int = 0,
    ) -> Recall:
        """Let the network settle from each cue.

        Args:
            cues: One pattern, or any number of them in leading axes; with ``networks``, that axis first.
            update: ``"asynchronous"``: one unit at a time, each drawn at random from all units, as in the paper;
                ``"synchronous"``: all units at once, which may end in two states that take turns.
            max_sweeps: Stop a cue after so many updates a unit, at least 1.
            trace: Keep the energy and the unit of every change.
            seed: The run's seed, for the order of the units.

        Returns:
            What the cues became.

        Raises:
            UsageError: If nothing was learned, or a shape, a name or a number is wrong.
            DataError: If a number is not of the coding.
        """
        if update not in get_args(Update):
            raise UsageError(f"Units update asynchronous or synchronous; received '{update}'.")
        if max_sweeps < 1:
            raise UsageError(f"A recall needs at least 1 sweep; received {max_sweeps}.")
        land = self._landscape()
        spins, network, lead = self._flat(cues, what="cues")
        limit = max_sweeps * spins.shape[1]
        if update == "asynchronous":
            random = generator(seed, "hopfield updates")
            end = move_singly(land, spins, network, random=random, limit=limit, trace=trace)
        else:
            end = move_together(land, spins, network, limit=limit, trace=trace)
        return Recall(
            states=self.coding.states(end.spins).reshape(*lead, *self._shape),
            energy=land.energies(end.spins, network).reshape(lead),
            rested=end.rested.reshape(lead),
            updates=end.updates.reshape(lead),
            flips=end.flips.reshape(lead),
            energies=None if end.energies is None else end.energies.reshape(*lead, -1),
            units=None if end.units is None else end.units.reshape(*lead, -1),
        )

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return the energy of states, float64 of the shape of their leading axes.

        Example:
            >>> float(Hopfield().fit([[1, 1, -1]]).energy([1, 1, -1]))
            -3.0
        """
        land = self._landscape()
        spins, network, lead = self._flat(states, what="states")
        return land.energies(spins, network).reshape(lead)

    def unstable_units(self, states: ArrayLike | None = None) -> NDArray[np.int64]:
        """Return how many units of each state want to change; 0 means that the state is a fixed point.

        Args:
            states: As the cues of ``recall``; None for the learned patterns.

        Returns:
            int64, of the shape of the leading axes.
        """
        land = self._landscape()
        asked = self.patterns if states is None else states
        spins, network, lead = self._flat(asked, what="states")  # type: ignore[arg-type]  # fitted: patterns are there
        wrong: NDArray[np.int64] = (spins * land.fields(spins, network) < 0).sum(axis=1).reshape(lead)
        return wrong

    def stable(self, states: ArrayLike | None = None) -> NDArray[np.bool_]:
        """Return which states, or which of the learned patterns, are fixed points."""
        stable: NDArray[np.bool_] = self.unstable_units(states) == 0
        return stable

    @property
    def _before(self) -> int:
        """How many axes patterns have before their units."""
        return 1 if self.networks is None else 2

    def _spins(self, patterns: ArrayLike) -> NDArray[np.float32]:
        spins = self.coding.spins(patterns)
        many = self.networks is not None
        if spins.ndim <= self._before or spins.size == 0 or (many and len(spins) != self.networks):
            wanted = f"({self.networks}, patterns, units)" if many else "(patterns, units)"
            raise UsageError(f"Patterns must have the shape {wanted}, or pictures for units; received {spins.shape}.")
        return spins

    def _landscape(self) -> Landscape:
        if self._weights is None:
            raise UsageError("This Hopfield network has learned nothing yet; call fit with patterns first.")
        return Landscape(weights=self._weights, threshold=self.threshold, coding=self.coding)

    def _flat(self, states: ArrayLike, *, what: str) -> tuple[NDArray[np.float32], NDArray[np.intp], tuple[int, ...]]:
        """Return spins (cues, units), the network of each, and the leading axes."""
        spins = self.coding.spins(states, what=what)
        lead = spins.shape[: max(0, spins.ndim - len(self._shape))]
        if spins.shape[len(lead) :] != self._shape or (self.networks is not None and lead[:1] != (self.networks,)):
            first = () if self.networks is None else (self.networks,)
            raise UsageError(
                f"The {what} must have the axes {(*first, '...', *self._shape)} of the learned patterns; "
                f"received {spins.shape}."
            )
        flat = spins.reshape(-1, int(np.prod(self._shape)))
        networks = self.networks or 1
        return flat, np.repeat(np.arange(networks), len(flat) // networks), lead
