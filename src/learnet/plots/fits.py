"""Points with noise, and the curves that were fitted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike


def fit_figure(
    points: tuple[ArrayLike, ArrayLike],
    curves: Mapping[str, ArrayLike],
    *,
    x: ArrayLike,
    truth: ArrayLike | None = None,
    fresh: tuple[ArrayLike, ArrayLike] | None = None,
) -> Figure:
    """Draw fitted curves, one panel each, with the points that they were fitted to.

    Args:
        points: Where and how high, each ``(n,)``.
        curves: By name, heights at ``x``, ``(m,)``; what leaves the picture is cut off.
        x: Where the curves are given, ``(m,)``.
        truth: Heights without noise at ``x``.
        fresh: Further points, which the curves have not seen.

    Returns:
        The figure, 3.5 inches a panel.
    """
    heights = np.concatenate([np.asarray(part).ravel() for part in (points[1], () if fresh is None else fresh[1])])
    room = 0.5 * np.ptp(heights)
    with drawing():
        figure = new_figure(width=3.5 * len(curves) + 0.4, height=3.5)
        panels = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
        for axes, (name, curve) in zip(panels, curves.items(), strict=True):
            if truth is not None:
                axes.plot(x, truth, color=INK, linewidth=1, dashes=(4, 3), label="the truth")
            if fresh is not None:
                axes.plot(*fresh, "o", color=OKABE_ITO["sky"], markersize=4, markerfacecolor="none", label="new points")
            axes.plot(*points, "o", color=OKABE_ITO["blue"], markersize=5, label="points learnt from")
            axes.plot(x, curve, color=OKABE_ITO["vermillion"], linewidth=2.2, label="the network")
            axes.set(title=name, ylim=(heights.min() - room, heights.max() + room))
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4 if len(curves) > 1 else 2
        )
    return figure
