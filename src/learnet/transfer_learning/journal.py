"""What a transfer keeps between its stages, so that a process that resumes it need not do them again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from learnet.training.checkpoint import Checkpoint, has_checkpoint, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from learnet.options.transfer import TransferConfig
    from learnet.runs import Run

STAGES = ("partial", "partial-all", "full", "full-all")
_HEADS, _OUTCOME = "heads", "outcome"


class Journal:
    """The decisions and outcomes of an unfinished transfer.

    Args:
        job: The run; what an earlier one has left in the folder of a new one is removed.

    Attributes:
        folder: Of the run.
    """

    def __init__(self, job: Run[TransferConfig]) -> None:
        self.folder, self._job = job.folder, job
        if not job.is_resumed:
            self.clear()

    def use_photos(self, fingerprint: str) -> None:
        """Note which photos are used, and how they are divided.

        Raises:
            LearnetError: If the run was started with others.
        """
        self._job.check("photos", fingerprint, what="The photos")
        self._job.settle(photos=fingerprint)

    def known(self, name: str) -> Any:
        """Return what was decided under a name; None if nothing was."""
        return self._job.notes.get("decided", {}).get(name)

    def decide(self, name: str, value: Any) -> None:
        """Note a decision that a resumption must not take differently, as JSON values."""
        self._job.settle(decided={**self._job.notes.get("decided", {}), name: value})

    def kept(self, name: str, compute: Callable[[], Checkpoint]) -> Checkpoint:
        """Return what was computed under a name by an earlier process; else compute it, and keep it."""
        place = self.folder / _HEADS / name
        if has_checkpoint(place):
            return load_checkpoint(place)
        return _save(place, compute())

    def outcome(self, stage: str) -> Checkpoint | None:
        """Return the outcome of a stage that is done; None if it is not."""
        place = self.folder / stage / _OUTCOME
        return load_checkpoint(place) if has_checkpoint(place) else None

    def close(self, stage: str, outcome: Checkpoint) -> None:
        """Keep the outcome of a stage."""
        _save(self.folder / stage / _OUTCOME, outcome)

    def clear(self) -> None:
        """Remove all checkpoints; tables stay."""
        shutil.rmtree(self.folder / _HEADS, ignore_errors=True)
        for stage in STAGES:
            shutil.rmtree(self.folder / stage / _OUTCOME, ignore_errors=True)
            for file in (self.folder / stage).glob("*.safetensors"):
                file.unlink(missing_ok=True)


def _save(place: Path, content: Checkpoint) -> Checkpoint:
    place.mkdir(parents=True, exist_ok=True)
    save_checkpoint(place, content)
    return content
