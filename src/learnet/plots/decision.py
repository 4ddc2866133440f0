"""Points of two classes in a plane, and where a classifier draws its border."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

Decide: TypeAlias = "Callable[[NDArray[np.float64]], ArrayLike]"
"""From points ``(n, 2)`` to numbers ``(n,)``: above 0 is the second class."""
Extent: TypeAlias = "tuple[float, float, float, float]"

CLASS_COLOURS = (OKABE_ITO["vermillion"], OKABE_ITO["blue"])
_MARKERS = ("s", "o")
_GRID = 121


def decision_figure(
    points: ArrayLike,
    labels: ArrayLike,
    deciders: Sequence[tuple[str, Decide]] = (),
    *,
    names: tuple[str, str] = ("no", "yes"),
    axes_names: tuple[str, str] = ("first number", "second number"),
    support: Sequence[ArrayLike] = (),
    margin: bool = False,
) -> Figure:
    """Draw points and, in one panel each, the borders of classifiers.

    Args:
        points: ``(n, 2)``, at least one.
        labels: 0 or 1, ``(n,)``; squares in vermillion and circles in blue.
        deciders: By name, functions whose sign is the answer. Without any, the points stand alone.
        names: Of the two classes.
        axes_names: Of the two numbers of a point.
        support: For each decider, which points are ringed, int ``(m,)``.
        margin: Draw the lines where the decider says -1 and 1, too.

    Returns:
        The figure, 4 inches a panel.
    """
    where, kinds = np.asarray(points, np.float64), np.asarray(labels)
    extent = _around(where)
    panels: list[tuple[str, Decide | None]] = [*deciders] or [("", None)]
    with drawing():
        figure = new_figure(width=4 * len(panels) + 0.4, height=4.2)
        for number, (axes, (name, decide)) in enumerate(
            zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True)
        ):
            if decide is not None:
                _regions(axes, decide, extent, margin=margin)
            _points(axes, where, kinds, names)
            if number < len(support):
                _rings(axes, where[np.asarray(support[number], np.int64)])
            axes.set(title=name, xlabel=axes_names[0], xlim=extent[:2], ylim=extent[2:])
        figure.axes[0].set_ylabel(axes_names[1])
        handles, words = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, words, loc="outside upper center", ncols=3)
    return figure


def borders_figure(
    points: ArrayLike,
    labels: ArrayLike,
    borders: Sequence[tuple[ArrayLike, float]],
    *,
    names: tuple[str, str] = ("no", "yes"),
    axes_names: tuple[str, str] = ("first number", "second number"),
) -> Figure:
    """Draw how the straight border of one neuron moved, pale at first, dark at last.

    Args:
        points: ``(n, 2)``.
        labels: 0 or 1, ``(n,)``.
        borders: Weights ``(2,)`` and bias, oldest first; those whose weights are all 0 have no border.
        names: Of the two classes.
        axes_names: Of the two numbers of a point.

    Returns:
        The figure, 5.5 by 4.6 inches.
    """
    where = np.asarray(points, np.float64)
    extent = _around(where)
    drawn = [(np.asarray(w, np.float64), b) for w, b in borders if np.any(w)]
    with drawing():
        figure = new_figure(width=5.5, height=4.6)
        axes = figure.subplots()
        for number, (weights, bias) in enumerate(drawn, start=1):
            last = number == len(drawn)
            foot = -bias * weights / (weights @ weights)
            axes.axline(
                (foot[0], foot[1]),
                (foot[0] - weights[1], foot[1] + weights[0]),
                color=INK,
                alpha=0.15 + 0.85 * (number / len(drawn)) ** 2,
                linewidth=2.2 if last else 1,
                label="the border at last" if last else None,
            )
        _points(axes, where, np.asarray(labels), names)
        axes.set(xlabel=axes_names[0], ylabel=axes_names[1], xlim=extent[:2], ylim=extent[2:])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _around(points: NDArray[np.float64]) -> Extent:
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.15 * np.maximum(high - low, 1e-9)
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    return left, right, bottom, top


def _regions(axes: Axes, decide: Decide, extent: Extent, *, margin: bool) -> None:
    x, y = np.meshgrid(np.linspace(*extent[:2], _GRID), np.linspace(*extent[2:], _GRID))
    values = np.asarray(decide(np.column_stack([x.ravel(), y.ravel()])), np.float64).reshape(x.shape)
    axes.contourf(x, y, values, levels=[-np.inf, 0, np.inf], colors=CLASS_COLOURS, alpha=0.14)
    if values.min() < 0 < values.max():
        axes.contour(x, y, values, levels=[0], colors=[INK], linewidths=2)
    if margin:
        axes.contour(x, y, values, levels=[-1, 1], colors=[INK], linewidths=1, linestyles="dashed")


def _points(axes: Axes, points: NDArray[np.float64], labels: NDArray[np.int64], names: tuple[str, str]) -> None:
    for kind, (name, marker, colour) in enumerate(zip(names, _MARKERS, CLASS_COLOURS, strict=True)):
        chosen = points[labels == kind]
        axes.plot(
            chosen[:, 0],
            chosen[:, 1],
            marker,
            color=colour,
            markersize=6,
            markeredgecolor="white",
            markeredgewidth=0.6,
            label=name,
        )


def _rings(axes: Axes, points: NDArray[np.float64]) -> None:
    axes.plot(
        points[:, 0],
        points[:, 1],
        "o",
        markersize=12,
        markerfacecolor="none",
        markeredgecolor=INK,
        label="support vectors",
    )
