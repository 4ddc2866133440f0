"""A single neuron, its activation, and its weights as a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.style import INK, LINE, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

_ARROW = {"arrowstyle": "-|>", "shrinkA": 15, "shrinkB": 16}


def neuron_figure(
    inputs: Mapping[str, float], weights: Sequence[float], *, bias: float, output: float, activation: str = "step"
) -> Figure:
    """Draw one neuron at work: what comes in, what each input counts, the sum, and what goes out.

    Args:
        inputs: By name, what comes in; at least one.
        weights: One for each input. Blue ones push the sum up, orange ones (vermillion) push it down; the thicker, the
            more.
        bias: What is added whatever comes in.
        output: What the neuron says.
        activation: What it makes of the sum, as a word.

    Returns:
        The figure, 7.5 inches wide, higher with more inputs.
    """
    total = float(np.dot(list(inputs.values()), weights) + bias)
    heights = np.arange(len(inputs))[::-1] - (len(inputs) - 1) / 2
    with drawing():
        figure = new_figure(width=7.5, height=1.2 + 0.75 * len(inputs))
        axes = figure.subplots()
        axes.set_axis_off()
        for (name, value), weight, height in zip(inputs.items(), weights, heights, strict=True):
            _connect(axes, (0, height), (3, 0), weight)
            _circle(axes, (0, height), f"{value:g}")
            axes.annotate(
                name, (0, height), (-18, 0), textcoords="offset points", ha="right", va="center", annotation_clip=False
            )
        axes.text(3, 0.62, f"bias {bias:+g}", ha="center")
        _circle(axes, (3, 0), f"{total:.3g}")
        axes.text(3, -0.68, "the sum", ha="center", color=INK)
        axes.annotate("", (6, 0), (3, 0), arrowprops={**_ARROW, "color": INK})
        axes.text(4.5, 0.16, activation, ha="center")
        _circle(axes, (6, 0), f"{output:.3g}")
        axes.text(6, -0.68, "the answer", ha="center")
        axes.set(xlim=(-1.6, 6.6), ylim=(min(-1.0, heights.min() - 0.4), max(1.0, heights.max() + 0.4)))
    return figure


def _circle(axes: Axes, where: tuple[float, float], text: str) -> None:
    axes.plot(*where, "o", markersize=30, markerfacecolor="white", markeredgecolor=INK)
    axes.text(*where, text, ha="center", va="center", fontsize=9)


def _connect(axes: Axes, start: tuple[float, float], end: tuple[float, float], weight: float) -> None:
    colour = OKABE_ITO["blue"] if weight > 0 else OKABE_ITO["vermillion"] if weight < 0 else LINE
    width = 0.8 + 2.2 * math.tanh(abs(weight) / 2)
    axes.annotate("", end, start, arrowprops={**_ARROW, "color": colour, "linewidth": width})
    share = 0.45
    where = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
    axes.text(*where, f"x {weight:g}", ha="center", va="center", fontsize=9, color=colour, bbox=_paper())


def _paper() -> dict[str, object]:
    return {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}


def activations_figure(sums: ArrayLike, values: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Figure:
    """Draw activations side by side, each with its slope.

    Args:
        sums: What comes in, ``(n,)``.
        values: By name, the activation and its slope, each ``(n,)``.

    Returns:
        The figure, at most three panels a row.
    """
    across = 2 if len(values) == 4 else min(3, len(values))
    down = math.ceil(len(values) / across)
    with drawing():
        figure = new_figure(width=3.3 * across, height=2.6 * down + 0.4)
        grid = figure.subplots(down, across, squeeze=False, sharex=True)
        for axes, (name, (value, slope)) in zip(grid.flat, values.items(), strict=False):
            axes.axvline(0, color=LINE, linewidth=1)
            axes.plot(sums, value, color=OKABE_ITO["blue"], linewidth=2, label="the answer")
            axes.plot(sums, slope, color=OKABE_ITO["vermillion"], linewidth=1.5, dashes=(4, 2), label="its slope")
            axes.set_title(name)
        for axes in grid.flat[len(values) :]:
            axes.set_axis_off()
        for axes in grid[-1]:
            axes.set_xlabel("the sum")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def weights_figure(pictures: ArrayLike, names: Sequence[str] = (), *, across: int = 5) -> Figure:
    """Draw weights as pictures around zero: blue pushes the sum up, vermillion pushes it down, white does nothing.

    Args:
        pictures: ``(n, height, width)``; each is drawn on its own scale, the same to both sides of zero.
        names: What each is called.
        across: Pictures a row.

    Returns:
        The figure, an inch and a bit for each picture.
    """
    shown: NDArray[np.float64] = np.asarray(pictures, np.float64)
    across = min(across, len(shown))
    down = math.ceil(len(shown) / across)
    with drawing(**{"axes.grid": False}):
        figure = new_figure(width=1.3 * across + 0.4, height=1.45 * down + 0.2)
        grid = figure.subplots(down, across, squeeze=False)
        for axes in grid.flat:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        for number, (axes, picture) in enumerate(zip(grid.flat, shown, strict=False)):
            most = float(np.abs(picture).max()) or 1.0
            axes.imshow(picture, cmap=signed_colours(), vmin=-most, vmax=most, interpolation="nearest")
            if number < len(names):
                axes.set_title(names[number], fontsize=9)
    return figure


def signed_colours() -> Colormap:
    """Return the colours from vermillion (below zero) through white to blue (above zero)."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "signed", [OKABE_ITO["vermillion"], "#ffffff", OKABE_ITO["blue"]], N=257
    )  # odd: one is white
