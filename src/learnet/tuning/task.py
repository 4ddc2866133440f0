"""What a trial does, seen from the search."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from learnet.core import Progress
    from learnet.core.progress import Task as Stage
    from learnet.runs import RunResult, Stopwatch
    from learnet.tuning.ledger import Outcome
    from learnet.tuning.record import TrialRecord
    from learnet.tuning.space import Values


class OutOfTime(Exception):  # noqa: N818 (no error: the time that the user gave is over)
    """The time limit came in the middle of a trial."""


class Pruned(Exception):  # noqa: N818 (no error: the search wants it so)
    """The trial fell behind and is stopped.

    Attributes:
        epochs: That were trained.
        accuracy: After the last one.
    """

    def __init__(self, epochs: int, accuracy: float) -> None:
        super().__init__(f"Stopped after {epochs} epochs.")
        self.epochs, self.accuracy = epochs, accuracy


class Task(Protocol):
    """Trains with the values of a trial, and makes a bundle of the winner."""

    @property
    def photos(self) -> str:
        """The fingerprint of the photos and of how they are divided."""

    def run(
        self, values: Values, folder: Path, *, on_epoch: Callable[[int, float], None], deadline: Deadline
    ) -> Outcome:
        """Do a trial, going on from what ``folder`` holds.

        Args:
            values: Of the trial.
            folder: Its own; gets the weights and checkpoints.
            on_epoch: To be called with each epoch, from 1, and its validation accuracy; may raise ``Pruned``.
            deadline: To be heeded.
        """

    def publish(
        self, winner: TrialRecord, files: Path, folder: Path, *, progress: Progress, watch: Stopwatch
    ) -> RunResult:
        """Measure the winner's kept weights on the test part, and write bundle and report; nothing is trained.

        Args:
            winner: The trial.
            files: Its folder.
            folder: Of the run.
            progress: Where to tell how it goes.
            watch: Books the time.
        """


class Deadline:
    """When the time is over.

    Args:
        seconds: From now on; None for never.
    """

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self._end is not None and time.monotonic() >= self._end

    def check(self) -> None:
        """Raise ``OutOfTime`` if the time is over."""
        if self.is_over:
            raise OutOfTime


class Watched:
    """A progress that shows nothing and looks at the clock after each step.

    Args:
        deadline: What it looks at.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Stage]:  # noqa: ARG002 (the interface's arguments)
        """Open a stage whose steps look at the clock."""
        yield self

    def advance(self, steps: int = 1) -> None:  # noqa: ARG002 (the interface's argument)
        """Raise ``OutOfTime`` if the time is over."""
        self._deadline.check()

    def say(self, line: str) -> None:
        """Say nothing: the search tells of each trial in a line."""
