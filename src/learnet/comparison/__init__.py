"""Things side by side, measured by the same rule on the same machine."""

from learnet.comparison.chart import Chart, ChartRow, LinearFit, chart

__all__ = ["Chart", "ChartRow", "LinearFit", "chart"]
