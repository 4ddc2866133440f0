"""Do published experiments again, and put the paper's number beside ours."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from learnet.core import UsageError, default_progress
from learnet.experiments.document import Document
from learnet.experiments.record import judge
from learnet.experiments.table import EXPERIMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from learnet.core import Progress
    from learnet.experiments.record import Experiment, Outcome, Row


def reproduce(
    names: str | Sequence[str] | None = None,
    *,
    seeds: int | None = None,
    quick: bool = False,
    out: str | Path | None = None,
    resume: bool = False,
    on_row: Callable[[Row], None] | None = None,
    progress: Progress | None = None,
) -> tuple[Row, ...]:
    """Run experiments of the table ``learnet.experiments.EXPERIMENTS``.

    Args:
        names: One name, or several; all experiments if not given.
        seeds: How many seeds, 0, 1, 2, ...; each experiment's own number if not given.
        quick: A few seconds each, with the same thresholds.
        out: A Markdown file that gets a table of all rows and the figures, written anew after each experiment. Rows of
            other experiments that it holds already are kept. Its folder gets ``NAME/`` (the file's name in small
            letters) with the figures and ``rows.json``.
        resume: Take over the rows that ``out`` holds already, where they were made with the same seeds and mode.
        on_row: Called after each experiment.
        progress: Where to tell how it goes; standard error if not given.

    Returns:
        One row an experiment, in the order asked for. A threshold that is not reached is a row that does not hold, not
        an error.

    Raises:
        UsageError: If there is no such experiment, or fewer than one seed is asked for.

    Example:
        >>> from learnet.core import Silent
        >>> (row,) = reproduce("perceptron-logic", quick=True, progress=Silent())
        >>> row.measured, row.holds
        ('errors 0', True)
    """
    if seeds is not None and seeds < 1:
        raise UsageError(f"An experiment needs at least 1 seed; received {seeds}.")
    if resume and out is None:
        raise UsageError("To resume, say where the rows are that there are already: give the document with --out.")
    asked = EXPERIMENTS.names() if names is None else [names] if isinstance(names, str) else names
    chosen = list({experiment.name: experiment for experiment in map(EXPERIMENTS.__getitem__, asked)}.values())
    progress = default_progress() if progress is None else progress
    document = None if out is None else Document.open(Path(out))
    rows = []
    for number, experiment in enumerate(chosen, start=1):
        count = seeds or (experiment.quick_seeds if quick else experiment.seeds)
        row = document.find(experiment.name, seeds=count, quick=quick) if document and resume else None
        if row is None:
            progress.say(f"{number}/{len(chosen)} {experiment.name}: {experiment.title} ({_seeds(count)})")
            row, outcome = _run(experiment, seeds=count, quick=quick, progress=progress)
            if document is not None:
                document.add(row, outcome.figure() if outcome.figure else None)
        rows.append(row)
        if on_row is not None:
            on_row(row)
    return tuple(rows)


def _run(experiment: Experiment, *, seeds: int, quick: bool, progress: Progress) -> tuple[Row, Outcome]:
    start = time.perf_counter()
    first = experiment.first_seed
    outcome = experiment.run(seeds=range(first, first + seeds), quick=quick, progress=progress)
    seconds = time.perf_counter() - start
    return judge(experiment, outcome, seeds=seeds, quick=quick, seconds=seconds), outcome


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"
