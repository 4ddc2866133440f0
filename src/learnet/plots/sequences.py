"""What a recurrent network expects, step by step, and what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.series import LINE_COLOURS
from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

_TALLEST = 12.0


def surprise_figure(
    symbols: Sequence[str], surprises: Mapping[str, ArrayLike], *, starts: ArrayLike | None = None
) -> Figure:
    """Draw how wrong each guess was, with the symbol that came below it.

    Args:
        symbols: What came, ``n`` of them.
        surprises: By the network's name, the error at each, ``(n,)``.
        starts: Where a new unit begins, bool ``(n,)``; marked by upright lines.

    Returns:
        The figure, one panel a network.
    """
    places = np.arange(len(symbols))
    most = max(float(np.max(values)) for values in surprises.values())
    with drawing():
        figure = new_figure(width=min(_TALLEST, 2 + 0.24 * len(symbols)), height=1.9 * len(surprises) + 0.4)
        panels = figure.subplots(len(surprises), 1, squeeze=False, sharex=True)[:, 0]
        for axes, (name, values), colour in zip(panels, surprises.items(), LINE_COLOURS, strict=False):
            for start in np.flatnonzero(starts) if starts is not None else ():
                axes.axvline(start - 0.5, color=INK, linewidth=0.8, alpha=0.5)
            axes.grid(visible=False, axis="x")
            axes.bar(places, np.asarray(values), color=OKABE_ITO[colour])
            axes.set(title=name, ylabel="error", ylim=(0, 1.05 * most), xlim=(-0.7, len(symbols) - 0.3))
        panels[-1].set_xticks(places, symbols)
    return figure


def states_in_time_figure(rows: Mapping[str, ArrayLike], *, marks: Sequence[int] = (), x_label: str = "step") -> Figure:
    """Draw numbers that change from step to step, one panel a kind.

    Args:
        rows: By name, ``(steps,)`` or ``(steps, lines)``.
        marks: Steps at which something happened; dashed lines.
        x_label: What a step is.

    Returns:
        The figure, 8 inches wide.
    """
    with drawing():
        figure = new_figure(width=8, height=1.5 * len(rows) + 0.5)
        panels = figure.subplots(len(rows), 1, squeeze=False, sharex=True)[:, 0]
        for axes, (name, values) in zip(panels, rows.items(), strict=True):
            lines = np.asarray(values, np.float64)
            lines = lines.reshape(len(lines), -1)
            for number, line in enumerate(lines.T):
                axes.plot(line, color=OKABE_ITO[LINE_COLOURS[number % len(LINE_COLOURS)]], linewidth=1.5)
            for mark in marks:
                axes.axvline(mark, color=INK, linewidth=1, linestyle=(0, (4, 3)))
            axes.set_title(name, loc="left", fontsize=10)
        panels[-1].set_xlabel(x_label)
    return figure
