"""Things side by side, measured by the same rule on the same machine."""

from learnet.comparison.chart import Chart, ChartRow, LinearFit, chart
from learnet.comparison.compare import ComparedRow, Comparison, compare, pick

__all__ = ["Chart", "ChartRow", "ComparedRow", "Comparison", "LinearFit", "chart", "compare", "pick"]
