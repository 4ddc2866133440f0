"""Boxes stand in the order of the layers, branches side by side, and arrows end where outputs are taken."""

from dataclasses import dataclass

import pytest
from matplotlib.colors import to_rgba

from learnet.plots import OKABE_ITO, Stage, block_figure, modes_figure


@dataclass(frozen=True)
class Layer:
    name: str
    inputs: tuple[str, ...] = ()
    kind: str = "Conv2D"
    detail: str = "3 x 3"
    output_shape: tuple[int, ...] = (8, 8, 4)


RESIDUAL = [Layer("in", kind="InputLayer"), Layer("a", ("in",)), Layer("b", ("a",)), Layer("sum", ("b", "in"), "Add")]
BRANCHES = [
    Layer("in", kind="Concatenate"),
    *(Layer(name, ("in",)) for name in ("a", "b", "c")),
    Layer("d", ("b",), "MaxPooling2D"),
    Layer("out", ("a", "d", "c"), "Concatenate"),
]


def middles(figure):
    return [text.get_position() for text in figure.axes[0].texts if text.get_text()]


def test_a_chain_stands_in_one_column_and_its_shortcut_beside_it():
    figure = block_figure(RESIDUAL, title="residual")
    columns, rows = zip(*middles(figure), strict=True)
    assert set(columns) == {0.0}
    assert list(rows) == sorted(rows)
    rightmost = max(x for line in figure.axes[0].lines for x in line.get_xdata())
    assert rightmost > max(
        patch.get_x() + patch.get_width() for patch in figure.axes[0].patches if hasattr(patch, "get_x")
    )
    assert [text.get_text().splitlines() for text in figure.axes[0].texts if text.get_text()][-1] == [
        "Add 3 x 3",
        "8 x 8 x 4",
    ]


def test_branches_stand_side_by_side_and_meet_in_their_middle():
    places = dict(zip((node.name for node in BRANCHES), middles(block_figure(BRANCHES, title="")), strict=True))
    assert places["a"][0] < places["b"][0] < places["c"][0]
    assert places["a"][1] == places["b"][1] == places["c"][1] < places["d"][1] < places["out"][1]
    assert places["d"][0] == places["b"][0]
    assert places["out"][0] == pytest.approx((places["a"][0] + places["c"][0]) / 2)


def test_there_is_an_arrow_for_each_output_taken():
    arrows = [note for note in block_figure(BRANCHES, title="").axes[0].texts if getattr(note, "arrow_patch", None)]
    assert len(arrows) == sum(len(node.inputs) for node in BRANCHES)


def test_trained_parts_are_orange_and_frozen_ones_grey():
    stages = [Stage(name="lower", about="edges"), Stage(name="upper"), Stage(name="head")]
    figure = modes_figure(stages, {"head": ["head"], "partial": ["upper", "head"]})
    orange = to_rgba(OKABE_ITO["orange"], 0.45)
    trained = [[box.get_facecolor() == orange for box in axes.patches] for axes in figure.axes]
    assert trained == [[False, False, True], [False, True, True]]
    assert [axes.get_title() for axes in figure.axes] == ["head", "partial"]
