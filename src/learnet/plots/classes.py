"""Figures with one bar or one row a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import visible
from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

_WRITTEN_COUNTS = 20  # numbers in the cells are legible up to this many classes


def bars_figure(
    values: ArrayLike,
    names: Sequence[str],
    *,
    label: str,
    intervals: Sequence[tuple[float, float]] | None = None,
) -> Figure:
    """Draw one horizontal bar a name, the first on top: recall per class, accuracy per baseline.

    Args:
        values: One share in [0, 1] a name (n,).
        names: The names, n of them.
        label: What the shares are.
        intervals: For each name the lower and upper bound of its share.

    Returns:
        The figure; its height grows with the number of names.
    """
    shares = np.asarray(values, dtype=np.float64)
    rows = np.arange(len(names))
    with drawing():
        figure = new_figure(width=6.4, height=0.8 + 0.26 * len(names))
        axes = figure.add_subplot()
        axes.barh(rows, shares, color=OKABE_ITO["blue"], height=0.72)
        if intervals is not None:
            low, high = np.asarray(intervals, dtype=np.float64).T
            axes.hlines(rows, low, high, color=INK, linewidth=1.5)
        axes.set_yticks(rows, [visible(name) for name in names])
        axes.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6), xlabel=label)
        axes.grid(visible=False, axis="y")
    return figure


def confusion_figure(confusion: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw the confusion matrix: rows are what photos show, columns what the classifier said.

    Args:
        confusion: Counts, int (k, k), rows the true class.
        names: The k class names.

    Returns:
        The figure; cells are shaded by their share of their row, and hold their count up to 20 classes.
    """
    from matplotlib.colors import LinearSegmentedColormap

    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(3.2 + 0.28 * len(names), 14.0)
    size = 10 if len(names) <= _WRITTEN_COUNTS else max(3.0, 10 * 0.28 * _WRITTEN_COUNTS * 2 / len(names))
    with drawing(**{"axes.grid": False}):
        figure = new_figure(width=side, height=side)
        axes = figure.add_subplot()
        axes.imshow(
            shares, cmap=LinearSegmentedColormap.from_list("share", ["#ffffff", OKABE_ITO["blue"]]), vmin=0, vmax=1
        )
        ticks, words = np.arange(len(names)), [visible(name) for name in names]
        axes.set_xticks(ticks, words, rotation=90, fontsize=size)
        axes.set_yticks(ticks, words, fontsize=size)
        axes.set(xlabel="the classifier said", ylabel="the photo shows")
        if len(names) <= _WRITTEN_COUNTS:
            for row, column in np.argwhere(counts):
                ink = "#ffffff" if shares[row, column] > 0.5 else INK
                axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=ink)
    return figure
