"""The time that a run may take: what must still follow is set aside, with a margin that measuring shrinks."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import LearnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GUESSED = 0.5  # how much longer, as a share, something may take of which only a part or a like was timed
TIMED = 0.25  # of which some items were timed
MEASURED = 0.15  # that was done before in this run
_MARGIN = 0.01  # of the limit is kept for what is not foreseen

# What every run does after its photos are looked at
SOLVING, BASELINES = "the head", "simple methods"
FIRST_BUNDLE, SECOND_BUNDLE = "bundle and report", "the trained network's bundle and report"
TESTING, LEAVING = "testing what was trained", "leaving"


class OutOfTime(LearnetError):  # noqa: N818 (no error: the time that the user gave is over)
    """What was begun cannot be ended in time; what is published already stays."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Something that must still be done.

    Attributes:
        seconds: What it will take, as far as is known.
        doubt: How much longer it may take, as a share of ``seconds``, at least 0.
    """

    seconds: float
    doubt: float

    @property
    def aside(self) -> float:
        """The seconds to set aside for it."""
        return self.seconds * (1 + self.doubt)


class Budget:
    """What is left of a limit.

    Args:
        start: Reading of ``clock`` from which the limit counts.
        limit: Seconds; None for no limit.
        clock: Gives seconds that only grow.

    Example:
        >>> now = [0.0]
        >>> budget = Budget(start=0.0, limit=100.0, clock=lambda: now[0])
        >>> budget.expect("the bundle", 10.0, doubt=0.5)
        >>> budget.left()
        84.0
        >>> with budget.measuring("the bundle"):
        ...     now[0] += 12.0
        >>> budget.left(), budget.took("the bundle")
        (87.0, 12.0)
    """

    def __init__(self, *, start: float, limit: float | None, clock: Callable[[], float] = time.perf_counter) -> None:
        self._start, self.limit, self.clock = start, limit, clock
        self._expected: dict[str, Expected] = {}
        self._took: dict[str, float] = {}
        self._thought: dict[str, float] = {}

    def expect(self, name: str, seconds: float, *, doubt: float = TIMED) -> None:
        """Set time aside for something that must still be done; a second call for the same thing replaces the first."""
        self._expected[name] = Expected(seconds=seconds, doubt=doubt)
        self._thought[name] = seconds

    def drop(self, name: str) -> None:
        """Set nothing aside for it any more: it is done, or will not be."""
        self._expected.pop(name, None)

    @contextmanager
    def measuring(self, name: str) -> Iterator[None]:
        """Do something that was expected; how long it took is remembered."""
        self.drop(name)
        begin = self.clock()
        yield
        self._took[name] = self.clock() - begin

    def took(self, name: str) -> float:
        """Return how long something took the last time, in seconds; 0 if it was not done."""
        return self._took.get(name, 0.0)

    def expected(self, name: str) -> float:
        """Return how long something was last expected to take, in seconds; 0 if it never was."""
        return self._thought.get(name, 0.0)

    def aside(self) -> float:
        """Return the seconds that are set aside for what must still follow."""
        return sum(each.aside for each in self._expected.values())

    def until(self) -> float | None:
        """Return the reading by which what is done now must end, so that everything else fits; None for no limit."""
        return None if self.limit is None else self._start + (1 - _MARGIN) * self.limit - self.aside()

    def left(self) -> float:
        """Return the seconds that what is done now may take, negative if it is late; infinite for no limit."""
        until = self.until()
        return float("inf") if until is None else until - self.clock()

    def allows(self, seconds: float, *, doubt: float = TIMED) -> bool:
        """Return whether something more, that is not set aside for, fits."""
        return seconds * (1 + doubt) <= self.left()

    def check(self, doing: str) -> None:
        """Go on only if there is time.

        Args:
            doing: What is being done, for the sentence.

        Raises:
            OutOfTime: If there is none left.
        """
        if self.left() < 0:
            raise OutOfTime(f"The time was up while {doing}.")
