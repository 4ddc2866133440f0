"""Ways down: on a curve, and on a surface seen from above."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.series import LINE_COLOURS
from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

_GRID = 161
_ACROSS = 3


def slope_figure(
    function: Callable[[NDArray[np.float64]], ArrayLike],
    ways: Mapping[str, ArrayLike],
    *,
    span: tuple[float, float],
    x_label: str = "weight",
    y_label: str = "loss",
) -> Figure:
    """Draw a curve and the steps that were taken on it, in one panel a way.

    Args:
        function: From places ``(n,)`` to heights ``(n,)``.
        ways: By name, the places of each step, ``(steps + 1,)``; those outside of the span are not drawn.
        span: From where to where the curve is drawn.
        x_label: What is changed.
        y_label: What shall be small.

    Returns:
        The figure, 3.4 inches a panel.
    """
    places = np.linspace(*span, 400)
    heights = np.asarray(function(places))
    with drawing():
        figure = new_figure(width=3.4 * len(ways) + 0.3, height=3.2)
        panels = figure.subplots(1, len(ways), squeeze=False, sharey=True)[0]
        for axes, (name, way) in zip(panels, ways.items(), strict=True):
            steps = np.asarray(way, np.float64).ravel()
            axes.plot(places, heights, color=OKABE_ITO["blue"], linewidth=2)
            axes.plot(
                steps, np.asarray(function(steps)), "o-", color=OKABE_ITO["vermillion"], markersize=4, linewidth=1
            )
            axes.plot(steps[:1], np.asarray(function(steps[:1])), "s", color=INK, markersize=7)
            room = 0.06 * np.ptp(heights)
            axes.set(xlabel=x_label, title=name, xlim=span, ylim=(heights.min() - room, heights.max() + room))
        panels[0].set_ylabel(y_label)
    return figure


def surface_figure(
    function: Callable[[NDArray[np.float64]], ArrayLike],
    ways: Mapping[str, ArrayLike],
    *,
    across: tuple[float, float],
    up: tuple[float, float],
    minima: Sequence[Sequence[float]] = (),
    apart: bool = True,
    axes_names: tuple[str, str] = ("first weight", "second weight"),
) -> Figure:
    """Draw a surface from above, as a map does, with the ways of descents on it.

    Between two neighbouring lines the height changes by the same factor, so that valleys show; dark is deep.

    Args:
        function: From points ``(2, ...)`` to heights ``(...)``.
        ways: By name, the points of each step, ``(steps + 1, 2)``; a square marks the start.
        across: From where to where the first axis goes.
        up: The same of the second.
        minima: The lowest points, marked by stars.
        apart: One panel a way; otherwise all in one.
        axes_names: Of the two axes.

    Returns:
        The figure, at most three panels a row.
    """
    panels = [{name: way} for name, way in ways.items()] if apart else [dict(ways)]
    columns = min(_ACROSS, len(panels))
    rows = -(-len(panels) // columns)
    map_of = _map(function, across, up)
    with drawing(**{"axes.grid": False}):
        width = 3.6 if apart else 6.5
        figure = new_figure(width=width * columns + 0.4, height=(3.4 if apart else 5.0) * rows)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for number, (axes, drawn) in enumerate(zip(grid.flat, panels, strict=False)):
            _ground(axes, *map_of, minima)
            for place, (name, way) in enumerate(drawn.items()):
                colour = OKABE_ITO["vermillion"] if apart else OKABE_ITO[LINE_COLOURS[place % len(LINE_COLOURS)]]
                _way(axes, np.asarray(way, np.float64), colour, name)
            axes.set(xlim=across, ylim=up)
            if apart:
                axes.set_title(next(iter(drawn)))
            if number >= len(panels) - columns:
                axes.set_xlabel(axes_names[0])
        for axes in grid[:, 0]:
            axes.set_ylabel(axes_names[1])
        if not apart:
            figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right upper")
    return figure


def _map(
    function: Callable[[NDArray[np.float64]], ArrayLike], across: tuple[float, float], up: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.meshgrid(np.linspace(*across, _GRID), np.linspace(*up, _GRID))
    return x, y, np.asarray(function(np.stack([x, y])), np.float64)


def _ground(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    heights: NDArray[np.float64],
    minima: Sequence[Sequence[float]],
) -> None:
    above = heights - heights.min()
    floor = max(float(np.percentile(above, 1)), 1e-6 * float(above.max()) or 1e-12)
    levels = np.geomspace(floor, float(above.max()) or 1.0, 14)
    axes.contourf(x, y, np.log(np.maximum(above, floor)), levels=np.log(levels), cmap="Blues_r", alpha=0.55)
    axes.contour(x, y, above, levels=levels, colors=[INK], linewidths=0.4, alpha=0.5)
    for minimum in minima:
        axes.plot(minimum[0], minimum[1], "*", color=OKABE_ITO["yellow"], markeredgecolor=INK, markersize=15)


def _way(axes: Axes, points: NDArray[np.float64], colour: str, name: str) -> None:
    marker = "o" if len(points) <= 60 else None
    axes.plot(points[:, 0], points[:, 1], "-", color=colour, marker=marker, markersize=3, linewidth=1.4, label=name)
    axes.plot(points[0, 0], points[0, 1], "s", color=INK, markersize=7)
    if np.isfinite(points[-1]).all():
        axes.plot(points[-1, 0], points[-1, 1], "D", color=colour, markeredgecolor="white", markersize=7)
