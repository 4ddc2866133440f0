"""How long work tells where it stands: one small interface, a silent one, a line-based one, and a live bar (Rich)."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator


class Task(Protocol):
    """One stage of known length."""

    def advance(self, steps: int = 1) -> None:
        """Say that ``steps`` more units are done."""


class Progress(Protocol):
    """Where stages and remarks go."""

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Task]:
        """Open a stage of ``total`` units; it ends with the block."""

    def say(self, line: str) -> None:
        """Tell the user one line."""


class _NullTask:
    def advance(self, steps: int = 1) -> None:
        """Do nothing."""


class Silent:
    """Says nothing."""

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Task]:  # noqa: ARG002 (the interface's arguments)
        """Open a stage that shows nothing."""
        yield _NullTask()

    def say(self, line: str) -> None:
        """Do nothing."""


def _per_second(rate: float) -> str:
    return f"{rate:.0f}/s" if rate >= 10 else f"{rate:.2g}/s"


class _LineTask:
    def __init__(self, out: TextIO, description: str, total: int, every: float) -> None:
        self.done = 0
        self._out, self._description, self._total, self._every = out, description, total, every
        self._start = self._last = time.monotonic()

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        now = time.monotonic()
        if now - self._last >= max(self._every, 0.1 * (now - self._start)) and self.done < self._total:
            self._last = now
            rate = self.done / (now - self._start)
            left = (self._total - self.done) / rate
            print(
                f"{self._description}: {self.done}/{self._total}, {_per_second(rate)}, {left:.0f} s left",
                file=self._out,
                flush=True,
            )


class Lines:
    """Writes a line now and then: for logs and pipes.

    Args:
        out: Where to write; standard error if not given.
        every: Seconds between two lines of one stage; more as the stage goes on, so that long logs stay short.
    """

    def __init__(self, *, out: TextIO | None = None, every: float = 5.0) -> None:
        self._out = out if out is not None else sys.stderr
        self._every = every

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Task]:
        """Open a stage; one line at its end if it took over two seconds, and one every few seconds before."""
        start = time.monotonic()
        task = _LineTask(self._out, description, total, self._every)
        yield task
        seconds = time.monotonic() - start
        if seconds > 2 and task.done:
            self.say(f"{description}: {task.done} in {seconds:.1f} s ({_per_second(task.done / seconds)})")

    def say(self, line: str) -> None:
        """Write one line."""
        print(line, file=self._out, flush=True)


class Live:
    """Draws Rich progress bars with rate and time left on standard error."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Task]:
        """Open a stage with a live bar."""
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(show_speed=True),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=self._console, transient=False) as bars:
            yield _LiveTask(bars, bars.add_task(description, total=total, rate=""))

    def say(self, line: str) -> None:
        """Write one line above the bars."""
        self._console.print(line, markup=False)


class _LiveTask:
    def __init__(self, bars: object, identity: object) -> None:
        self._bars, self._identity = bars, identity
        self._start, self._done = time.monotonic(), 0

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        rate = self._done / max(time.monotonic() - self._start, 1e-6)
        self._bars.update(self._identity, advance=steps, rate=_per_second(rate))  # type: ignore[attr-defined]  # Rich is loaded lazily


def default_progress(*, quiet: bool = False) -> Progress:
    """Return live bars on a terminal, lines in a pipe, nothing if ``quiet``."""
    if quiet:
        return Silent()
    return Live() if sys.stderr.isatty() else Lines()
