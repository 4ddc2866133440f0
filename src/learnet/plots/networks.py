"""Networks as pictures: the layers of a block and how they are joined; which parts are trained and which are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from learnet.plots.style import INK, LINE, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BOX_WIDTH, _BOX_HEIGHT = 1.75, 0.42  # inches, as is everything here
_COLUMN, _ROW = 2.0, 0.72
_COLOURS = {"Conv": "sky", "Depthwise": "green", "Pool": "yellow", "Add": "orange", "Concatenate": "orange"}
_PLAIN = "#f0f0f3"
_HEAD = {"arrowstyle": "-|>", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}


class Node(Protocol):
    """What a drawing of a layer needs; ``learnet.models.LayerNode`` has it."""

    @property
    def name(self) -> str:
        """By which ``inputs`` of others call it."""

    @property
    def kind(self) -> str:
        """Its class."""

    @property
    def detail(self) -> str:
        """Its window, or its function."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Without the batch."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Whose outputs it takes."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of a network in the picture of the modes.

    Attributes:
        name: What it is called.
        about: What it sees, in a few words.
    """

    name: str
    about: str = ""


def block_figure(nodes: Sequence[Node], *, title: str) -> Figure:
    """Draw layers as boxes from top to bottom, and an arrow from each to those that take its output.

    Convolutions are blue, depthwise ones green, poolings yellow, sums and concatenations orange, all others grey.

    Args:
        nodes: The layers in order, as ``learnet.models.block_nodes`` returns them.
        title: Above the drawing.
    """
    places = _places(nodes)
    columns = [place[0] for place in places.values()]
    left, right, depth = min(columns), max(columns), max(place[1] for place in places.values())
    with drawing(**{"axes.grid": False}):
        figure = new_figure(width=max((right - left) * _COLUMN + 3.2, 4.5), height=(depth + 1) * _ROW + 0.5)
        axes = figure.subplots()
        axes.set(xlim=(left * _COLUMN - 1.6, right * _COLUMN + 1.6), ylim=((depth + 0.5) * _ROW, -0.5 * _ROW))
        axes.set_axis_off()
        axes.set_title(title, color=INK)
        for node in nodes:
            for source in node.inputs:
                _arrow(axes, places[source], places[node.name], places)
        for node in nodes:
            colour = next((OKABE_ITO[name] for part, name in _COLOURS.items() if part in node.kind), _PLAIN)
            _box(axes, places[node.name], _label(node), colour, light=colour != _PLAIN)
    return figure


def modes_figure(stages: Sequence[Stage], trained: Mapping[str, Sequence[str]]) -> Figure:
    """Draw a network once for each mode of transfer learning: frozen parts grey, trained ones orange.

    Args:
        stages: The network's parts from the photo to the answer.
        trained: By mode, the names of the parts that it trains.
    """
    with drawing(**{"axes.grid": False}):
        figure = new_figure(width=2.9 * len(trained) + 0.4, height=len(stages) * _ROW + 1.1)
        for axes, (mode, names) in zip(
            figure.subplots(1, len(trained), squeeze=False)[0], trained.items(), strict=True
        ):
            axes.set(xlim=(-1.3, 1.3), ylim=((len(stages) - 0.4) * _ROW, -0.6 * _ROW))
            axes.set_axis_off()
            axes.set_title(mode, color=INK)
            for row, stage in enumerate(stages):
                if row:
                    _arrow(axes, (0, row - 1), (0, row), {})
                learns = stage.name in names
                text = stage.name + (f"\n{stage.about}" if stage.about else "")
                _box(axes, (0, row), text, OKABE_ITO["orange"] if learns else _PLAIN, light=learns, wide=2.3)
        import matplotlib.patches as shapes

        keys = [shapes.Patch(color=OKABE_ITO["orange"], alpha=0.6, label="trained")]
        figure.legend(
            handles=[*keys, shapes.Patch(facecolor=_PLAIN, edgecolor=LINE, label="frozen")],
            loc="outside lower center",
            ncols=2,
        )
    return figure


def _places(nodes: Sequence[Node]) -> dict[str, tuple[float, float]]:
    """Return column and row of each node: as deep as its longest way, and its branches side by side.

    A branch keeps its column; where branches meet, the column is their middle.
    """
    inputs = {node.name: node.inputs for node in nodes}
    depth: dict[str, int] = {}
    for node in nodes:
        depth[node.name] = 1 + max((depth[name] for name in inputs[node.name]), default=-1)
    rows: dict[int, list[str]] = {}
    for name, row in depth.items():
        rows.setdefault(row, []).append(name)
    places: dict[str, tuple[float, float]] = {}
    for row in sorted(rows):
        names = rows[row]
        wished = {name: _middle([places[source][0] for source in inputs[name]]) for name in names}
        ordered = sorted(names, key=lambda name: wished[name])
        column = _middle(list(wished.values())) - (len(ordered) - 1) / 2
        for number, name in enumerate(ordered):
            alone = len(ordered) == 1 or len(set(wished.values())) == len(ordered)
            places[name] = (wished[name] if alone else column + number, row)
    return places


def _middle(values: Sequence[float]) -> float:
    return (min(values) + max(values)) / 2 if values else 0.0


def _label(node: Node) -> str:
    kind = node.kind.removesuffix("2D")
    shape = " x ".join(map(str, node.output_shape))
    return f"{kind} {node.detail}".rstrip() + f"\n{shape}"


def _box(
    axes: Axes, place: tuple[float, float], text: str, colour: str, *, light: bool, wide: float = _BOX_WIDTH
) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = place[0] * _COLUMN, place[1] * _ROW
    corner = (x - wide / 2, y - _BOX_HEIGHT / 2)
    axes.add_patch(
        FancyBboxPatch(
            corner,
            wide,
            _BOX_HEIGHT,
            boxstyle="round,pad=0.02",
            facecolor=(colour, 0.45) if light else colour,
            edgecolor=LINE,
            zorder=2,
        )
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=7.5, zorder=3, linespacing=1.15)


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], places: Mapping[str, tuple[float, float]]
) -> None:
    """Draw an arrow; one that leads past other rows goes straight down first, beside what stands in its way."""
    crossed = any(x == start[0] == end[0] and start[1] < y < end[1] for x, y in places.values())
    x, y = start[0] * _COLUMN, start[1] * _ROW
    to_x, to_y = end[0] * _COLUMN, end[1] * _ROW
    if crossed:
        edge, lane = x + _BOX_WIDTH / 2 + 0.02, x + _BOX_WIDTH / 2 + 0.35
        way = [(edge, y), (lane, y), (lane, to_y), (edge, to_y)]
    else:
        last = to_y - _ROW + _BOX_HEIGHT / 2
        way = [(x, y + _BOX_HEIGHT / 2), (x, last), (to_x, to_y - _BOX_HEIGHT / 2 - 0.02)]
    axes.plot(*zip(*way[:-1], strict=True), color=INK, linewidth=0.9, zorder=1)
    axes.annotate("", way[-1], way[-2], zorder=1, arrowprops={**_HEAD, "color": INK})
