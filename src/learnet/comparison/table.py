"""From the answers of every row to one table: accuracies, paired tests between neighbours, and a reasoned pick."""

from __future__ import annotations

import csv
import itertools
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.evaluation import bootstrap_by_photo, confusion_matrix, paired_test

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from learnet.comparison.ledger import Ledger, RowRecord
    from learnet.evaluation import Paired

    Answers = dict[tuple[int, str], tuple[str, str]]  # (seed, photo) to (class, answer)

_AS_FAST = 0.8  # of the fastest one's speed: timings of one network differ by as much


@dataclass(frozen=True, kw_only=True)
class ComparedRow:
    """One way to a classifier, all seeds together.

    Attributes:
        name: Backbone and mode, or a simple method.
        accuracy: Mean over the seeds, in [0, 1].
        low: Lower end of the 95 % interval of the accuracy, all seeds together, photos being drawn.
        high: Its upper end.
        macro_f1: Mean over classes and seeds, in [0, 1].
        minutes: Of a run, the mean; of a simple method, all seeds together.
        peak_memory_mb: The most that its process held, in MB; 0 where the system does not tell.
        disk_mb: Of the bundle, in MB; 0 for simple methods, which leave none.
        images_per_second: At prediction, many photos on their way, the median of the seeds; 0 for simple methods.
        latency_ms: At prediction, one photo at a time; 0 for simple methods.
        computed: Photos whose features it computed; the others came from the cache.
        seeds: How many runs.
        trained: Whether a network was trained; False for simple methods.
    """

    name: str
    accuracy: float
    low: float
    high: float
    macro_f1: float
    minutes: float = 0.0
    peak_memory_mb: float = 0.0
    disk_mb: float = 0.0
    images_per_second: float = 0.0
    latency_ms: float = 0.0
    computed: int = 0
    seeds: int = 1
    trained: bool = True


@dataclass(frozen=True, kw_only=True)
class FailedRow:
    """A row that failed.

    Attributes:
        name: As in the table.
        seed: Of the run; None for a simple method.
        reason: As a sentence.
    """

    name: str
    seed: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """What all rows say together.

    Attributes:
        rows: The best accuracy first.
        failed: What is missing.
        neighbours: Between each row and the next one: names, and the paired test in words.
        pick: Which trained one to take, and why.
    """

    rows: tuple[ComparedRow, ...]
    failed: tuple[FailedRow, ...]
    neighbours: tuple[tuple[str, str, str], ...]
    pick: str


def tabulate(records: Sequence[RowRecord], ledger: Ledger) -> Table:
    """Return the table of rows that have ended, at least one of them a training that has not failed."""
    ways: dict[str, list[RowRecord]] = {}
    for record in records:
        if record.problem is None:
            ways.setdefault(record.row.name, []).append(record)
    rows, answers = [], {}
    for ended in ways.values():
        said = _read_answers(ended, ledger)
        row = _row(ended, said)
        rows.append(row)
        answers[row.name] = said
    rows.sort(key=lambda row: -row.accuracy)
    best, *others = [row for row in rows if row.trained]
    tests = {row.name: _paired(answers[row.name], answers[best.name]) for row in others}
    taken = pick([best, *others], {name: test for name, test in tests.items() if test is not None})
    simple = [row for row in rows if not row.trained and row.accuracy >= best.accuracy]
    mind = mind_simple(simple[0], _paired(answers[best.name], answers[simple[0].name])) if simple else ""
    return Table(
        rows=tuple(rows),
        failed=tuple(_failed(record) for record in records if record.problem is not None),
        neighbours=tuple(
            (a.name, b.name, _told(_paired(answers[b.name], answers[a.name]))) for a, b in itertools.pairwise(rows)
        ),
        pick=taken + mind,
    )


def pick(rows: Sequence[ComparedRow], against_best: Mapping[str, Paired]) -> str:
    """Return which row to take and why: the fastest at prediction of those that the best is not shown to beat.

    Of rows that are nearly as fast as the fastest, the one with the shortest training is taken.

    Args:
        rows: The best accuracy first, at least one.
        against_best: Of further rows, the paired test of the best against them; without one, a row is not taken.
    """
    best = rows[0]
    equal = [best, *(row for row in rows[1:] if row.name in against_best and not against_best[row.name].shown)]
    fastest = max(row.images_per_second for row in equal)
    chosen = min((row for row in equal if row.images_per_second >= _AS_FAST * fastest), key=lambda row: row.minutes)
    if chosen is best:
        others = "" if len(equal) == 1 else " Of those that it is not shown to beat, none is cheaper."
        return f"{best.name}: the best of the trainings, {best.accuracy:.1%}.{others}"
    said = against_best[chosen.name].describe()
    return (
        f"{chosen.name}: {chosen.accuracy:.1%} in {chosen.minutes:.1f} minutes and {chosen.images_per_second:.0f} "
        f"images/s. {best.name} has {best.accuracy:.1%}, but that is {said}."
    )


