"""How long a lab may train."""

from __future__ import annotations

import os
from dataclasses import dataclass

from learnet.core import UsageError

VARIABLE = "LEARNET_LAB_BUDGET"
_USUAL = 600.0
_PHOTOS_A_SECOND = 15  # that a lab trains on, all its networks and epochs together; two laptop cores do more
_FEWEST, _MOST = 300, 10_000


@dataclass(frozen=True, kw_only=True)
class Budget:
    """About how many seconds a lab may train, and what follows.

    Attributes:
        seconds: Greater than 0.

    Example:
        >>> Budget(seconds=600).photos, Budget(seconds=600).epochs
        (9000, 8)
        >>> Budget(seconds=10).photos, Budget(seconds=10).epochs
        (300, 1)
    """

    seconds: float

    @classmethod
    def from_environment(cls) -> Budget:
        """Return what ``LEARNET_LAB_BUDGET`` says, in seconds; 600 if it is not set.

        Raises:
            UsageError: If it is no number greater than 0.
        """
        text = os.environ.get(VARIABLE, "") or str(_USUAL)
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise UsageError(f"{VARIABLE} must be a number of seconds greater than 0, for example 60; it is '{text}'.")
        return cls(seconds=seconds)

    @property
    def photos(self) -> int:
        """How many photos to train with."""
        return min(_MOST, max(_FEWEST, round(self.seconds * _PHOTOS_A_SECOND)))

    @property
    def epochs(self) -> int:
        """How often to look at each."""
        return min(8, max(1, round(self.seconds / 60)))

    def scaled(self, usual: int, *, least: int = 1) -> int:
        """Return how many of something, where ``usual`` is right for the usual budget.

        Args:
            usual: At 600 seconds.
            least: Never fewer than this.

        Example:
            >>> Budget(seconds=60).scaled(200), Budget(seconds=1).scaled(200, least=5)
            (20, 5)
        """
        return max(least, round(usual * self.seconds / _USUAL))
