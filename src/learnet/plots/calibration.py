"""Can the probabilities be believed? The calibration curve, with how many photos stand behind each point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike


def reliability_figure(
    *,
    counts: ArrayLike,
    confidence: ArrayLike,
    accuracy: ArrayLike,
    intervals: Sequence[tuple[float, float]] | None = None,
    threshold: float | None = None,
) -> Figure:
    """Draw the calibration curve above a histogram of the confidence.

    Args:
        counts: Photos in each bin of equal width over [0, 1], int (bins,).
        confidence: Mean top probability in each bin (bins,); anything where the bin is empty.
        accuracy: Share of right answers in each bin (bins,); anything where the bin is empty.
        intervals: For each bin the 95 % interval of its accuracy.
        threshold: Where "not sure" ends, in [0, 1].

    Returns:
        The figure, 5.6 by 4.9 inches.
    """
    number = np.asarray(counts)
    filled = number > 0
    said, right = np.asarray(confidence)[filled], np.asarray(accuracy)[filled]
    edges = np.linspace(0, 1, len(number) + 1)
    blue, orange = OKABE_ITO["blue"], OKABE_ITO["orange"]
    with drawing():
        figure = new_figure(width=5.6, height=4.9)
        curve, histogram = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        curve.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)), label="perfectly calibrated")
        if intervals is not None:
            low, high = np.asarray(intervals, dtype=np.float64)[filled].T
            curve.vlines(said, low, high, color=blue, linewidth=1.5, alpha=0.45, label="95 % interval")
        curve.plot(said, right, color=blue, marker="o", markersize=5, linewidth=1.5, label="this classifier")
        histogram.bar(edges[:-1], number, width=np.diff(edges) * 0.92, align="edge", color=blue, alpha=0.75)
        if threshold is not None:
            for axes in (curve, histogram):
                axes.axvline(threshold, color=orange, linewidth=1.5, label="“not sure” below")
        curve.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share that was right")
        handles, labels = curve.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
        histogram.set(xlabel="probability the classifier gave its answer", ylabel="photos")
    return figure
