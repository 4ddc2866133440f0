"""Modes and backbones in one fair table: the same photos, the same splits, the same seeds."""

from __future__ import annotations

import csv
import itertools
import json
import statistics
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from learnet.bundle import load_bundle
from learnet.core import UsageError, default_progress, require_backend, write_json, write_text
from learnet.core.runs import run_folder, write_table
from learnet.data import InputSpec, open_dataset, stream_photos
from learnet.evaluation import bootstrap_interval, confusion_matrix, paired_test
from learnet.inference import Predictor
from learnet.transfer_learning import measure_baselines, transfer
from learnet.transfer_learning.config import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learnet.core import Progress
    from learnet.evaluation import Paired

_PIXELS = 32  # a side, of the photos as simple methods on pixels see them
_TIMED = 24
_ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class ComparedRow:
    """One way to a classifier, all seeds together.

    Attributes:
        name: Backbone and mode, or a simple method.
        accuracy: Mean over the seeds, in [0, 1].
        low: Lower end of the 95 % interval of the accuracy, all seeds' photos together.
        high: Its upper end.
        macro_f1: Mean over classes and seeds, in [0, 1]; None where not measured.
        minutes: Of a run, the mean; 0 for simple methods.
        peak_memory_mb: The most that a process held, in MB; 0 where not measured.
        disk_mb: Of the bundle, in MB.
        images_per_second: At prediction, many photos on their way.
        latency_ms: At prediction, one photo at a time.
        seeds: How many runs.
    """

    name: str
    accuracy: float
    low: float
    high: float
    macro_f1: float | None
    minutes: float = 0.0
    peak_memory_mb: float = 0.0
    disk_mb: float = 0.0
    images_per_second: float = 0.0
    latency_ms: float = 0.0
    seeds: int = 1


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The table and what follows from it.

    Attributes:
        folder: Holds ``compare.csv``, ``compare.html``, ``compare.json`` and every run.
        rows: The best accuracy first.
        neighbours: Between each trained row and the next one: names, and the paired test in words.
        pick: Which one to take, and why.
    """

    folder: Path
    rows: tuple[ComparedRow, ...]
    neighbours: tuple[tuple[str, str, str], ...]
    pick: str

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-like object."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "neighbours": [
                {"better": better, "other": other, "difference": said} for better, other, said in self.neighbours
            ],
            "pick": self.pick,
            "table": str(self.folder / "compare.csv"),
            "report": str(self.folder / "compare.html"),
        }


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What one run, or all seeds of one way, said of the test photos: (seed, path) to (class, answer)."""

    said: dict[tuple[int, str], tuple[str, str]]

    def right(self, keys: Sequence[tuple[int, str]]) -> np.ndarray:
        return np.array([self.said[key][0] == self.said[key][1] for key in keys])


