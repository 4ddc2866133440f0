"""Going on with a transfer that was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from learnet.core import UsageError
from learnet.transfer_learning.journal import Journal
from learnet.transfer_learning.transfer import transfer

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.runs import Run


class ResumeChanges(TypedDict, total=False):
    """What may differ between a run and its resumption."""

    time_limit: float | None
    elapsed: float


def resume(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
    **changes: Unpack[ResumeChanges],
) -> Run:
    """Go on with a run of ``transfer`` that was interrupted; see there.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        progress: Where to tell how it goes; standard error if not given.
        **changes: What may differ: ``time_limit``, which counts anew from now, and ``elapsed``, the seconds that are
            over of it already.

    Raises:
        UsageError: If there is no such run, or it is finished.
        LearnetError: If the photos or the backbone are not those that it was begun with.
    """
    place = Path(folder)
    journal = Journal.open(place)
    if journal is None:
        if (place / "run.json").exists():
            raise UsageError(f"The run in '{folder}' is finished: {place / 'report.html'} tells of it.")
        raise UsageError(
            f"There is no unfinished run in '{folder}'. Give the folder that 'learnet transfer' named, or begin one."
        )
    config, given = {**journal.config, **changes}, journal.given
    if data is None and given["from_python"]:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    return transfer(
        config.pop("data") if data is None else data,
        **{name: value for name, value in config.items() if name != "data"},
        weights_dir=given["weights_dir"],
        cache_limit_bytes=given["cache_limit_bytes"],
        out=place,
        progress=progress,
    )
