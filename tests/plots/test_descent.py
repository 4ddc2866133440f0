"""Ways are drawn where they went, and the ground below them has its true heights."""

import numpy as np

from learnet.plots import slope_figure, surface_figure


def bowl(w):
    return w[0] ** 2 + 2 * w[1] ** 2


def test_the_steps_lie_on_the_curve():
    figure = slope_figure(np.square, {"a": [2, 1, 0.5], "b": [-1.0]}, span=(-2, 3))
    curve, steps, start = figure.axes[0].lines
    np.testing.assert_allclose(curve.get_ydata(), curve.get_xdata() ** 2)
    assert steps.get_xydata().tolist() == [[2, 4], [1, 1], [0.5, 0.25]]
    assert start.get_xydata().tolist() == [[2, 4]]
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]


def test_a_way_on_a_map_begins_at_a_square_and_ends_at_a_diamond():
    way = np.array([[1.0, 1.0], [0.5, 0.2], [0.1, 0.0]])
    figure = surface_figure(bowl, {"way": way, "other": way[::-1]}, across=(-2, 2), up=(-1, 1), minima=[(0, 0)])
    star, line, start, end = figure.axes[0].lines
    assert line.get_xydata().tolist() == way.tolist()
    assert (start.get_xydata().tolist(), end.get_xydata().tolist()) == ([[1, 1]], [[0.1, 0]])
    assert star.get_xydata().tolist() == [[0, 0]]
    assert figure.axes[1].lines[1].get_xydata()[0].tolist() == [0.1, 0.0]
    lines = next(found for found in figure.axes[0].collections if not found.filled)
    for path, level in zip(lines.get_paths(), lines.levels, strict=True):
        if len(path.vertices):
            assert np.abs(bowl(path.vertices.T) / level - 1).max() < 0.1


def test_a_way_that_diverged_has_no_end():
    figure = surface_figure(bowl, {"way": [[1.0, 1.0], [np.inf, np.nan]]}, across=(-2, 2), up=(-1, 1))
    assert len(figure.axes[0].lines) == 2


def test_all_ways_may_share_a_map_and_a_flat_one_can_be_drawn():
    ways = {"one": [[0, 0], [1, 1]], "two": [[0, 0], [-1, 1]]}
    figure = surface_figure(lambda w: 0 * w[0] + 3, ways, across=(-2, 2), up=(-1, 1), apart=False)
    (axes,) = figure.axes
    assert len({line.get_color() for line in axes.lines if line.get_label() in ways}) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
