"""Which units of a Boltzmann machine are connected, and the paper's encoder problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError
from learnet.energy.boltzmann import BoltzmannMachine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from learnet.energy.annealing import Annealing


def connectivity(groups: Mapping[str, int], *, apart: Iterable[tuple[str, str]] = ()) -> NDArray[np.bool_]:
    """Return the mask of a machine whose units stand in groups, all connected but for some pairs of groups.

    Args:
        groups: Units of each group, in order.
        apart: Pairs of groups without connections between them; a group with itself has none inside.

    Returns:
        bool (units, units), symmetric; the diagonal, for biases, is True.

    Raises:
        UsageError: If a pair names an unknown group.

    Example:
        >>> connectivity({"in": 1, "out": 1, "hidden": 1}, apart=[("in", "out")]).astype(int).tolist()
        [[1, 0, 1], [0, 1, 1], [1, 1, 1]]
    """
    ends = np.cumsum(list(groups.values()))
    where = {name: slice(end - size, end) for (name, size), end in zip(groups.items(), ends, strict=True)}
    mask = np.ones((ends[-1], ends[-1]), bool)
    for one, other in apart:
        if one not in where or other not in where:
            raise UsageError(f"Groups {one} and {other} cannot be kept apart; there are {', '.join(where)}.")
        mask[where[one], where[other]] = mask[where[other], where[one]] = False
    np.fill_diagonal(mask, val=True)
    return mask


def encoder(
    inputs: int, hidden: int, *, machines: int = 1, annealing: Annealing | None = None, seed: int = 0
) -> tuple[BoltzmannMachine, NDArray[np.float32]]:
    """Return machines for the paper's encoder problem, and its vectors.

    Two groups of visible units, which are not connected to each other, must agree which one of their units is on; all
    they have to tell it is a few hidden units.

    Args:
        inputs: Units of each visible group, at least 2.
        hidden: Hidden units; log2(inputs) is enough.
        machines: How many independent machines.
        annealing: The schedule; None for the paper's.
        seed: The run's seed.

    Returns:
        The machines, and the vectors float32 (inputs, 2 x inputs).

    Example:
        >>> machine, vectors = encoder(4, 2)
        >>> vectors[1].tolist(), int(machine.mask[:4, 4:8].sum())
        ([0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0)
    """
    mask = connectivity({"V1": inputs, "V2": inputs, "hidden": hidden}, apart=[("V1", "V2")])
    machine = BoltzmannMachine(
        visible=2 * inputs, hidden=hidden, mask=mask, machines=machines, annealing=annealing, seed=seed
    )
    return machine, np.tile(np.eye(inputs, dtype=np.float32), 2)


def distinct_codes(machine: BoltzmannMachine, vectors: ArrayLike) -> NDArray[np.bool_]:
    """Return which machines give every vector its own hidden code (machines,)."""
    codes = machine.hidden_codes(vectors).astype(np.int64)
    numbers = np.sort((codes << np.arange(machine.hidden)).sum(axis=2), axis=1)
    return np.asarray((np.diff(numbers, axis=1) > 0).all(axis=1))
