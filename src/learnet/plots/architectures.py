"""The chart of architectures: accuracy against cost, the area of a bubble its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.plots.style import INK, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_AREA_PER_MILLION = 6.0  # points squared


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """One network.

    Attributes:
        name: Of the network.
        family: Networks of one family have one colour.
        top1: Published accuracy in [0, 1].
        operations: Billions of operations an image, two a multiply-accumulate; greater than 0.
        milliseconds: Measured time an image; greater than 0.
        parameters: Weights.
    """

    name: str
    family: str
    top1: float
    operations: float
    milliseconds: float
    parameters: int


def architectures_figure(bubbles: Sequence[Bubble], *, machine: str) -> Figure:
    """Draw published accuracy against operations, and against the time that they take here.

    Args:
        bubbles: The networks, at least one.
        machine: On what the times were measured.

    Returns:
        The figure, 11 by 6.2 inches, with two panels.
    """
    families = list(dict.fromkeys(bubble.family for bubble in bubbles))
    palette = [colour for name, colour in OKABE_ITO.items() if name not in {"black", "yellow"}]
    colours = {family: palette[number % len(palette)] for number, family in enumerate(families)}
    with drawing():
        figure = new_figure(width=11, height=6.2)
        left, right = figure.subplots(1, 2, sharey=True)
        _panel(left, bubbles, [bubble.operations for bubble in bubbles], colours)
        left.set(xlabel="billions of operations an image (2 x MACs)", ylabel="published top-1 accuracy, %")
        _panel(right, bubbles, [bubble.milliseconds for bubble in bubbles], colours)
        right.set(xlabel=f"milliseconds an image, measured: {machine}")
        for family, colour in colours.items():
            left.scatter([], [], s=60, color=colour, alpha=0.6, label=family)
        figure.legend(loc="outside upper center", ncols=len(families))
    return figure


def _panel(axes: Axes, bubbles: Sequence[Bubble], costs: Sequence[float], colours: dict[str, str]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")  # powers of ten would need Matplotlib's mathematics
    for bubble, cost in sorted(zip(bubbles, costs, strict=True), key=lambda pair: -pair[0].parameters):
        accuracy = 100 * bubble.top1
        area = max(20.0, bubble.parameters / 1e6 * _AREA_PER_MILLION)
        axes.scatter([cost], [accuracy], s=area, color=colours[bubble.family], alpha=0.45, linewidth=0)
        axes.plot([cost], [accuracy], ".", color=INK, markersize=3)
        axes.annotate(bubble.name, (cost, accuracy), (3, 4), textcoords="offset points", fontsize=7)
