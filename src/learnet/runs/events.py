"""What happens in a run, as JSON lines that any other process can follow while they are written.

Each line is one object with ``time`` (seconds since the epoch) and ``event``: ``started``, ``message``, ``stage`` (with
``name``, ``done``, ``of`` and, while it goes on, ``rate`` per second and ``left`` seconds), ``metrics``, ``finished``,
``failed`` or ``interrupted``. A line is written at once and whole; only the last one of a killed process can be torn.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from learnet.core.locks import lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from learnet.core import Progress
    from learnet.core.progress import Task

EVENTS = "events.jsonl"
_EVERY = 0.5  # seconds between two lines of one stage


class Events:
    """Appends events to a run's file; whoever has it open holds the run's lock.

    Args:
        descriptor: The file, open for appending.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def alone(cls, folder: Path) -> Self | None:
        """Open the events of the run in a folder that exists; None if another process has them open."""
        descriptor = os.open(folder / EVENTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        if lock(descriptor, wait=False):
            return cls(descriptor)
        os.close(descriptor)
        return None

    def write(self, event: str, **more: Any) -> None:
        """Append one event; a full disk costs the event, never the run."""
        line = json.dumps({"time": round(time.time(), 3), "event": event, **more}) + "\n"
        try:
            os.write(self._descriptor, line.encode("ascii"))
        except OSError:
            return

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read_events(folder: Path) -> list[dict[str, Any]]:
    """Return the events of a run so far; a torn last line is left out."""
    try:
        lines = (folder / EVENTS).read_text(encoding="ascii").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


class RecordedProgress:
    """A progress reporter that also writes events.

    Args:
        events: Where to write.
        shown: Where progress is shown.
    """

    def __init__(self, events: Events, shown: Progress) -> None:
        self._events, self._shown = events, shown

    def say(self, line: str) -> None:
        """Tell one line."""
        self._events.write("message", text=line)
        self._shown.say(line)

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Task]:
        """Open a stage of known length."""
        with self._shown.stage(description, total) as shown:
            task = _RecordedTask(self._events, shown, description, total)
            yield task
            task.write()


class _RecordedTask:
    def __init__(self, events: Events, shown: Task, name: str, total: int) -> None:
        self._events, self._shown, self._name, self._total = events, shown, name, total
        self._done, self._start = 0, time.monotonic()
        self.write()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        if time.monotonic() - self._last >= _EVERY:
            self.write()
        self._shown.advance(steps)

    def write(self) -> None:
        """Write how far the stage is."""
        self._last = time.monotonic()
        rate = self._done / max(self._last - self._start, 1e-6)
        pace = {"rate": round(rate, 3), "left": round((self._total - self._done) / rate, 1)} if self._done else {}
        self._events.write("stage", name=self._name, done=self._done, of=self._total, **pace)
