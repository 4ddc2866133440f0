"""What is learnt and measured from a dataset's features: the split, the head, its calibration, and the evidence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from learnet.data import Part, near_duplicate_groups, photo_findings, split, stack_hashes
from learnet.evaluation import measure
from learnet.runs import Study, arrange, fingerprint, kept_together, without_empty_classes
from learnet.transfer_learning.baselines import foreign_auroc, measure_baselines
from learnet.transfer_learning.head import HeadResult, solve_head
from learnet.transfer_learning.svm_head import SvmResult, solve_svm_head

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.runs import Stopwatch
    from learnet.transfer_learning.config import TransferConfig
    from learnet.transfer_learning.extraction import Features


def study(
    dataset: Dataset, features: Features, *, config: TransferConfig, progress: Progress, watch: Stopwatch
) -> tuple[Study, HeadResult | SvmResult]:
    """Split the usable photos, solve the head on the training part and measure it on the test part.

    Args:
        dataset: All photos.
        features: What the pass over them gave; its values are reordered in place.
        config: What was asked.
        progress: Where to tell how it goes.
        watch: Books the time.

    Returns:
        What was measured, and the head.

    Raises:
        DataError: If the usable photos cannot make a classifier.
    """
    usable = np.flatnonzero(features.usable)
    used = without_empty_classes(dataset.subset(usable), features.skipped)
    facts = [fact for fact in features.facts if fact is not None]
    copies = near_duplicate_groups(stack_hashes(facts), features.digests[usable])
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
    findings = photo_findings(used, facts, digests=features.digests[usable], copies=copies)
    watch.lap("split and check")

    train, val, test = (np.flatnonzero(parts == part) for part in (Part.TRAIN, Part.VAL, Part.TEST))
    order = np.concatenate([train, val, test])
    arrange(features.values, np.concatenate([usable[order], np.flatnonzero(~features.usable)]))
    values, labels, classes = features.values[: len(order)], used.labels[order], len(used.class_names)
    rows = np.split(np.arange(len(order)), [len(train), len(train) + len(val)])
    solve = partial(solve_svm_head, kernel=config.kernel) if config.head == "svm" else solve_head
    solved: HeadResult | SvmResult = solve(
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
    foreign = (
        None
        if isinstance(solved, SvmResult)
        else foreign_auroc(
            values,
            labels,
            classes=classes,
            train_rows=rows[Part.TRAIN],
            test_rows=rows[Part.TEST],
            l2=solved.head.l2,
            seed=config.seed,
        )
    )
    watch.lap("measure it and the baselines")
    made = Study(
        dataset=used,
        found=dataset.found,
        skipped=(*dataset.skipped, *features.skipped),
        parts=parts,
        findings=findings,
        fingerprint=fingerprint(used, features.digests[usable], parts),
        temperature=solved.head.temperature,
        threshold=solved.threshold,
        foreign_auroc=foreign,
        test=test,
        probabilities=probabilities,
        metrics=metrics,
        baselines=baselines,
        computed=features.computed,
    )
    return made, solved
