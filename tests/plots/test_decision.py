"""Borders stand where the classifier changes its mind."""

import numpy as np
import pytest

from learnet.plots import borders_figure, decision_figure

POINTS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
LABELS = np.array([0, 1, 0, 1])


def contours(axes, level):
    return [
        path
        for found in axes.collections
        for path, value in zip(found.get_paths(), found.levels, strict=False)
        if value == level and not found.filled
    ]


def test_the_border_the_margins_and_the_support_vectors():
    figure = decision_figure(
        POINTS, LABELS, [("upright", lambda x: 2 * (x[:, 0] - 1))], support=[[1, 2]], margin=True, names=("a", "b")
    )
    (axes,) = figure.axes
    for level, where in ((0, 1.0), (-1, 0.5), (1, 1.5)):
        (path,) = contours(axes, level)
        assert path.vertices[:, 0] == pytest.approx(where)
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn["a"] == [[0, 0], [0, 2]]
    assert drawn["b"] == [[2, 0], [2, 2]]
    assert drawn["support vectors"] == [[2, 0], [0, 2]]


def test_one_panel_a_decider_and_none_is_the_points_alone():
    assert len(decision_figure(POINTS, LABELS, [("x", lambda x: x[:, 0]), ("y", lambda x: x[:, 1])]).axes) == 2
    (axes,) = decision_figure(POINTS, LABELS).axes
    assert len(axes.collections) == 0


def test_an_undecided_classifier_has_no_border():
    (axes,) = decision_figure(POINTS, LABELS, [("all yes", lambda x: np.ones(len(x)))]).axes
    assert contours(axes, 0) == []


def test_borders_of_a_neuron_go_where_its_sum_is_0():
    figure = borders_figure(POINTS, LABELS, [([0, 0], 1), ([2, 0], -1), ([1, 1], -2)])
    first, last = figure.axes[0].lines[:2]
    assert first.get_xy1() == (0.5, 0.0)
    assert first.get_xy2() == (0.5, 2.0)
    for x, y in (last.get_xy1(), last.get_xy2()):
        assert x + y - 2 == pytest.approx(0)
    assert first.get_alpha() < last.get_alpha() == 1
