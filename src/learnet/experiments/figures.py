"""Lines with points, limits and names: what most experiments draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.plots import OKABE_ITO, drawing, new_figure
from learnet.plots.style import INK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

_COLOURS = ("blue", "vermillion", "green", "orange", "purple", "sky", "black")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a figure.

    Attributes:
        x: Where.
        y: How much, as many.
        label: What it is.
        style: As Matplotlib writes it, e.g. ``"o-"``, ``"o"`` or ``"--"``.
    """

    x: ArrayLike
    y: ArrayLike
    label: str = ""
    style: str = "-"


def lines_figure(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    limits: Sequence[float] = (),
    log_x: bool = False,
    log_y: bool = False,
) -> Figure:
    """Draw lines over one pair of axes.

    Args:
        lines: At least one; the colours follow their order.
        x_label: What the horizontal axis is.
        y_label: What the vertical axis is.
        limits: Heights of dashed lines, such as a threshold.
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the vertical axis is.

    Returns:
        The figure, 7 by 4 inches.
    """
    with drawing():
        figure = new_figure(width=7, height=4)
        axes = figure.subplots()
        if log_x:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        if log_y:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        for number, line in enumerate(lines):
            colour = OKABE_ITO[_COLOURS[number % len(_COLOURS)]]
            axes.plot(line.x, line.y, line.style, color=colour, markersize=4, label=line.label or None)
        for limit in limits:
            axes.axhline(limit, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set(xlabel=x_label, ylabel=y_label)
        if any(line.label for line in lines):
            axes.legend()
    return figure
