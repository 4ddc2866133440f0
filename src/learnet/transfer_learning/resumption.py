"""Going on with a transfer that was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.transfer_learning.journal import Journal
from learnet.transfer_learning.transfer import run

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.runs import Run


def resume(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    time_limit: float | None = None,
    weights_dir: str | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> Run:
    """Continue a run of ``transfer`` that was interrupted; see there.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        time_limit: Seconds from now; the run's own limit, counted anew, if not given.
        weights_dir: A folder with weight files; the run's own if not given.
        progress: Progress reporter; standard error if not given.
        elapsed: Seconds of the time limit that are over already.

    Raises:
        UsageError: If there is no such run, or it is finished.
        LearnetError: If the photos or the backbone are not those that it was started with.
    """
    place = Path(folder)
    journal = Journal.open(place)
    if journal is None:
        if (place / "run.json").exists():
            raise UsageError(f"The run in '{folder}' is finished: {place / 'report.html'} tells of it.")
        raise UsageError(
            f"There is no unfinished run in '{folder}'. Give the folder that 'learnet transfer' named, or begin one."
        )
    if data is None and journal.from_python:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    changes = {"time_limit": time_limit, "weights_dir": weights_dir}
    config = journal.config.replace(**{name: value for name, value in changes.items() if value is not None})
    return run(config, data=data, out=place, progress=progress, elapsed=elapsed)
