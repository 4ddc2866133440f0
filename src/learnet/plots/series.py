"""Named lines over one pair of axes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

LINE_COLOURS = ("blue", "vermillion", "green", "orange", "purple", "sky", "black")
_DASHES = ((), (6, 2), (2, 2), (7, 2, 2, 2))


def series_figure(
    series: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    x_label: str,
    y_label: str,
    log_x: bool = False,
    log_y: bool = False,
    points: bool = False,
    marks: Mapping[str, float] | None = None,
    y_limits: tuple[float, float] | None = None,
    width: float = 7,
) -> Figure:
    """Draw lines that differ in colour and dashes.

    Args:
        series: By name, where and how much, each ``(n,)``; at least one.
        x_label: What the horizontal axis is.
        y_label: What the vertical axis is.
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the vertical axis is; numbers of 0 and below are then left out.
        points: Whether each number is marked.
        marks: By name, where upright lines stand.
        y_limits: From where to where the vertical axis goes; from the series if not given.
        width: In inches; the height is 4, less in a narrow figure.

    Returns:
        The figure.
    """
    with drawing():
        figure = new_figure(width=width, height=min(4, 0.75 * width))
        axes = figure.subplots()
        _scales(axes, log_x=log_x, log_y=log_y)
        for (name, (x, y)), (colour, dashes) in zip(series.items(), _looks(), strict=False):
            marker = "o" if points else None
            axes.plot(x, y, color=colour, dashes=dashes, marker=marker, markersize=4, linewidth=1.8, label=name)
        for name, where in (marks or {}).items():
            axes.axvline(where, color=INK, linewidth=1, linestyle=(0, (4, 3)), label=name)
        axes.set(xlabel=x_label, ylabel=y_label)
        if y_limits is not None:
            axes.set_ylim(y_limits)
        if len(series) + len(marks or {}) > 1:
            axes.legend()
    return figure


def _looks() -> cycle[tuple[str, tuple[int, ...]]]:
    count = len(LINE_COLOURS)
    return cycle(
        (OKABE_ITO[LINE_COLOURS[number % count]], _DASHES[number % len(_DASHES)])
        for number in range(count * len(_DASHES))
    )


def _scales(axes: Axes, *, log_x: bool, log_y: bool) -> None:
    if log_x:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")  # powers of ten would need Matplotlib's mathematics
    if log_y:
        axes.set_yscale("log", nonpositive="mask")
        axes.yaxis.set_major_formatter("{x:g}")
