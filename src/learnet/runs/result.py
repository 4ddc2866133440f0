"""The result of a workflow that trains a classifier: its measurements, and where its files lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from learnet.core import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.bundle import Bundle
    from learnet.evaluation import Metrics


class RunConfig(Protocol):
    """Everything that decides what a run does; a frozen dataclass of JSON values."""

    @property
    def seed(self) -> int:
        """Where every random choice comes from."""

    def command(self) -> str:
        """Return the command line that repeats the run."""

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """The result of ``learnet.transfer`` or ``learnet.train``.

    Attributes:
        folder: Where everything lies: ``run.json``, ``report.html``, ``bundle/``, ``splits.csv``, ``skipped.csv``,
            ``findings.csv``, ``predictions.csv``.
        config: What was asked.
        metrics: The measurements on the test part.
        n_train: Photos trained on.
        n_val: Photos of a given validation part, used for calibration.
        n_test: Photos tested on.
        n_classes: Classes.
        n_found: Files found in all: used and skipped.
        n_skipped: Files found but not used; ``skipped.csv`` lists them.
        n_computed: Photos that were decoded and computed; what others gave came from the cache.
        seconds: Wall time from start to finish.
        stages: Seconds of each stage.
        peak_memory_bytes: The most memory the process held.
        details: What is peculiar to this way of training, as JSON values.
    """

    folder: Path
    config: RunConfig
    metrics: Metrics
    n_train: int
    n_val: int
    n_test: int
    n_classes: int
    n_found: int
    n_skipped: int
    n_computed: int
    seconds: float
    stages: dict[str, float]
    peak_memory_bytes: int
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def bundle(self) -> Path:
        """The folder of the bundle."""
        return self.folder / "bundle"

    @property
    def report(self) -> Path:
        """The report, one HTML page."""
        return self.folder / "report.html"

    def load(self) -> Bundle:
        """Load the bundle."""
        from learnet.bundle import load_bundle

        return load_bundle(self.bundle)

    def to_json(self) -> dict[str, Any]:
        """Return the run's outcome as a JSON-like object."""
        return {
            **self.metrics.summary(),
            "n_train": self.n_train,
            "n_val": self.n_val,
            "n_test": self.n_test,
            "n_classes": self.n_classes,
            "n_found": self.n_found,
            "n_skipped": self.n_skipped,
            "n_computed": self.n_computed,
            "seconds": round(self.seconds, 3),
            "stages": {name: round(seconds, 3) for name, seconds in self.stages.items()},
            "peak_memory_bytes": self.peak_memory_bytes,
            **self.details,
            "run": str(self.folder),
            "bundle": str(self.bundle),
            "report": str(self.report),
        }

    def write_record(self) -> None:
        """Write ``run.json``, the run's receipt."""
        write_json(self.folder / "run.json", {"config": self.config.to_json(), "result": self.to_json()})
