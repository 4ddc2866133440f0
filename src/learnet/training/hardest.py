"""Which examples an epoch takes where it does not take all: those with the largest loss when they were last seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Hardest:
    """The loss of each example when it was last seen, and by it the plan of an epoch.

    Each epoch draws all examples in another order and takes of every few of them the hardest. One that is passed over
    keeps its loss while those of the others fall, so that its turn comes.

    Args:
        count: Examples.
        batch_size: Of them a step takes at most.
        share: Of them an epoch takes, in (0, 1].
        seed: The orders come from it.

    Attributes:
        visits: int ``(count,)``: how often each example had been seen when the epoch began.

    Source:
        Jiang and others, Accelerating Deep Learning by Focusing on the Biggest Losers, 2019, section 3, with losses of
        earlier epochs instead of a forward pass that chooses; Jordan, github.com/KellerJordan/cifar10-airbench, takes
        the hardest half of each batch likewise.

    Example:
        >>> hardest = Hardest(4, batch_size=2, share=0.5, seed=0)
        >>> first = hardest.plan(0)[0]  # nothing is known yet: any
        >>> hardest.note(first, np.float32([0.1, 3.0]))
        >>> hardest.begin_epoch()
        >>> sorted(hardest.plan(1)[0]) == sorted(set(range(4)) - set(first))  # what was never seen comes first
        True
    """

    def __init__(self, count: int, *, batch_size: int, share: float, seed: int) -> None:
        self._batch_size, self._share, self._seed = batch_size, share, seed
        self._known = np.full(count, np.inf, np.float32)
        self._new = np.full(count, np.nan, np.float32)  # of this epoch: its plan does not change while it goes on
        self.visits = np.zeros(count, np.int32)

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """Return the rows of each batch."""
        order = generator(self._seed, f"order {epoch}").permutation(len(self._known))
        steps = math.ceil(len(order) * self._share / self._batch_size)
        return [self._hardest_of(drawn) for drawn in np.array_split(order, steps)]

    def note(self, rows: NDArray[np.int64], losses: NDArray[np.float32]) -> None:
        """Keep the losses of examples that a step has seen."""
        self._new[rows] = losses

    def begin_epoch(self) -> None:
        """Let what was noted count."""
        seen = ~np.isnan(self._new)
        self._known[seen] = self._new[seen]
        self.visits[seen] += 1
        self._new[:] = np.nan

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return copies of all that changes."""
        return {"known": self._known.copy(), "new": self._new.copy(), "visits": self.visits.copy()}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Put back what ``state`` returned."""
        for name, mine in (("known", self._known), ("new", self._new), ("visits", self.visits)):
            mine[:] = state[name]

    def _hardest_of(self, drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        take = min(self._batch_size, math.ceil(len(drawn) * self._share))
        return drawn[np.argsort(-self._known[drawn], kind="stable")[:take]]
