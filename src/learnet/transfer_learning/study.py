"""What is learnt and measured from a dataset's features: the split, the head, its calibration, and the evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError
from learnet.data import Finding, Part, merge_groups, near_duplicate_groups, photo_findings, split, stack_hashes
from learnet.data.dataset import count
from learnet.evaluation import measure
from learnet.transfer_learning.baselines import foreign_auroc, measure_baselines
from learnet.transfer_learning.extraction import arrange
from learnet.transfer_learning.head import solve_head

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.data import Dataset, Skipped
    from learnet.evaluation import BaselineRow, Metrics
    from learnet.transfer_learning.extraction import Features
    from learnet.transfer_learning.head import HeadResult
    from learnet.transfer_learning.run import Stopwatch, TransferConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A solved and measured head. Photos are those that could be used, ``n`` of them.

    Attributes:
        dataset: The usable photos.
        found: Files found in all; ``found = n + len(skipped)``.
        skipped: Files that were not used, and why.
        parts: int8 ``(n,)``, the ``Part`` of each photo.
        findings: What the owner of the photos should know.
        fingerprint: SHA-256 over contents, classes and parts.
        solved: The head, its calibration, and where "not sure" begins.
        foreign_auroc: How well the top probability tells known from unknown classes; None with too few classes.
        test: int ``(m,)``, which photos test, in the order of ``probabilities``.
        probabilities: float32 ``(m, k)`` of the test part.
        metrics: What they are worth.
        baselines: Simple methods on the same features.
        computed: How many photos went through the backbone; the others came from the cache.
    """

    dataset: Dataset
    found: int
    skipped: tuple[Skipped, ...]
    parts: np.ndarray
    findings: tuple[Finding, ...]
    fingerprint: str
    solved: HeadResult
    foreign_auroc: float | None
    test: np.ndarray
    probabilities: np.ndarray
    metrics: Metrics
    baselines: tuple[BaselineRow, ...]
    computed: int


def study(
    dataset: Dataset, features: Features, *, config: TransferConfig, progress: Progress, watch: Stopwatch
) -> Study:
    """Split the usable photos, solve the head on the training part and measure it on the test part.

    Args:
        dataset: All photos.
        features: What the pass over them gave; its values are reordered in place.
        config: What was asked.
        progress: Where to tell how it goes.
        watch: Books the time.

    Raises:
        DataError: If the usable photos cannot make a classifier.
    """
    usable = np.flatnonzero(features.usable)
    used = _without_empty_classes(dataset.subset(usable), features)
    facts = [fact for fact in features.facts if fact is not None]
    copies = near_duplicate_groups(stack_hashes(facts), features.digests[usable])
    together = _together(used, copies)
    parts = split(
        used.labels,
        seed=config.seed,
        names=used.names(),
        class_names=used.class_names,
        parts=used.parts,
        groups=together,
        test_fraction=config.test_fraction,
        train_per_class=config.train_per_class,
    )
    findings = photo_findings(used, facts, digests=features.digests[usable], copies=copies)
    watch.lap("split and check")

    train, val, test = (np.flatnonzero(parts == part) for part in (Part.TRAIN, Part.VAL, Part.TEST))
    order = np.concatenate([train, val, test])
    arrange(features.values, np.concatenate([usable[order], np.flatnonzero(~features.usable)]))
    values, labels, classes = features.values[: len(order)], used.labels[order], len(used.class_names)
    rows = np.split(np.arange(len(order)), [len(train), len(train) + len(val)])
    solved = solve_head(
        values,
        labels,
        classes=classes,
        rows=rows[Part.TRAIN],
        validation_rows=rows[Part.VAL],
        groups=together[order],
        balance=config.balance,
        seed=config.seed,
        progress=progress,
    )
    watch.lap("solve the head")
    probabilities = solved.head.probabilities(values, rows=rows[Part.TEST])
    metrics = measure(probabilities, used.labels[test], seed=config.seed, class_count=classes)
    baselines = measure_baselines(
        values,
        labels,
        classes=classes,
        train_rows=rows[Part.TRAIN],
        test_rows=rows[Part.TEST],
        seed=config.seed,
        progress=progress,
    )
    foreign = foreign_auroc(
        values,
        labels,
        classes=classes,
        train_rows=rows[Part.TRAIN],
        test_rows=rows[Part.TEST],
        l2=solved.head.l2,
        seed=config.seed,
    )
    watch.lap("measure it and the baselines")
    return Study(
        dataset=used,
        found=dataset.found,
        skipped=(*dataset.skipped, *features.skipped),
        parts=parts,
        findings=findings,
        fingerprint=_fingerprint(used, features.digests[usable], parts),
        solved=solved,
        foreign_auroc=foreign,
        test=test,
        probabilities=probabilities,
        metrics=metrics,
        baselines=baselines,
        computed=features.computed,
    )


def _without_empty_classes(used: Dataset, features: Features) -> Dataset:
    """Leave out classes of which no photo can be used, and say so in the dataset's notices."""
    counts = np.bincount(used.labels, minlength=len(used.class_names))
    kept = np.flatnonzero(counts)
    if len(kept) < 2:
        reasons = "; ".join(f"{item.path}: {item.reason}" for item in features.skipped[:3])
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


def _together(used: Dataset, copies: np.ndarray) -> np.ndarray:
    """Return group numbers, int ``(n,)``: copies of each other, and photos of one given group, are together."""
    if used.groups is None:
        return copies
    return merge_groups(copies, np.unique(np.asarray(used.groups), return_inverse=True)[1])


def _fingerprint(used: Dataset, digests: np.ndarray, parts: np.ndarray) -> str:
    """Return the SHA-256 over each photo's content, class and part, independent of names and order."""
    rows = sorted(
        digest.tobytes() + bytes([part]) + used.class_names[label].encode("utf-8", "surrogateescape")
        for digest, part, label in zip(digests, parts, used.labels, strict=True)
    )
    whole = hashlib.sha256()
    for row in rows:
        whole.update(hashlib.sha256(row).digest())
    return whole.hexdigest()
