"""Simple methods on the very photos that trainings learnt from and were tested on."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from learnet.comparison.ledger import open_configured
from learnet.comparison.rows import MAJORITY, is_bundle
from learnet.core.runs import write_table
from learnet.data import InputSpec, printable, stream_photos
from learnet.transfer_learning import Extractor, answer_simply, load_backbone, load_bundle_backbone
from learnet.transfer_learning.cache import DEFAULT_LIMIT_BYTES, usable_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.comparison.ledger import Ledger
    from learnet.comparison.rows import Row
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.options.compare import CompareConfig

_SIDE = 32  # of the photos as methods on pixels see them


def answer_by(row: Row, config: CompareConfig, ledger: Ledger, *, progress: Progress) -> tuple[str, int]:
    """Answer the test photos of every seed by a simple method, and write the answers to ``predictions.csv``.

    Args:
        row: Names the method, what it sees, and whose splits it takes over.
        config: Of the comparison.
        ledger: Knows where rows lie.
        progress: Where to tell how it goes.

    Returns:
        What was chosen, such as ``"k = 3"``, and how many photos' features had to be computed.
    """
    dataset = open_configured(config, progress=progress)
    names = [printable(name) for name in dataset.names()]  # as tables have them
    classes = [printable(name) for name in dataset.class_names]
    lines: list[tuple[int, str, str, str]] = []
    chosen: list[str] = []
    computed = 0
    for seed, split in zip(row.seeds, row.splits, strict=True):
        if seed == row.seeds[0] or (row.backbone is not None and config.weights == "random"):
            values, usable, fresh = _seen(row, config, dataset, seed=seed, progress=progress)
            computed += fresh
        parts = _parts(ledger.folder / split)
        part = np.array([parts.get(name, "") for name in names])
        test = np.flatnonzero(usable & (part == "test"))
        answers, choice = answer_simply(
            row.way,  # type: ignore[arg-type]  # a simple row's way is a method
            values,
            dataset.labels,
            classes=len(classes),
            train_rows=np.flatnonzero(usable & (part == "train")),
            test_rows=test,
            seed=seed,
        )
        chosen += [choice] if choice and choice not in chosen else []
        lines += [
            (seed, names[photo], classes[label], classes[answer])
            for photo, label, answer in zip(test, dataset.labels[test], answers, strict=True)
        ]
    write_table(ledger.place(row) / "predictions.csv", ("seed", "path", "class", "answer"), lines)
    return " or ".join(chosen), computed


def _seen(
    row: Row, config: CompareConfig, dataset: Dataset, *, seed: int, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    """Return what the method sees of each photo, of which photos that can be had, and how many were computed."""
    if row.backbone is not None:
        return _features(row.backbone, config, dataset, seed=seed, progress=progress)
    if row.way == MAJORITY:
        return np.zeros((len(dataset), 1), np.float32), np.ones(len(dataset), bool), 0
    return *_pixels(dataset, config, progress=progress), 0


def _features(
    backbone: str, config: CompareConfig, dataset: Dataset, *, seed: int, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    folder = None if config.weights_dir is None else Path(config.weights_dir)
    loaded = (
        load_bundle_backbone(Path(backbone))
        if is_bundle(backbone)
        else load_backbone(backbone, weights=config.weights, weights_dir=folder, seed=seed)
    )
    with usable_cache(DEFAULT_LIMIT_BYTES, say=progress.say) as cache:
        found = Extractor.of(loaded, cache=cache, max_pixels=config.max_pixels, progress=progress).run(dataset)
    return found.values, found.usable, found.computed


def _pixels(
    dataset: Dataset, config: CompareConfig, *, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    count = len(dataset)
    pixels, usable = np.zeros((count, _SIDE * _SIDE * 3), np.float32), np.zeros(count, bool)
    with progress.stage("Looking at pixels", count) as task:
        spec = InputSpec(height=_SIDE, width=_SIDE)
        for photo in stream_photos(dataset.source, range(count), spec=spec, max_pixels=config.max_pixels):
            task.advance()
            if photo.image is not None:
                pixels[photo.index], usable[photo.index] = photo.image.reshape(-1) / np.float32(255), True
    return pixels, usable


def _parts(run: Path) -> dict[str, str]:
    with (run / "splits.csv").open(newline="", encoding="utf-8") as file:
        return {line["path"]: line["part"] for line in csv.DictReader(file)}