def compare(
    data: str | Path,
    *,
    modes: Sequence[Mode] = ("head", "partial", "full"),
    backbones: Sequence[str] = ("efficientnet_lite0",),
    seeds: int = 1,
    weights: str = "imagenet",
    weights_dir: str | Path | None = None,
    train_per_class: int | None = None,
    test_fraction: float = 0.2,
    time_limit: float | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Transfer in several ways, each with the same splits and seeds, and compare what comes out.

    Interrupted and called again with the same ``out``, it goes on with the run that was interrupted; finished runs are
    taken over.

    Args:
        data: A folder, a manifest, or the name of a known data set.
        modes: Of ``transfer``.
        backbones: Names of ``BACKBONES``, or folders of bundles.
        seeds: How many, from 0, at least 1.
        weights: As for ``transfer``.
        weights_dir: As for ``transfer``.
        train_per_class: As for ``transfer``.
        test_fraction: As for ``transfer``.
        time_limit: Seconds for each run.
        out: Folder of the comparison; ``runs/compare-NAME-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        UsageError: If there is nothing to compare, or a name is unknown.
    """
    _check(modes, backbones, seeds)
    require_backend()
    progress = default_progress() if progress is None else progress
    folder = run_folder(out, f"compare-{Path(str(data)).name}")
    settings: dict[str, Any] = {
        "weights": weights,
        "weights_dir": weights_dir,
        "train_per_class": train_per_class,
        "test_fraction": test_fraction,
        "time_limit": time_limit,
    }
    ways: dict[str, list[Path]] = {}
    for backbone, mode, seed in itertools.product(backbones, modes, range(seeds)):
        name = f"{backbone}, {mode}"
        place = folder / f"{Path(backbone).name}-{mode}-seed{seed}"
        if not _is_done(place, data=data, backbone=backbone, mode=mode, seed=seed, settings=settings):
            progress.say(f"{name}, seed {seed}:")
            transfer(data, backbone=backbone, mode=mode, seed=seed, out=place, progress=progress, **settings)
            write_json(place / "compared.json", _identity(data, backbone, mode, seed, settings))
        ways.setdefault(name, []).append(place)
    answers = {name: _read_answers(places) for name, places in ways.items()}
    rows = [_row(name, places, answers[name]) for name, places in ways.items()]
    rows += _simple(data, next(iter(ways.values())), progress=progress)
    rows.sort(key=lambda row: -row.accuracy)
    trained = [row for row in rows if row.name in ways]
    tests = [(a, b, _paired(answers[b.name], answers[a.name])) for a, b in itertools.pairwise(trained)]
    made = Comparison(
        folder=folder,
        rows=tuple(rows),
        neighbours=tuple((a.name, b.name, test.describe()) for a, b, test in tests),
        pick=pick(trained, {row.name: _paired(answers[row.name], answers[trained[0].name]) for row in trained[1:]}),
    )
    _write(made)
    return made


def pick(rows: Sequence[ComparedRow], against_best: Mapping[str, Paired]) -> str:
    """Return which row to take and why: the fastest at prediction of those that the best is not shown to beat.

    Args:
        rows: The best accuracy first, at least one.
        against_best: Of each further row, the paired test of the best against it.
    """
    best = rows[0]
    equal = [best, *(row for row in rows[1:] if not against_best[row.name].shown)]
    chosen = min(equal, key=lambda row: (round(1 / max(row.images_per_second, 1e-9), 3), row.minutes))
    if chosen is best:
        others = "" if len(equal) == 1 else " Of those that it is not shown to beat, none is cheaper."
        return f"{best.name}: the best accuracy, {best.accuracy:.1%}.{others}"
    said = against_best[chosen.name].describe()
    return (
        f"{chosen.name}: {chosen.accuracy:.1%} in {chosen.minutes:.1f} minutes and {chosen.images_per_second:.0f} "
        f"images/s. {best.name} has {best.accuracy:.1%}, but that is {said}."
    )


def _check(modes: Sequence[str], backbones: Sequence[str], seeds: int) -> None:
    for mode in modes:
        if mode not in get_args(Mode):
            raise UsageError(f"A mode is one of {', '.join(get_args(Mode))}; received '{mode}'.")
    if not modes or not backbones or seeds < 1:
        raise UsageError("A comparison needs at least one mode, one backbone and one seed.")


def _identity(data: str | Path, backbone: str, mode: str, seed: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: None if value is None else str(value) for key, value in settings.items()}
    return {"data": str(data), "backbone": backbone, "mode": mode, "seed": seed, **plain}


def _is_done(
    place: Path, *, data: str | Path, backbone: str, mode: str, seed: int, settings: Mapping[str, Any]
) -> bool:
    """Return whether a run of exactly this kind was finished."""
    try:
        known = json.loads((place / "compared.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(known == _identity(data, backbone, mode, seed, settings))


def _read_answers(places: Sequence[Path]) -> _Answers:
    said = {}
    for seed, place in enumerate(places):
        with (place / "predictions.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                said[seed, row["path"]] = row["class"], row["answer"]
    return _Answers(said=said)


def _paired(first: _Answers, second: _Answers) -> Paired:
    keys = sorted(first.said.keys() & second.said.keys())
    return paired_test(first.right(keys), second.right(keys))


def _row(name: str, places: Sequence[Path], answers: _Answers) -> ComparedRow:
    results = [json.loads((place / "run.json").read_text(encoding="utf-8"))["result"] for place in places]
    right = sum(truth == answer for truth, answer in answers.said.values())
    low, high = bootstrap_interval(right, len(answers.said), seed=0)
    bundle = load_bundle(places[0] / "bundle")
    many, one = Predictor.compile(bundle.model), Predictor.compile(bundle.model, latency=True)
    images = np.repeat(bundle.golden.images[:1], _TIMED, axis=0)
    return ComparedRow(
        name=name,
        accuracy=statistics.mean(result["accuracy"] for result in results),
        low=low,
        high=high,
        macro_f1=statistics.mean(_macro_f1(_read_answers([place])) for place in places),
        minutes=statistics.mean(result["seconds"] for result in results) / 60,
        peak_memory_mb=max(result["peak_memory_bytes"] for result in results) / 1e6,
        disk_mb=sum(file.stat().st_size for file in (places[0] / "bundle").iterdir()) / 1e6,
        images_per_second=_TIMED / _median_seconds(many, images),
        latency_ms=1e3 * _median_seconds(one, images[:1]),
        seeds=len(places),
    )


def _macro_f1(answers: _Answers) -> float:
    names = sorted({name for pair in answers.said.values() for name in pair})
    number = {name: index for index, name in enumerate(names)}
    truth = np.array([number[truth] for truth, _ in answers.said.values()])
    said = np.array([number[answer] for _, answer in answers.said.values()])
    return macro_f1(confusion_matrix(truth, said, classes=len(names)))


def macro_f1(confusion: np.ndarray) -> float:
    """Return the mean of the classes' F1 scores; classes without photos are left out.

    Example:
        >>> macro_f1(np.array([[8, 2], [0, 10]]))
        0.898989898989899
    """
    hits, support, answers = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    present = support > 0
    return float((2 * hits[present] / (support[present] + answers[present])).mean())


def _median_seconds(predictor: Predictor, images: np.ndarray) -> float:
    predictor.predict(images[:1])
    seconds = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        predictor.predict(images)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def _simple(data: str | Path, places: Sequence[Path], *, progress: Progress) -> list[ComparedRow]:
    """Return simple methods on pixels, and those on features that the runs measured, on the first seed's split."""
    result = json.loads((places[0] / "run.json").read_text(encoding="utf-8"))["result"]
    rows = [
        ComparedRow(
            name=f"{row['name']} on features",
            accuracy=row["accuracy"],
            low=row["interval"][0],
            high=row["interval"][1],
            macro_f1=None,
        )
        for row in result.get("baselines", [])
    ]
    with (places[0] / "splits.csv").open(newline="", encoding="utf-8") as file:
        parts = {row["path"]: row["part"] for row in csv.DictReader(file)}
    dataset = open_dataset(data, progress=progress)
    names = dataset.names()
    known = [index for index, name in enumerate(names) if name in parts]
    pixels = np.zeros((len(known), _PIXELS * _PIXELS * 3), np.float32)
    usable = np.zeros(len(known), bool)
    with progress.stage("Looking at pixels", len(known)) as task:
        stream = stream_photos(dataset.source, known, spec=InputSpec(height=_PIXELS, width=_PIXELS))
        for row, photo in enumerate(stream):
            task.advance()
            if photo.image is not None:
                pixels[row], usable[row] = photo.image.reshape(-1) / np.float32(255), True
    part = np.array([parts[names[index]] for index in known])
    measured = measure_baselines(
        pixels,
        dataset.labels[known],
        classes=len(dataset.class_names),
        train_rows=np.flatnonzero(usable & (part == "train")),
        test_rows=np.flatnonzero(usable & (part == "test")),
        progress=progress,
    )
    for line in measured:
        low, high = line.accuracy_interval or (0.0, 1.0)
        named = line.name if line.name.startswith("always") else f"{line.name} on pixels"
        rows.append(ComparedRow(name=named, accuracy=line.accuracy, low=low, high=high, macro_f1=None))
    return [row for row in rows if row.name != "always the largest class on features"]


def _write(made: Comparison) -> None:
    from learnet.comparison.page import render_page

    columns = tuple(field.name for field in fields(ComparedRow))
    write_table(made.folder / "compare.csv", columns, (tuple(asdict(row).values()) for row in made.rows))
    write_text(made.folder / "compare.html", render_page(made))
