"""Modes and backbones in one fair table: the same photos, the same splits, the same seeds."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.comparison.ledger import Ledger, RowRecord, bundle_digests, photos_fingerprint, refuse_taken
from learnet.comparison.page import render_page
from learnet.comparison.rows import Row, checked, simple_rows, trained_rows
from learnet.comparison.table import ComparedRow, FailedRow, Table, tabulate
from learnet.comparison.worker import run_apart, run_here
from learnet.core import LearnetError, UsageError, require_backend, write_json, write_text
from learnet.core.runs import write_table
from learnet.options.compare import CompareConfig
from learnet.options.python import by_keywords
from learnet.runs import Run

if TYPE_CHECKING:
    from learnet.core import Progress


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


def run(
    config: CompareConfig,
    *,
    out: str | Path | None = None,
    processes: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Transfer in several ways, each with the same splits and seeds, and compare what comes out.

    Every row is written down as it ends. Interrupted and called again with the same ``out``, it goes on with what is
    missing. A row that fails is told with its reason, and the others go on; it is tried again when called again.

    Args:
        config: The options.
        out: Folder of the comparison; ``runs/compare-NAME-TIME`` if not given.
        processes: Give each row a process of its own, so that its peak memory is its own and its death takes nothing
            with it; without, all run in this one, which starts sooner.
        progress: Progress reporter; standard error if not given.

    Raises:
        UsageError: If there is nothing to compare, a name is unknown, or ``out`` holds another comparison.
        DataError: If the photos are no dataset.
        LearnetError: If every training failed.
    """
    with Run.start(checked(config), out=out, name=f"compare-{Path(config.data).name}", progress=progress) as job:
        return _compare(job, processes=processes)


compare = by_keywords(run, CompareConfig)


def resume(
    folder: str | Path,
    *,
    weights_dir: str | None = None,
    processes: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Continue a comparison that was interrupted, or some of whose rows failed; what has been done is taken over.

    Args:
        folder: Of the comparison.
        weights_dir: A folder with weight files; the comparison's own if not given.
        processes: As for ``compare``.
        progress: Progress reporter; standard error if not given.

    Raises:
        UsageError: If there is no such comparison, or it is finished.
        LearnetError: If its photos are not those that it was started with, or every training failed.
    """
    with Run.resume(folder, CompareConfig, progress=progress, weights_dir=weights_dir) as job:
        return _compare(job, processes=processes)


def _compare(job: Run[CompareConfig], *, processes: bool) -> Comparison:
    config, folder = job.config, job.folder
    require_backend()
    seen, bundles = photos_fingerprint(config, progress=job.progress), bundle_digests(config)
    job.check("photos", seen, what=f"The photos of '{config.data}'")
    for name, digest in job.notes.get("bundles", {}).items():
        if bundles[name] != digest:
            raise UsageError(
                f"The bundle '{name}' is not the one that the comparison in '{folder}' was started with. Put that "
                "back, or start a new one in another folder."
            )
    if not job.can_be_resumed:
        refuse_taken(folder, config)
    job.settle(photos=seen, bundles=bundles)
    work = _Work(config, Ledger(folder), processes=processes, progress=job.progress)
    table = tabulate(work.run(), work.ledger)
    made = Comparison(folder=folder, config=config, **{f.name: getattr(table, f.name) for f in fields(Table)})
    _write(made)
    if not made.failed:
        job.finish(made.to_json())
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
