"""What is learnt and measured from a dataset's features: the split, the head, its calibration, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.data import Part, near_duplicate_groups, photo_findings, split, stack_hashes
from learnet.evaluation import measure
from learnet.runs import Study, arrange, fingerprint, kept_together, without_empty_classes
from learnet.transfer_learning.baselines import foreign_auroc, measure_baselines
from learnet.transfer_learning.budget import BASELINES, GUESSED, SOLVING
from learnet.transfer_learning.head import HeadResult, solve_head
from learnet.transfer_learning.svm_head import SvmResult, solve_svm_head
from learnet.transfer_learning.timing import BASELINES_SHARE, LAST_SOLUTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import Dataset, Finding, Skipped
    from learnet.evaluation import BaselineRow
    from learnet.options.transfer import TransferConfig
    from learnet.runs import Stopwatch
    from learnet.transfer_learning.budget import Budget
    from learnet.transfer_learning.extraction import Features


@dataclass(frozen=True, kw_only=True, eq=False)
class Divided:
    """The usable photos of a dataset, ``n`` of them, in three parts; rows are first all that train, then the others.

    Attributes:
        dataset: The usable photos.
        found: Files found in all.
        skipped: Files that are not used, and why.
        findings: What the owner of the photos should know.
        parts: int8 ``(n,)``, the ``Part`` of each photo of ``dataset``.
        fingerprint: SHA-256 over contents, classes and parts.
        order: int ``(n,)``, of each row the position of its photo in ``dataset``.
        values: float32 ``(n, d)``, the features of each row.
        labels: int ``(n,)``, the class of each row.
        groups: int ``(n,)``; rows of one number are copies of each other, or belong together.
        digests: uint8 ``(n, 32)``, the SHA-256 of each row's photo.
        computed: How many photos went through the backbone.
    """

    dataset: Dataset
    found: int
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]
    parts: NDArray[np.int8]
    fingerprint: str
    order: NDArray[np.int64]
    values: NDArray[np.float32]
    labels: NDArray[np.int32]
    groups: NDArray[np.int64]
    digests: NDArray[np.uint8]
    computed: int

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.dataset.class_names)

    def rows(self, part: Part) -> NDArray[np.int64]:
        """Return the rows of one part."""
        return np.flatnonzero(self.parts[self.order] == part)


def divide(dataset: Dataset, features: Features, *, config: TransferConfig) -> Divided:
    """Divide the usable photos, and check them.

    Args:
        dataset: All photos.
        features: What the pass over them gave; its values are reordered in place.
        config: What was asked.

    Raises:
        DataError: If the usable photos cannot make a classifier.
    """
    usable = np.flatnonzero(features.usable)
    used = without_empty_classes(dataset.subset(usable), features.skipped)
    facts = [fact for fact in features.facts if fact is not None]
    digests = features.digests[usable]
    copies = near_duplicate_groups(stack_hashes(facts), digests)
    together = kept_together(used, copies)
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
    order = np.concatenate([np.flatnonzero(parts == part) for part in (Part.TRAIN, Part.VAL, Part.TEST)])
    arrange(features.values, np.concatenate([usable[order], np.flatnonzero(~features.usable)]))
    return Divided(
        dataset=used,
        found=dataset.found,
        skipped=(*dataset.skipped, *features.skipped),
        findings=photo_findings(used, facts, digests=digests, copies=copies),
        parts=parts,
        fingerprint=fingerprint(used, digests, parts),
        order=order,
        values=features.values[: len(order)],
        labels=used.labels[order],
        groups=together[order],
        digests=digests[order],
        computed=features.computed,
    )


def study(
    divided: Divided, *, config: TransferConfig, budget: Budget, progress: Progress, watch: Stopwatch
) -> tuple[Study, HeadResult | SvmResult]:
    """Solve the head on the training part and measure it on the test part.

    Args:
        divided: The photos' features and parts.
        config: What was asked.
        budget: Expects ``SOLVING`` and ``BASELINES``. If they do not fit, fewer strengths are tried, and simple methods
            are not measured.
        progress: Where to tell how it goes.
        watch: Books the time.

    Returns:
        What was measured, and the head.
    """
    values, labels, classes = divided.values, divided.labels, divided.classes
    test = divided.rows(Part.TEST)
    solved = _solve(divided, config=config, budget=budget, progress=progress)
    watch.lap("solve the head")
    probabilities = solved.head.probabilities(values, rows=test)
    metrics = measure(probabilities, labels[test], seed=config.seed, class_count=classes)
    baselines, foreign = _evidence(divided, solved, config=config, budget=budget, progress=progress)
    watch.lap("measure it and the baselines")
    made = Study(
        dataset=divided.dataset,
        found=divided.found,
        skipped=divided.skipped,
        parts=divided.parts,
        findings=divided.findings,
        fingerprint=divided.fingerprint,
        temperature=solved.head.temperature,
        threshold=solved.threshold,
        foreign_auroc=foreign,
        test=divided.order[test],
        probabilities=probabilities,
        metrics=metrics,
        baselines=baselines,
        computed=divided.computed,
    )
    return made, solved


def _solve(divided: Divided, *, config: TransferConfig, budget: Budget, progress: Progress) -> HeadResult | SvmResult:
    rows, validation = divided.rows(Part.TRAIN), divided.rows(Part.VAL)
    how: dict[str, Any] = {
        "classes": divided.classes,
        "rows": rows,
        "validation_rows": validation,
        "groups": divided.groups,
        "balance": config.balance,
        "seed": config.seed,
        "progress": progress,
    }
    with budget.measuring(SOLVING):
        if config.head == "svm":
            return solve_svm_head(divided.values, divided.labels, kernel=config.kernel, **how)
        last = LAST_SOLUTION * budget.expected(SOLVING)
        return solve_head(divided.values, divided.labels, is_late=lambda: budget.left() < last, **how)


def _evidence(
    divided: Divided, solved: HeadResult | SvmResult, *, config: TransferConfig, budget: Budget, progress: Progress
) -> tuple[tuple[BaselineRow, ...], float | None]:
    """Return what simple methods reach, and how well unknown classes are noticed, if there is time for it."""
    budget.drop(BASELINES)
    if not budget.allows(BASELINES_SHARE * budget.took(SOLVING), doubt=GUESSED):
        progress.say("There is no time to measure simple methods beside the head.")
        return (), None
    rows: dict[str, Any] = {
        "classes": divided.classes,
        "train_rows": divided.rows(Part.TRAIN),
        "test_rows": divided.rows(Part.TEST),
        "seed": config.seed,
    }
    baselines = measure_baselines(divided.values, divided.labels, progress=progress, **rows)
    if isinstance(solved, SvmResult):
        return baselines, None
    return baselines, foreign_auroc(divided.values, divided.labels, l2=solved.head.l2, **rows)
