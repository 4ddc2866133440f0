"""Seconds by stage."""

from __future__ import annotations

import time


class Stopwatch:
    """Seconds by stage: ``lap`` ends a stage and names it."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self.stages: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Book the time since the last lap under ``name``."""
        now = time.perf_counter()
        self.stages[name] = self.stages.get(name, 0.0) + now - self._last
        self._last = now

    def total(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start
