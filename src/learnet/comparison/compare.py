"""Modes and backbones in one fair table: the same photos, the same splits, the same seeds."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.comparison.config import CompareConfig, Row, simple_rows, trained_rows
from learnet.comparison.ledger import Ledger, RowRecord, begin, begun_with, bundle_digests, held, photos_fingerprint
from learnet.comparison.page import render_page
from learnet.comparison.table import ComparedRow, FailedRow, Table, tabulate
from learnet.comparison.worker import run_apart, run_here
from learnet.core import LearnetError, default_progress, require_backend, write_json, write_text
from learnet.core.runs import run_folder, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.core import Progress
    from learnet.transfer_learning import Mode


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The table and what follows from it.

    Attributes:
        folder: Holds ``compare.csv``, ``compare.html``, ``compare.json`` and every row's own folder.
        config: What was asked.
        rows: The best accuracy first.
        failed: Rows that failed, and why.
        neighbours: Between each row and the next one: names, and the paired test in words.
        pick: Which trained one to take, and why.
    """

    folder: Path
    config: CompareConfig
    rows: tuple[ComparedRow, ...]
    failed: tuple[FailedRow, ...] = ()
    neighbours: tuple[tuple[str, str, str], ...]
    pick: str

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-like object."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "failed": [asdict(row) for row in self.failed],
            "neighbours": [
                {"row": row, "next": following, "difference": said} for row, following, said in self.neighbours
            ],
            "pick": self.pick,
            "table": str(self.folder / "compare.csv"),
            "report": str(self.folder / "compare.html"),
        }


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
    processes: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Transfer in several ways, each with the same splits and seeds, and compare what comes out.

    Every row is written down as it ends. Interrupted and called again with the same ``out``, it goes on with what is
    missing. A row that fails is told with its reason, and the others go on; it is tried again when called again.

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
        processes: Give each row a process of its own, so that its peak memory is its own and its death takes nothing
            with it; without, all run in this one, which starts sooner.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        UsageError: If there is nothing to compare, a name is unknown, or ``out`` holds another comparison.
        DataError: If the photos are no dataset.
        LearnetError: If every training failed.
    """
    config = CompareConfig(
        data=str(data),
        modes=tuple(modes),
        backbones=tuple(backbones),
        seeds=seeds,
        weights=weights,
        weights_dir=None if weights_dir is None else str(weights_dir),
        train_per_class=train_per_class,
        test_fraction=test_fraction,
        time_limit=time_limit,
    )
    return _compare(config, out, processes=processes, progress=progress)


def resume(folder: str | Path, *, processes: bool = True, progress: Progress | None = None) -> Comparison:
    """Go on with a comparison that was interrupted, or some of whose rows failed; what has been done is taken over.

    Args:
        folder: Of the comparison.
        processes: As for ``compare``.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        UsageError: If there is no such comparison, or its photos are not those that it was begun with.
        LearnetError: If every training failed.
    """
    return _compare(begun_with(Path(folder)), folder, processes=processes, progress=progress)


def _compare(
    config: CompareConfig, out: str | Path | None, *, processes: bool, progress: Progress | None
) -> Comparison:
    require_backend()
    progress = default_progress() if progress is None else progress
    seen, bundles = photos_fingerprint(config.data, progress=progress), bundle_digests(config)
    folder = run_folder(out, f"compare-{Path(config.data).name}")
    with held(folder):
        begin(folder, config, seen=seen, bundles=bundles)
        work = _Work(config, Ledger(folder), processes=processes, progress=progress)
        table = tabulate(work.run(), work.ledger)
        made = Comparison(folder=folder, config=config, **{f.name: getattr(table, f.name) for f in fields(Table)})
        _write(made)
    return made


class _Work:
    """All rows of a comparison, one after another."""

    def __init__(self, config: CompareConfig, ledger: Ledger, *, processes: bool, progress: Progress) -> None:
        self.ledger = ledger
        self._config, self._progress = config, progress
        self._run_row = run_apart if processes else run_here
        self._total = len(trained_rows(config)) + len(simple_rows(config, {}))
        self._ended = 0

    def run(self) -> list[RowRecord]:
        """Do what has not been done; return how every row ended."""
        try:
            trained = [self._record(row) for row in trained_rows(self._config)]
            splits = {record.row.seeds[0]: record.row.key for record in reversed(trained) if record.problem is None}
            if not splits:
                raise LearnetError(f"Every training failed. The first one: {trained[0].problem}")
            splits = dict(sorted(splits.items()))
            return trained + [self._record(row) for row in simple_rows(self._config, splits)]
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted()) from None

    def _record(self, row: Row) -> RowRecord:
        """Return how a row ended; do its work if it has not, or failed."""
        name = f"{row.name}, seed {row.seeds[0]}" if row.trained else row.name
        record = self.ledger.done(row)
        if record is None:
            self._progress.say(f"Row {self._ended + 1} of {self._total}: {name}")
            record = self._work(row)
        self._ended += 1
        return record

    def _work(self, row: Row) -> RowRecord:
        self.ledger.clear(row)
        problem = self._run_row(row, self._config, self.ledger, progress=self._progress)
        record = self.ledger.done(row)
        if problem is None and record is not None:
            return record
        failed = RowRecord(row=row, problem=problem or "It ended without a record.")
        self._progress.say(f"It failed, and the others go on: {failed.problem}")
        self.ledger.write(failed)
        return failed

    def _interrupted(self) -> str:
        command = shlex.join(["learnet", "compare", "--resume", str(self.ledger.folder)])
        return f"Interrupted. {self._ended} of {self._total} rows have ended and are kept; go on with: {command}"


def _write(made: Comparison) -> None:
    columns = tuple(field.name for field in fields(ComparedRow))
    lines = [(*asdict(row).values(), "") for row in made.rows]
    empty = ("",) * (len(columns) - 1)
    lines += [(_named(row), *empty, row.reason) for row in made.failed]
    write_table(made.folder / "compare.csv", (*columns, "problem"), lines)
    write_json(made.folder / "compare.json", made.to_json())
    write_text(made.folder / "compare.html", render_page(made))


def _named(row: FailedRow) -> str:
    return row.name if row.seed is None else f"{row.name}, seed {row.seed}"
