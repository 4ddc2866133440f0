"""Energies that fall, and how often a machine is in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.series import LINE_COLOURS
from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike


def energy_figure(energies: ArrayLike, snapshots: Mapping[int, ArrayLike]) -> Figure:
    """Draw an energy that falls with each change, and pictures of the state on the way.

    Args:
        energies: Before the first change and after each, ``(changes + 1,)``.
        snapshots: By number of changes, pictures ``(height, width)``.

    Returns:
        The figure, 8 by 4.6 inches: the pictures above the curve.
    """
    values = np.asarray(energies, np.float64)
    with drawing():
        figure = new_figure(width=8, height=4.6)
        grid = figure.add_gridspec(2, max(1, len(snapshots)), height_ratios=(1, 1.7))
        curve = figure.add_subplot(grid[1, :])
        curve.plot(np.arange(len(values)), values, color=OKABE_ITO["blue"], linewidth=2)
        curve.set(xlabel="units that changed", ylabel="energy")
        for column, (number, picture) in enumerate(snapshots.items()):
            axes = figure.add_subplot(grid[0, column])
            axes.imshow(np.asarray(picture), cmap="gray", interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            axes.set_title(f"after {number}", fontsize=9)
            curve.plot([number], [values[number]], "o", color=OKABE_ITO["vermillion"], markersize=7)
    return figure


def states_figure(
    states: Sequence[str],
    shares: Mapping[str, ArrayLike],
    *,
    expected: Mapping[str, ArrayLike] | None = None,
    share_of: str = "the time",
) -> Figure:
    """Draw how often each state came, one group of bars a state.

    Args:
        states: What each is called, at least one.
        shares: By name, the share of each state, ``(states,)``.
        expected: By the same names, what theory says; drawn as lines across the bars.
        share_of: Of what the bars are shares.

    Returns:
        The figure, wider with more states.
    """
    places, width = np.arange(len(states)), 0.8 / len(shares)
    with drawing():
        figure = new_figure(width=max(5.0, 0.7 * len(states) * max(1, len(shares) / 2) + 1), height=3.4)
        axes = figure.subplots()
        axes.grid(visible=False, axis="x")
        for number, (name, values) in enumerate(shares.items()):
            middle = places + (number - (len(shares) - 1) / 2) * width
            axes.bar(middle, np.asarray(values), 0.92 * width, color=OKABE_ITO[LINE_COLOURS[number]], label=name)
            if expected is not None:
                theory = np.asarray(expected[name])
                axes.hlines(theory, middle - 0.5 * width, middle + 0.5 * width, color=INK, linewidth=2)
        axes.set_xticks(places, states)
        axes.set_ylabel(f"share of {share_of}")
        if len(shares) > 1:
            axes.legend()
    return figure
