"""What a transfer that was interrupted needs to go on: what was asked, what was decided, and which stages are done."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from learnet.core import LearnetError, UsageError, write_json
from learnet.options.transfer import TransferConfig
from learnet.training.checkpoint import Checkpoint, has_checkpoint, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTES = "unfinished.json"
STAGES = ("partial", "partial-all", "full", "full-all")
_HEADS, _OUTCOME = "heads", "outcome"
_SCHEMA = 2


class Interrupted(KeyboardInterrupt):
    """Ctrl-C came, and the run can be gone on with.

    Attributes:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The run in '{folder}' is not finished; it can be gone on with.")
        self.folder = folder


class Journal:
    """The notes of an unfinished run, in its folder; there are none of a finished one.

    Made by ``go_on_or_begin`` or ``open``.

    Attributes:
        folder: Of the run.
    """

    def __init__(self, folder: Path, notes: dict[str, Any]) -> None:
        self.folder, self._notes = folder, notes

    @classmethod
    def go_on_or_begin(
        cls,
        folder: Path,
        config: TransferConfig,
        *,
        from_python: bool,
        backbone: str,
        say: Callable[[str], None] = lambda _: None,
    ) -> Journal:
        """Return the notes of the unfinished run in a folder; if it left nothing to go on with, those of a new one.

        Args:
            folder: Of the run; it exists. What a finished run has left there to go on with is removed.
            config: What was asked.
            from_python: Whether the photos are no path or name, so that only Python can resume the run.
            backbone: The backbone's fingerprint.
            say: Tells that a run is gone on with.

        Raises:
            UsageError: If an unfinished run was begun with other arguments; they are named.
            LearnetError: If the backbone's weights are others, or the notes cannot be understood.
        """
        known = cls.open(folder)
        if known is not None and known.is_used:
            known.check(config, backbone=backbone)
            say(f"Going on with the unfinished run in '{folder}'.")
            return known
        _clear(folder)
        notes = {
            "schema": _SCHEMA,
            "config": config.to_json(),
            "from_python": from_python,
            "backbone": backbone,
            "photos": None,
            "used": False,
            "decided": {},
        }
        journal = cls(folder, notes)
        journal._write()
        return journal

    @classmethod
    def open(cls, folder: Path) -> Journal | None:
        """Return the notes of the unfinished run in a folder; None if there is none.

        Raises:
            LearnetError: If they cannot be understood.
        """
        try:
            notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise LearnetError(
                f"The notes of the unfinished run, '{folder / NOTES}', cannot be read: {error}. Remove that file to "
                "begin the run anew."
            ) from error
        if not isinstance(notes, dict) or notes.get("schema") != _SCHEMA:
            raise LearnetError(
                f"The unfinished run in '{folder}' is of another version of learnet. Go on with it there, or remove "
                f"'{folder / NOTES}' to begin it anew."
            )
        return cls(folder, notes)

    @property
    def config(self) -> TransferConfig:
        """The configuration that the run was started with."""
        return TransferConfig.from_json(self._notes["config"])

    @property
    def from_python(self) -> bool:
        """Whether the photos were no path or name."""
        return bool(self._notes["from_python"])

    @property
    def is_used(self) -> bool:
        """Whether there is something to go on with; see ``use``."""
        return bool(self._notes["used"])

    def check(self, config: TransferConfig, *, backbone: str) -> None:
        """Refuse to go on with other arguments or another backbone; see ``go_on_or_begin``."""
        if other := self.config.differences_in_words(config, lasting=True):
            raise UsageError(
                f"There is an unfinished run in '{self.folder}', started with other options: {other}. Give the same "
                f"ones or --resume {self.folder} to go on with it, or choose another --out."
            )
        if backbone != self._notes["backbone"]:
            raise LearnetError(
                f"The weights of the backbone {config.backbone} are not those that the run in '{self.folder}' was "
                "begun with. Put them back, or choose another --out."
            )

    def use_photos(self, fingerprint: str) -> None:
        """Note which photos are used, and how they are divided.

        Raises:
            LearnetError: If the run was begun with others.
        """
        known = self._notes["photos"]
        if known is not None and known != fingerprint:
            raise LearnetError(
                f"The photos are not those that the run in '{self.folder}' was begun with: files were added, removed "
                "or changed. Put them back, or choose another --out."
            )
        self._notes["photos"] = fingerprint
        self._write()

    def use(self) -> None:
        """Note that there is something to go on with: a bundle of the head."""
        self._notes["used"] = True
        self._write()

    def forget_if_unused(self) -> None:
        """Forget a run that failed before there was anything to go on with: others may be tried in its folder."""
        if not self.is_used:
            self.finish()

    def known(self, name: str) -> Any:
        """Return what was decided under a name; None if nothing was."""
        return self._notes["decided"].get(name)

    def decide(self, name: str, value: Any) -> None:
        """Note a decision that a resumption must not take differently, as JSON values."""
        self._notes["decided"][name] = value
        self._write()

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

    def finish(self) -> None:
        """Say that there is nothing left to go on with; checkpoints are removed, tables stay."""
        _clear(self.folder)

    def _write(self) -> None:
        write_json(self.folder / NOTES, self._notes)


def _save(place: Path, content: Checkpoint) -> Checkpoint:
    place.mkdir(parents=True, exist_ok=True)
    save_checkpoint(place, content)
    return content


def _clear(folder: Path) -> None:
    """Remove notes and checkpoints; the notes first, so that a kill in between leaves nothing half valid."""
    (folder / NOTES).unlink(missing_ok=True)
    shutil.rmtree(folder / _HEADS, ignore_errors=True)
    for stage in STAGES:
        shutil.rmtree(folder / stage / _OUTCOME, ignore_errors=True)
        for file in (folder / stage).glob("*.safetensors"):
            file.unlink(missing_ok=True)
