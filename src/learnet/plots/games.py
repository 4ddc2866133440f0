"""Two networks against each other: what one makes, and what the other believes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

_BINS = 50


def beliefs_figure(
    examples: ArrayLike, samples: Mapping[str, ArrayLike], beliefs: Mapping[str, tuple[ArrayLike, ArrayLike]]
) -> Figure:
    """Draw numbers that are examples beside numbers that were made, and what the judge believes at each place.

    Args:
        examples: ``(n,)``.
        samples: By name of the moment, made numbers ``(m,)``; one panel each.
        beliefs: By the same names, places ``(k,)`` and the belief there that a number is an example, in [0, 1].

    Returns:
        The figure, 3.5 inches a panel.
    """
    real = np.asarray(examples, np.float64).ravel()
    everything = np.concatenate([real, *[np.asarray(made).ravel() for made in samples.values()]])
    edges = np.linspace(everything.min(), everything.max(), _BINS + 1)
    with drawing():
        figure = new_figure(width=3.5 * len(samples) + 0.5, height=3.5)
        panels = figure.subplots(1, len(samples), squeeze=False, sharex=True)[0]
        for axes, (moment, made) in zip(panels, samples.items(), strict=True):
            axes.hist(real, edges, density=True, color=OKABE_ITO["blue"], alpha=0.45, label="examples")
            axes.hist(
                np.asarray(made).ravel(),
                edges,
                density=True,
                histtype="step",
                color=OKABE_ITO["vermillion"],
                linewidth=2,
                label="made by the generator",
            )
            axes.plot(*beliefs[moment], color=INK, linewidth=1.5, dashes=(4, 2), label="the judge: 'an example'")
            axes.set(title=moment, ylim=(0, 1.6))
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def clouds_figure(examples: ArrayLike, samples: Mapping[str, ArrayLike]) -> Figure:
    """Draw points that are examples, and those that were made, one panel a moment.

    Args:
        examples: ``(n, 2)``.
        samples: By name of the moment, made points ``(m, 2)``.

    Returns:
        The figure, at most four panels a row.
    """
    real = np.asarray(examples, np.float64)
    reach = 1.4 * float(np.abs(real).max())
    across = min(4, len(samples))
    down = -(-len(samples) // across)
    with drawing():
        figure = new_figure(width=2.7 * across + 0.3, height=2.8 * down + 0.4)
        grid = figure.subplots(down, across, squeeze=False)
        for axes in grid.flat[len(samples) :]:
            axes.set_axis_off()
        for axes, (moment, made) in zip(grid.flat, samples.items(), strict=False):
            points = np.asarray(made, np.float64)
            axes.plot(points[:, 0], points[:, 1], ".", color=OKABE_ITO["vermillion"], markersize=3, label="made")
            axes.plot(real[:, 0], real[:, 1], ".", color=OKABE_ITO["blue"], markersize=3, label="examples")
            axes.set(title=moment, aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
        handles, words = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, words, loc="outside upper center", ncols=2, markerscale=4)
    return figure
