"""What every run has and leaves behind: folder, events, measurements, tables, report, proven bundle and record."""

from learnet.runs.events import Events, read_events
from learnet.runs.publish import Product, publish
from learnet.runs.result import RunConfig, RunResult
from learnet.runs.run import Run
from learnet.runs.stopwatch import Stopwatch
from learnet.runs.study import Study, arrange, fingerprint, kept_together, without_empty_classes

__all__ = [
    "Events",
    "Product",
    "Run",
    "RunConfig",
    "RunResult",
    "Stopwatch",
    "Study",
    "arrange",
    "fingerprint",
    "kept_together",
    "publish",
    "read_events",
    "without_empty_classes",
]
