"""What a step of colouring is fed: photos, mirrored and shifted, and the colours of their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.colour import chroma
from learnet.training import Batch, Feed, augment, in_order, shuffled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from learnet.applications.colourise.grid import ColourGrid
    from learnet.training import TrainingConfig

    Targets = Callable[[NDArray[np.uint8]], NDArray[Any]]


def targets_of(grid: ColourGrid | None) -> Targets:
    """Return the function from photos to what a network should answer: places in the grid, or U and V without one."""
    if grid is None:
        return chroma
    return lambda images: grid.answers(chroma(images))


def training_feed(images: NDArray[np.uint8], *, grid: ColourGrid | None, config: TrainingConfig) -> Feed:
    """Return training photos in shuffled batches.

    Args:
        images: uint8 RGB ``(n, h, w, 3)``, never changed.
        grid: Of a classification network; None for regression.
        config: Batch size, augmentation, seed.
    """
    answer = targets_of(grid)

    def make(rows: NDArray[np.int64], random: np.random.Generator, _epoch: int) -> Batch:
        nothing = np.zeros((len(rows), 1), np.float32)
        photos, _ = augment(images[rows], nothing, how=config.augmentation, random=random)
        return _batch(photos, answer, rows)

    return Feed(plan=shuffled(len(images), batch_size=config.batch_size, seed=config.seed), make=make, seed=config.seed)


def checking_feed(images: NDArray[np.uint8], *, grid: ColourGrid | None, batch_size: int) -> Feed:
    """Return validation photos in batches: as they are, in order."""
    answer = targets_of(grid)
    return Feed(
        plan=in_order(len(images), batch_size=batch_size),
        make=lambda rows, *_: _batch(np.ascontiguousarray(images[rows]), answer, rows),
        seed=0,
    )


def _batch(photos: NDArray[np.uint8], answer: Targets, rows: NDArray[np.int64]) -> Batch:
    return Batch(inputs=photos, targets=answer(photos), weights=np.ones(len(rows), np.float32), rows=rows)
