"""What every run leaves behind: its measurements, tables, report, proven bundle and receipt."""

from learnet.runs.begun import (
    Begun,
    refuse_finished,
    resume_command,
    started_here,
    telling_how_to_resume,
    unfinished_in,
)
from learnet.runs.publish import Product, publish
from learnet.runs.run import Run, RunConfig, Stopwatch
from learnet.runs.study import Study, arrange, fingerprint, kept_together, without_empty_classes

__all__ = [
    "Begun",
    "Product",
    "Run",
    "RunConfig",
    "Stopwatch",
    "Study",
    "arrange",
    "fingerprint",
    "kept_together",
    "publish",
    "refuse_finished",
    "resume_command",
    "started_here",
    "telling_how_to_resume",
    "unfinished_in",
    "without_empty_classes",
]
