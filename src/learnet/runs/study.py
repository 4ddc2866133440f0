"""What a training has measured, and the steps from usable photos to it that every way of training shares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError
from learnet.data import Finding, merge_groups
from learnet.data.dataset import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.data import Dataset, Skipped
    from learnet.evaluation import BaselineRow, Metrics, Threshold


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A measured classifier. Photos are those that could be used, ``n`` of them.

    Attributes:
        dataset: The usable photos.
        found: Files found in all; ``found = n + len(skipped)``.
        skipped: Files that were not used, and why.
        parts: int8 ``(n,)``, the ``Part`` of each photo.
        findings: What the owner of the photos should know.
        fingerprint: SHA-256 over contents, classes and parts.
        temperature: By which the logits were divided, greater than 0.
        threshold: Where "not sure" begins.
        foreign_auroc: How well the top probability tells known from unknown classes; None where not measured.
        test: int ``(m,)``, which photos test, in the order of ``probabilities``.
        probabilities: float32 ``(m, k)`` of the test part.
        metrics: What they are worth.
        baselines: Simple methods on the same photos.
        computed: How many photos were decoded and computed; the others came from the cache.
    """

    dataset: Dataset
    found: int
    skipped: tuple[Skipped, ...]
    parts: np.ndarray
    findings: tuple[Finding, ...]
    fingerprint: str
    temperature: float
    threshold: Threshold
    foreign_auroc: float | None
    test: np.ndarray
    probabilities: np.ndarray
    metrics: Metrics
    baselines: tuple[BaselineRow, ...]
    computed: int


def without_empty_classes(used: Dataset, skipped: Sequence[Skipped]) -> Dataset:
    """Leave out classes of which no photo can be used, and say so in the dataset's notices.

    Args:
        used: The usable photos.
        skipped: The others, to be named in the error.

    Raises:
        DataError: If fewer than two classes are left.
    """
    counts = np.bincount(used.labels, minlength=len(used.class_names))
    kept = np.flatnonzero(counts)
    if len(kept) < 2:
        reasons = "; ".join(f"{item.path}: {item.reason}" for item in skipped[:3])
        raise DataError(
            f"Usable photos were found of {count(len(kept), 'class')} only; a classifier needs at least two. "
            f"{f'Skipped, for example: {reasons}' if reasons else 'Add photos of another class.'}"
        )
    if len(kept) == len(counts):
        return used
    empty = [name for name, number in zip(used.class_names, counts, strict=True) if not number]
    notices = tuple(Finding("empty class", name, "No photo of it can be used: it is left out.") for name in empty)
    return replace(
        used,
        labels=np.searchsorted(kept, used.labels).astype(np.int32),
        class_names=tuple(used.class_names[label] for label in kept),
        notices=(*used.notices, *notices),
    )


def kept_together(used: Dataset, copies: np.ndarray) -> np.ndarray:
    """Return group numbers, int ``(n,)``: copies of each other, and photos of one given group, are together."""
    if used.groups is None:
        return copies
    return merge_groups(copies, np.unique(np.asarray(used.groups), return_inverse=True)[1])


def fingerprint(used: Dataset, digests: np.ndarray, parts: np.ndarray) -> str:
    """Return the SHA-256 over each photo's content, class and part, independent of names and order.

    Args:
        used: ``n`` photos.
        digests: uint8 ``(n, 32)``, the SHA-256 of each photo's content.
        parts: int8 ``(n,)``, the ``Part`` of each photo.
    """
    rows = sorted(
        digest.tobytes() + bytes([part]) + used.class_names[label].encode("utf-8", "surrogateescape")
        for digest, part, label in zip(digests, parts, used.labels, strict=True)
    )
    whole = hashlib.sha256()
    for row in rows:
        whole.update(hashlib.sha256(row).digest())
    return whole.hexdigest()


def arrange(values: np.ndarray, order: np.ndarray) -> None:
    """Reorder rows in place, so that ``values`` afterwards equals ``values[order]`` before; needs memory for one row.

    Args:
        values: ``(n, …)``, changed.
        order: A permutation of ``range(n)``.

    Example:
        >>> rows = np.array([[10], [11], [12]])
        >>> arrange(rows, np.array([2, 0, 1]))
        >>> rows.ravel().tolist()
        [12, 10, 11]
    """
    done = np.zeros(len(order), bool)
    for start in range(len(order)):
        if done[start]:
            continue
        held, place = values[start].copy(), start
        while not done[place]:
            done[place] = True
            source = int(order[place])
            values[place] = held if source == start else values[source]
            place = source
