"""Things side by side, measured by the same rule on the same machine."""

from learnet.comparison.chart import Chart, ChartRow, LinearFit, chart
from learnet.comparison.compare import Comparison, compare, resume
from learnet.comparison.table import ComparedRow, FailedRow, pick
from learnet.options.compare import CompareConfig

__all__ = [
    "Chart",
    "ChartRow",
    "CompareConfig",
    "ComparedRow",
    "Comparison",
    "FailedRow",
    "LinearFit",
    "chart",
    "compare",
    "pick",
    "resume",
]
