"""One execution of a workflow in a folder of its own: lock, configuration, stages, events, resuming, record.

The one rule for a folder that is given twice: a finished run is refused; an unfinished one with the same options is
continued; one with other options is refused, and the difference named. A run that has kept nothing yet begins anew.
"""

from __future__ import annotations

import json
import os
import shlex
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from learnet.core import LearnetError, UsageError, default_progress, visible, write_json
from learnet.core.files import remove_leftovers
from learnet.core.runs import run_folder
from learnet.runs.events import EVENTS, Events, RecordedProgress
from learnet.runs.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

    from learnet.core import Progress
    from learnet.options.schema import Schema

CONFIG, RECORD = "config.json", "run.json"
_SCHEMA = 2
_KEPT = ("bundle", "checkpoint.safetensors", "*/checkpoint.safetensors", "*/*/checkpoint.safetensors", "*/row.json")

ConfigT = TypeVar("ConfigT", bound="Schema")


class Run(Generic[ConfigT]):
    """A run, held by this process alone inside its ``with`` block; made by ``start`` or ``resume``.

    Attributes:
        folder: Where everything lies.
        asked: The options that were given.
        config: The same with what was decided since, such as a precision or a number of epochs.
        notes: What else a resumption needs, as JSON values: the fingerprint of the data, for example.
        is_resumed: Whether an earlier process has worked on it.
        by_command: Whether a command can resume it; photos from Python cannot be given again by one.
        progress: Progress reporter; what it is told also goes into ``events.jsonl``.
        watch: Seconds by stage.
    """

    def __init__(self, folder: Path, config: ConfigT, *, progress: Progress | None) -> None:
        self.folder, self.asked, self.config = folder, config, config
        self.notes: dict[str, Any] = {}
        self.is_resumed, self.by_command = False, True
        self._shown = default_progress() if progress is None else progress
        self.progress: Progress = self._shown
        self.watch = Stopwatch()
        self._events: Events | None = None
        self._is_unnamed = False

    @classmethod
    def start(cls, config: ConfigT, *, out: str | Path | None, name: str, progress: Progress | None) -> Self:
        """Return a new run, or the unfinished one in ``out`` with the same options.

        Args:
            config: The options.
            out: Its folder; ``runs/NAME-TIME`` if not given.
            name: For the folder's name.
            progress: Progress reporter; standard error if not given.

        Raises:
            UsageError: If the folder cannot be made, or holds a finished run, or one with other options.
        """
        if out is not None:
            _refuse_finished(Path(out))
        run = cls(run_folder(out, name), config, progress=progress)
        run._is_unnamed = out is None
        if run.can_be_resumed and any(next(run.folder.glob(kept), None) for kept in _KEPT):
            run._read(type(config))
            if other := run.asked.differences_in_words(config, lasting=True):
                raise UsageError(
                    f"'{out}' holds an unfinished run with other options: {other}. Continue it with: "
                    f"{run.resume_command()}. Or choose another --out, or delete the folder."
                )
            run.config = run.config.replace(**{name: getattr(config, name) for name in config.resumable()})
        return run

    @classmethod
    def resume(cls, folder: str | Path, kind: type[ConfigT], *, progress: Progress | None, **changes: Any) -> Self:
        """Return the unfinished run in a folder.

        Args:
            folder: Of the run.
            kind: The class of its options.
            progress: Progress reporter; standard error if not given.
            **changes: Options that may differ when a run is resumed; None leaves one as it was.

        Raises:
            UsageError: If there is no run that could be resumed.
            LearnetError: If it is of another version of learnet.
        """
        place = Path(folder)
        if (place / RECORD).exists():
            raise UsageError(f"The run in '{folder}' is finished: there is nothing to resume.")
        if not place.is_dir() or not (place / CONFIG).exists():
            raise UsageError(
                f"'{folder}' is no run that can be resumed: it has no {CONFIG}. Give the folder that 'learnet "
                f"{kind.verb}' named, or start a new run."
            )
        run = cls(place, kind.model_construct(), progress=progress)
        run._read(kind)
        run.config = run.config.replace(**{name: value for name, value in changes.items() if value is not None})
        return run

    def _read(self, kind: type[ConfigT]) -> None:
        try:
            told = json.loads((self.folder / CONFIG).read_text(encoding="utf-8"))
            known = told["schema"] == _SCHEMA and told["verb"] == kind.verb
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LearnetError(
                f"'{self.folder / CONFIG}' cannot be read: it is damaged, or of another version of learnet. Resume the "
                "run with that version, or start a new one."
            ) from error
        if not known:
            raise LearnetError(
                f"The run in '{self.folder}' is of another version of learnet, or of 'learnet {told.get('verb')}'. "
                "Resume it there, or start a new run in another folder."
            )
        self.asked, self.config = kind.from_json(told["asked"]), kind.from_json(told["used"])
        self.notes, self.is_resumed = dict(told["notes"]), True

    def __enter__(self) -> Self:
        self._events = Events.alone(self.folder)
        if self._events is None:
            raise UsageError(f"Another process works on the run in '{self.folder}': wait for it, or end it first.")
        _refuse_finished(self.folder)  # by that process, while this one waited
        remove_leftovers(self.folder)
        self.progress = RecordedProgress(self._events, self._shown)
        self.event("started", command=self.asked.command(), resumed=self.is_resumed, process=os.getpid())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        interrupted = isinstance(error, KeyboardInterrupt)
        if error is not None:
            told = {} if interrupted else {"reason": visible(str(error)), "kind": type(error).__name__}
            self.event("interrupted" if interrupted else "failed", **told)
            if not self.is_resumed:
                with suppress(OSError):  # the error itself is told, whatever becomes of the folder
                    self._discard_if_empty(sparing={CONFIG} if interrupted else set())
        if self._events is not None:
            self._events.close()
        if interrupted and not str(error) and self.by_command and self.can_be_resumed:
            raise KeyboardInterrupt(f"Interrupted. Go on with: {self.resume_command()}") from None

    @property
    def can_be_resumed(self) -> bool:
        """Whether what the run was started with is written down."""
        return (self.folder / CONFIG).exists()

    def settle(self, config: ConfigT | None = None, /, **notes: Any) -> None:
        """Write down what the run was started with; from now on it can be resumed.

        Args:
            config: The options with what was decided since.
            **notes: What else a resumption needs, as JSON values; added to what was noted before.
        """
        self.config = self.config if config is None else config
        self.notes |= notes
        told = {"asked": self.asked.to_json(), "used": self.config.to_json(), "notes": self.notes}
        write_json(self.folder / CONFIG, {"schema": _SCHEMA, "verb": self.asked.verb, **told})

    def check(self, name: str, value: Any, *, what: str) -> None:
        """Refuse to resume with something else than the run was started with.

        Args:
            name: Of the note.
            value: What there is now.
            what: It in words, e.g. ``"The photos of 'digits'"``.

        Raises:
            LearnetError: If it differs.
        """
        if name in self.notes and self.notes[name] != value:
            raise LearnetError(
                f"{what} are not those that the run in '{self.folder}' was started with. Put them back, or start a new "
                "run."
            )

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Do one stage of the workflow: its time is booked under its name."""
        self.event("stage", name=name, done=0, of=1)
        yield
        self.watch.lap(name)
        self.event("stage", name=name, done=1, of=1, seconds=round(self.watch.stages[name], 3))

    def epoch(self, row: DataclassInstance) -> None:
        """Append an epoch's measurements to the events."""
        self.event("metrics", **asdict(row))

    def event(self, event: str, **more: Any) -> None:
        """Append an event to the run's ``events.jsonl``."""
        if self._events is not None:
            self._events.write(event, **more)

    def finish(self, result: dict[str, Any]) -> None:
        """Write the record: the run is finished."""
        write_json(self.folder / RECORD, {"config": self.config.to_json(), "result": result})
        self.event("finished")

    def resume_command(self) -> str:
        """Return the command that continues the run."""
        return shlex.join(["learnet", *self.asked.verb.split(), "--resume", str(self.folder)])

    def _discard_if_empty(self, *, sparing: set[str]) -> None:
        """Remove a folder in which there is nothing worth keeping."""
        own = {CONFIG, EVENTS} - sparing
        if not {path.name for path in self.folder.iterdir()} <= own:
            return
        for name in own:
            (self.folder / name).unlink(missing_ok=True)
        self.folder.rmdir()
        if self._is_unnamed:
            self.folder.parent.rmdir()  # refused if others have runs there


def _refuse_finished(folder: Path) -> None:
    if (folder / RECORD).exists():
        raise UsageError(f"'{folder}' holds a finished run. Choose another --out, or delete the folder.")
