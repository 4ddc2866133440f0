"""Accuracies side by side, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import visible
from learnet.plots.style import INK, OKABE_ITO, PAPER, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_NAME = 56  # characters


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One accuracy.

    Attributes:
        name: Of what was measured.
        accuracy: In [0, 1].
        low: Lower end of its interval, in [0, 1].
        high: Upper end.
        simple: Whether it is there for comparison only: drawn as a hollow square.
    """

    name: str
    accuracy: float
    low: float
    high: float
    simple: bool = False


def intervals_figure(measured: Sequence[Measured]) -> Figure:
    """Draw accuracies with their 95 % intervals, one a line, the first one on top.

    Args:
        measured: At least one.

    Returns:
        The figure, 10 inches wide.
    """
    with drawing():
        figure = new_figure(width=10, height=0.9 + 0.36 * len(measured))
        axes = figure.subplots()
        for simple, colour, marker, label in (
            (False, OKABE_ITO["blue"], "o", "trained"),
            (True, INK, "s", "simple method"),
        ):
            drawn = [(line, row) for line, row in enumerate(measured) if row.simple is simple]
            if not drawn:
                continue
            lines, places = [line for line, _ in drawn], [100 * row.accuracy for _, row in drawn]
            axes.hlines(
                lines,
                [100 * row.low for _, row in drawn],
                [100 * row.high for _, row in drawn],
                colors=colour,
                linewidth=2,
            )
            face = PAPER if simple else colour
            axes.plot(places, lines, marker, color=colour, markerfacecolor=face, markersize=7, label=label)
        names = [_short(visible(row.name)) for row in measured]
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="accuracy with its 95 % interval, %", ylim=(len(names) - 0.5, -0.5))
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside upper right", ncols=2)
    return figure


def _short(name: str) -> str:
    """Return a name without its middle if it is long: a path's end tells more than what leads there."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 3]}…{name[-(_NAME - _NAME // 3 - 1) :]}"
