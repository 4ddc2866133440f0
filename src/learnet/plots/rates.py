"""Which learning rate, and why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from learnet.plots.style import OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


def rates_figure(
    rates: Sequence[float],
    losses: Sequence[float],
    trial_rates: Sequence[float],
    trial_losses: Sequence[float],
    *,
    suggestion: float,
) -> Figure:
    """Draw a range test and the ends of short trainings.

    Args:
        rates: Of the range test, growing, greater than 0.
        losses: Its smoothed losses, one a rate.
        trial_rates: The largest rate of each short training.
        trial_losses: The loss at its end; infinite ones are left out.
        suggestion: The rate that follows.

    Returns:
        The figure, 8 by 4 inches.
    """
    ends = [(rate, loss) for rate, loss in zip(trial_rates, trial_losses, strict=True) if math.isfinite(loss)]
    with drawing():
        figure = new_figure(width=8, height=4)
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.plot(rates, losses, color=OKABE_ITO["sky"], label="range test: the rate grows with each step")
        axes.plot(
            [rate for rate, _ in ends],
            [loss for _, loss in ends],
            "o-",
            color=OKABE_ITO["blue"],
            label="short trainings: the loss at their end",
        )
        axes.axvline(suggestion, color=OKABE_ITO["vermillion"], label=f"suggested: {suggestion:.2g}")
        axes.set(xlabel="learning rate", ylabel="training loss")
        axes.legend()
    return figure
