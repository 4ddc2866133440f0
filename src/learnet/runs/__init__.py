"""What every run leaves behind: its measurements, tables, report, proven bundle and receipt."""

from learnet.runs.publish import Product, publish
from learnet.runs.run import Run, RunConfig, Stopwatch
from learnet.runs.study import Study, arrange, fingerprint, kept_together, without_empty_classes

__all__ = [
    "Product",
    "Run",
    "RunConfig",
    "Stopwatch",
    "Study",
    "arrange",
    "fingerprint",
    "kept_together",
    "publish",
    "without_empty_classes",
]
