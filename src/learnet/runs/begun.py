"""What a run was started with, in its folder, and the one rule for a folder that is given twice."""

from __future__ import annotations

import json
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from learnet.core import LearnetError, UsageError, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from learnet.options.schema import Schema

CONFIG, RECORD = "config.json", "run.json"
_SCHEMA = 2

ConfigT = TypeVar("ConfigT", bound="Schema")


@dataclass(frozen=True, kw_only=True)
class Begun(Generic[ConfigT]):
    """A run that was started.

    Attributes:
        folder: Of the run.
        asked: The options that were given.
        used: The same with what was decided since, such as a precision or a number of epochs.
        notes: What else a resumption needs, as JSON values: the fingerprint of the data, for example.
    """

    folder: Path
    asked: ConfigT
    used: ConfigT
    notes: dict[str, Any] = field(default_factory=dict)

    def write(self) -> None:
        """Write it down."""
        told = {"asked": self.asked.to_json(), "used": self.used.to_json(), "notes": self.notes}
        write_json(self.folder / CONFIG, {"schema": _SCHEMA, **told})


def started_here(folder: str | Path, kind: type[ConfigT]) -> Begun[ConfigT]:
    """Return what the run in a folder was started with.

    Raises:
        UsageError: If there is no run that could be resumed.
        LearnetError: If it is of another version of learnet.
    """
    place = Path(folder)
    if (place / RECORD).exists():
        raise UsageError(f"The run in '{folder}' is finished: there is nothing to resume.")
    try:
        told = json.loads((place / CONFIG).read_text(encoding="utf-8"))
        known = told if isinstance(told, dict) else {}
    except (OSError, ValueError) as error:
        raise UsageError(
            f"'{folder}' is no run that can be resumed: its {CONFIG} cannot be read. Give the folder that 'learnet "
            f"{kind.verb}' named, or start a new run."
        ) from error
    if known.get("schema") != _SCHEMA:
        raise LearnetError(
            f"The run in '{folder}' is of another version of learnet. Resume it with that version, or start a new run."
        )
    return Begun(
        folder=place,
        asked=kind.from_json(known["asked"]),
        used=kind.from_json(known["used"]),
        notes=dict(known["notes"]),
    )


def unfinished_in(out: str | Path | None, config: ConfigT) -> Begun[ConfigT] | None:
    """Return the unfinished run in a folder that was asked for with the same options; None if there is none.

    Args:
        out: The folder; None for a new one.
        config: What is asked now.

    Raises:
        UsageError: If the folder holds a finished run, or one with other options.
    """
    folder = Path(out) if out is not None else None
    refuse_finished(folder)
    if folder is None or not (folder / "checkpoint.safetensors").exists():
        return None
    begun = started_here(folder, type(config))
    if other := begun.asked.differences_in_words(config, lasting=True):
        raise UsageError(
            f"'{folder}' holds an unfinished run with other options: {other}. Continue it with: "
            f"{resume_command(folder, config)}. Or choose another --out, or delete the folder."
        )
    return begun


def refuse_finished(folder: Path | None) -> None:
    """Refuse a folder whose run is finished.

    Raises:
        UsageError: The sentence says what to do.
    """
    if folder is not None and (folder / RECORD).exists():
        raise UsageError(f"'{folder}' holds a finished run. Choose another --out, or delete the folder.")


def resume_command(folder: Path, config: Schema) -> str:
    """Return the command that continues a run."""
    return shlex.join(["learnet", *config.verb.split(), "--resume", str(folder)])


@contextmanager
def telling_how_to_resume(folder: Path, config: Schema, *, possible: bool = True) -> Iterator[None]:
    """Let a Ctrl-C in a block say by which command the run in ``folder`` is continued, if any can."""
    try:
        yield
    except KeyboardInterrupt:
        if not possible:
            raise
        raise KeyboardInterrupt(f"Interrupted. Go on with: {resume_command(folder, config)}") from None
