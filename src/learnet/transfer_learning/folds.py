"""Cross-validation folds: every class in every fold, copies together, no class without photos to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = -1  # the fold of rows that are never held out


def assign_folds(
    labels: NDArray[np.integer[Any]],
    *,
    folds: int,
    seed: int,
    groups: NDArray[np.integer[Any]] | None = None,
) -> NDArray[np.int8]:
    """Assign rows to folds, stratified by class.

    Rows of one group share a fold. Rows whose class would have nothing left to learn from are never held out: a class
    with a single group stays in training always.

    Args:
        labels: int (n,), 0 or greater.
        folds: How many, 2 to 127.
        seed: The run's seed.
        groups: Ids of what belongs together, int (n,); each row by itself if not given.

    Returns:
        int8 (n,), 0..folds-1, or -1 for rows that always stay in training.

    Example:
        >>> assign_folds(np.array([0, 0, 0, 0, 1, 1, 2]), folds=2, seed=0)[-1]
        np.int8(-1)
    """
    ids = np.arange(len(labels)) if groups is None else groups
    _, first, member, size = np.unique(ids, return_index=True, return_inverse=True, return_counts=True)
    kind = labels[first]
    lonely = np.bincount(kind)[kind] < 2 if len(kind) else np.zeros(0, bool)
    order = np.lexsort((generator(seed, "folds").random(len(kind)), -size, kind))
    order = order[~lonely[order]]
    fold = np.full(len(kind), KEPT, np.int8)
    fold[order] = np.arange(len(order)) % folds
    while (starved := _starved(fold[member], labels, folds)).any():
        fold[member[starved]] = KEPT
    return fold[member]


def _starved(fold: NDArray[np.int8], labels: NDArray[np.integer[Any]], folds: int) -> NDArray[np.bool_]:
    """Return which held-out rows belong to a class that their fold takes out of training altogether (mixed groups)."""
    classes = int(labels.max(initial=0)) + 1
    held = fold != KEPT
    taken = np.bincount(labels[held] * folds + fold[held], minlength=classes * folds).reshape(classes, folds)
    empty = taken == np.bincount(labels, minlength=classes)[:, None]
    starved: NDArray[np.bool_] = held & empty[labels, fold]
    return starved
