"""Which trials' weights stay on disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from learnet.tuning.record import ranking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from learnet.tuning.record import TrialRecord

_RESUMING = ("checkpoint.safetensors", "checkpoint-previous.safetensors")


def trial_folder(study: Path, number: int) -> Path:
    """Return where a trial's files lie."""
    return study / "trials" / f"{number:05d}"


def tidy(study: Path, records: Sequence[TrialRecord], *, keep: int, limit_bytes: int) -> None:
    """Remove what finished trials need no more: all files but those of the best ones.

    A finished trial's checkpoints go, as it will not be resumed; its weights stay if it is one of the best ``keep``
    and those better than it leave room for them. The best one's stay always. Trials that run are not touched.

    Args:
        study: The study's folder.
        records: All its trials.
        keep: How many, at least 1.
        limit_bytes: What the weights of all kept trials may take.
    """
    best = {record.number: place for place, record in enumerate(ranking(records)[:keep])}
    finished = {record.number for record in records if record.is_finished}
    folders = {int(path.name): path for path in (study / "trials").glob("[0-9]*") if path.is_dir()}
    for number in finished & folders.keys():
        if number not in best:
            shutil.rmtree(folders[number], ignore_errors=True)  # another process may be at it, too
        else:
            for name in _RESUMING:
                (folders[number] / name).unlink(missing_ok=True)
    used = 0
    for number in sorted(best.keys() & folders.keys(), key=best.__getitem__):
        used += _bytes(folders[number])
        if used > limit_bytes and best[number]:
            shutil.rmtree(folders[number], ignore_errors=True)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