def mind_simple(row: ComparedRow, against_best: Paired | None) -> str:
    """Return a sentence that warns of a simple method that does at least as well as every training.

    Args:
        row: The simple method.
        against_best: The paired test of it against the best training; None if they share no photos.
    """
    said = "" if against_best is None else f", which is {against_best.describe()} against the best training"
    return f" But {row.name} reaches {row.accuracy:.1%} without training a network{said}."


def macro_f1(confusion: np.ndarray) -> float:
    """Return the mean of the classes' F1 scores; classes without photos are left out.

    Example:
        >>> macro_f1(np.array([[8, 2], [0, 10]]))
        0.898989898989899
    """
    hits, support, answers = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    present = support > 0
    return float((2 * hits[present] / (support[present] + answers[present])).mean())


def _row(ended: Sequence[RowRecord], answers: Answers) -> ComparedRow:
    row = ended[0].row
    seeds = sorted({seed for seed, _ in answers})
    each = [{key: pair for key, pair in answers.items() if key[0] == seed} for seed in seeds]
    keys = list(answers)
    low, high = bootstrap_by_photo(_right(answers, keys), _photos(keys), seed=0)
    chosen = " or ".join(dict.fromkeys(record.chosen for record in ended if record.chosen))
    return ComparedRow(
        name=f"{row.name} ({chosen})" if chosen else row.name,
        accuracy=statistics.mean(float(_right(said, list(said)).mean()) for said in each),
        low=low,
        high=high,
        macro_f1=statistics.mean(_macro_f1(said) for said in each),
        minutes=statistics.mean(record.seconds for record in ended) / 60,
        peak_memory_mb=max(record.peak_memory_bytes for record in ended) / 1e6,
        disk_mb=max(record.bundle_bytes for record in ended) / 1e6,
        images_per_second=statistics.median(record.images_per_second for record in ended),
        latency_ms=statistics.median(record.latency_ms for record in ended),
        computed=sum(record.computed for record in ended),
        seeds=len(seeds),
        trained=row.trained,
    )


def _failed(record: RowRecord) -> FailedRow:
    row = record.row
    return FailedRow(name=row.name, seed=row.seeds[0] if row.trained else None, reason=record.problem or "")


def _read_answers(ended: Sequence[RowRecord], ledger: Ledger) -> Answers:
    said: Answers = {}
    for record in ended:
        for seed, line in _lines(ledger.place(record.row) / "predictions.csv", record.row.seeds[0]):
            said[seed, line["path"]] = line["class"], line["answer"]
    return said


def _lines(path: Path, seed: int) -> list[tuple[int, dict[str, str]]]:
    """Return a table's lines and their seeds: ``seed``, unless the table has a column for it."""
    with path.open(newline="", encoding="utf-8") as file:
        return [(int(line.get("seed", seed)), line) for line in csv.DictReader(file)]


def _right(answers: Answers, keys: Sequence[tuple[int, str]]) -> np.ndarray:
    return np.array([answers[key][0] == answers[key][1] for key in keys])


def _paired(first: Answers, second: Answers) -> Paired | None:
    """Return how the second does against the first on the photos that both were asked; None if there are none."""
    keys = sorted(first.keys() & second.keys())
    return paired_test(_right(first, keys), _right(second, keys), photos=_photos(keys)) if keys else None


def _photos(keys: Sequence[tuple[int, str]]) -> list[str]:
    return [photo for _, photo in keys]


def _told(test: Paired | None) -> str:
    return "no run of both with the same seed" if test is None else test.describe()


def _macro_f1(answers: Answers) -> float:
    names = sorted({name for pair in answers.values() for name in pair})
    number = {name: index for index, name in enumerate(names)}
    truth = np.array([number[truth] for truth, _ in answers.values()])
    said = np.array([number[answer] for _, answer in answers.values()])
    return macro_f1(confusion_matrix(truth, said, classes=len(names)))
