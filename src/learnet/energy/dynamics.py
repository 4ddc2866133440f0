"""How the units of many copies of a network move until they rest: one unit at a time, or all at once.

Both functions move a crowd of cues, each in its own network, on flat arrays; ``hopfield.py`` gives them their shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.energy.patterns import Coding


@dataclass(frozen=True, kw_only=True, eq=False)
class Landscape:
    """The networks in which cues move.

    Attributes:
        weights: Symmetric with a zero diagonal, (networks, units, units).
        threshold: The field above which a unit turns on.
        coding: The numbers of on and off.
    """

    weights: NDArray[np.floating]
    threshold: float
    coding: Coding

    def fields(self, spins: NDArray[np.float32], network: NDArray[np.intp]) -> NDArray[np.floating]:
        """Return what each unit receives, less its threshold.

        Args:
            spins: -1 and +1, (cues, units); the cues of a network stand together.
            network: The network of each cue (cues,), rising.
        """
        levels = self.coding.levels(spins).astype(self.weights.dtype, copy=False)
        fields = np.empty(spins.shape, self.weights.dtype)
        ends = np.searchsorted(network, np.arange(len(self.weights) + 1))
        for number, weights in enumerate(self.weights):
            part = slice(ends[number], ends[number + 1])
            np.matmul(levels[part], weights, out=fields[part])
        if self.threshold:
            fields -= self.threshold
        return fields

    def energies(self, spins: NDArray[np.float32], network: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return -1/2 s W s + U sum(s) of each cue (cues,), Hopfield's equation 7 with its thresholds."""
        levels = self.coding.levels(spins).astype(np.float64)
        # The fields hold the threshold once; half of it has to be given back.
        half: NDArray[np.float64] = -0.5 * np.einsum("cu,cu->c", levels, self.fields(spins, network))
        half += 0.5 * self.threshold * levels.sum(axis=1)
        return half


@dataclass(kw_only=True, eq=False)
class Movement:
    """What happened to every cue.

    Attributes:
        spins: Where it ended, (cues, units).
        rested: Whether no unit wants to change any more (cues,).
        updates: Unit updates until it rested or was stopped (cues,), those that changed nothing included.
        flips: Units turned over (cues,).
        energies: Energy before and after each change (cues, changes + 1), the last one repeated; or None.
        units: The unit that was turned over at each change, -1 after the last, (cues, changes); or None.
    """

    spins: NDArray[np.float32]
    rested: NDArray[np.bool_]
    updates: NDArray[np.int64]
    flips: NDArray[np.int64]
    energies: NDArray[np.float64] | None = None
    units: NDArray[np.int32] | None = None


def move_singly(
    land: Landscape,
    spins: NDArray[np.float32],
    network: NDArray[np.intp],
    *,
    random: np.random.Generator,
    limit: int,
    trace: bool,
) -> Movement:
    """Update units one at a time, each time one drawn at random, until all agree with their fields.

    Drawing a unit that agrees with its field changes nothing, and the next one is drawn afresh. So the unit of the next
    change is one of the disagreeing units, all equally likely, after a geometric number of draws. Only the changes are
    computed, for all cues at once; each adds one row of weights to the fields.
    """
    home = Movement(
        spins=spins.copy(),
        rested=np.zeros(len(spins), bool),
        updates=np.zeros(len(spins), np.int64),
        flips=np.zeros(len(spins), np.int64),
    )
    record = _Record(land.energies(spins, network)) if trace else None
    units = spins.shape[1]
    fields, live, moving = land.fields(spins, network), np.arange(len(spins)), spins.copy()
    rows = np.empty_like(fields)  # large arrays that are made anew for each change would cost more than the sums
    while live.size:
        wrong, ends = _disagreeing(moving, fields, rows[: len(live)])
        count = np.diff(ends)
        home.rested[live] = count == 0
        draws = home.updates[live] + random.geometric(np.maximum(count, 1) / units)
        going = (count > 0) & (draws <= limit)
        if not going.all():
            home.spins[live[~going]] = moving[~going]
            live, moving, fields, draws, count = (part[going] for part in (live, moving, fields, draws, count))
        row = np.arange(len(live))
        unit = wrong[ends[:-1][going] + random.integers(0, count)] % units
        change = -land.coding.span * moving[row, unit]
        if record is not None and live.size:
            record.add(live, unit, -change * fields[row, unit].astype(np.float64))
        added = land.weights.reshape(-1, units).take(network[live] * units + unit, axis=0, out=rows[: len(live)])
        added *= change[:, None]
        fields += added
        moving[row, unit] *= -1
        home.updates[live] = draws
        home.flips[live] += 1
    if record is not None:
        home.energies, home.units = record.tables()
    return home


def _disagreeing(
    spins: NDArray[np.float32], fields: NDArray[np.floating], room: NDArray[np.floating]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the flat numbers of all units that disagree with their fields, and where each cue's begin and end."""
    np.multiply(spins, fields, out=room)
    wrong = np.flatnonzero(room < 0)
    return wrong, np.searchsorted(wrong, np.arange(len(spins) + 1) * spins.shape[1])


def move_together(
    land: Landscape, spins: NDArray[np.float32], network: NDArray[np.intp], *, limit: int, trace: bool
) -> Movement:
    """Update all units at once, again and again, until nothing changes or two states take turns."""
    cues, units = spins.shape
    now, before = spins.copy(), np.zeros_like(spins)
    updates, flips = np.zeros(cues, np.int64), np.zeros(cues, np.int64)
    rested, live = np.zeros(cues, bool), np.arange(cues)
    energies = [land.energies(now, network)] if trace else []
    for _ in range(limit // units):
        fields = land.fields(now[live], network[live])
        new = np.where(fields == 0, now[live], np.sign(fields)).astype(np.float32)
        changed = (new != now[live]).sum(axis=1)
        rested[live] = changed == 0
        going = changed > 0
        turning = going & (new == before[live]).all(axis=1)
        before[live] = now[live]
        now[live] = new
        updates[live] += units * going
        flips[live] += changed
        live = live[going & ~turning]
        if trace and going.any():
            energies.append(land.energies(now, network))
        if not live.size:
            break
    table = np.stack(energies, axis=1) if trace else None
    return Movement(spins=now, rested=rested, updates=updates, flips=flips, energies=table)


class _Record:
    """Collects the changes of a crowd that shrinks, and lays them out as tables."""

    def __init__(self, start: NDArray[np.float64]) -> None:
        self._start = start
        self._steps: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]] = []

    def add(self, live: NDArray[np.intp], unit: NDArray[np.intp], rise: NDArray[np.float64]) -> None:
        self._steps.append((live, unit, rise))

    def tables(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        shape = len(self._start), len(self._steps)
        units, rises = np.full(shape, -1, np.int32), np.zeros(shape)
        for number, (live, unit, rise) in enumerate(self._steps):
            units[live, number] = unit
            rises[live, number] = rise
        energies = self._start[:, None] + np.concatenate([np.zeros((shape[0], 1)), rises.cumsum(axis=1)], axis=1)
        return energies, units
