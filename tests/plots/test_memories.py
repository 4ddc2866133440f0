"""Energies, states, errors and clouds hold the numbers that they were made from."""

import numpy as np
import pytest

from learnet.plots import (
    beliefs_figure,
    clouds_figure,
    energy_figure,
    states_figure,
    states_in_time_figure,
    surprise_figure,
)


def test_snapshots_stand_above_the_energy_where_they_were_taken():
    pictures = {0: np.zeros((2, 2)), 2: np.eye(2)}
    figure = energy_figure([5.0, 3.0, -1.0], pictures)
    curve, *snapshots = figure.axes
    line, first, last = curve.lines
    assert line.get_ydata().tolist() == [5, 3, -1]
    assert (first.get_xydata().tolist(), last.get_xydata().tolist()) == ([[0, 5]], [[2, -1]])
    np.testing.assert_array_equal(snapshots[1].images[0].get_array(), np.eye(2))
    assert snapshots[1].get_title() == "after 2"


def test_bars_stand_side_by_side_and_theory_lies_across():
    shares = {"hot": [0.5, 0.5], "cold": [0.9, 0.1]}
    figure = states_figure(
        ["00", "11"], shares, expected={"hot": [0.4, 0.6], "cold": [1.0, 0.0]}, share_of="all dreams"
    )
    (axes,) = figure.axes
    assert axes.get_ylabel() == "share of all dreams"
    bars = [(bar.get_center()[0], bar.get_height()) for bar in axes.patches]
    assert np.ravel(bars) == pytest.approx([-0.2, 0.5, 0.8, 0.5, 0.2, 0.9, 1.2, 0.1])
    theory = np.array([segment[0, 1] for lines in axes.collections for segment in lines.get_segments()])
    assert theory.tolist() == [0.4, 0.6, 1.0, 0.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["00", "11"]


def test_errors_stand_above_their_symbols_on_one_scale():
    figure = surprise_figure("bab", {"Elman": [1, 0.1, 1], "plain": [1, 2, 1]}, starts=[True, False, True])
    elman, plain = figure.axes
    assert [bar.get_height() for bar in elman.patches] == [1, 0.1, 1]
    assert elman.get_ylim() == plain.get_ylim() == (0, 2.1)
    assert [line.get_xdata()[0] for line in plain.lines] == [-0.5, 1.5]
    assert [label.get_text() for label in plain.get_xticklabels()] == ["b", "a", "b"]


def test_numbers_in_time_have_a_panel_a_kind_and_a_line_each():
    figure = states_in_time_figure({"input": [1, 2, 3], "cells": [[0, 1], [2, 3], [4, 5]]}, marks=[1])
    one, two = figure.axes
    assert one.lines[0].get_ydata().tolist() == [1, 2, 3]
    assert [line.get_ydata().tolist() for line in two.lines[:2]] == [[0, 2, 4], [1, 3, 5]]
    assert list(two.lines[2].get_xdata()) == [1, 1]


def test_beliefs_lie_over_histograms_of_area_1():
    draws = np.random.default_rng(0).normal(size=(2, 500))
    figure = beliefs_figure(draws[0], {"late": draws[1]}, {"late": ([0, 1], [0.5, 0.7])})
    (axes,) = figure.axes
    assert sum(bar.get_height() * bar.get_width() for bar in axes.patches[:50]) == pytest.approx(1)
    assert list(axes.lines[0].get_ydata()) == [0.5, 0.7]


def test_clouds_show_examples_and_what_was_made():
    figure = clouds_figure([[1, 0], [0, 2]], {str(number): [[number, 0.0]] for number in range(5)})
    assert len(figure.axes) == 8
    made, examples = figure.axes[4].lines
    assert made.get_xydata().tolist() == [[4, 0]]
    assert examples.get_xydata().tolist() == [[1, 0], [0, 2]]
    assert figure.axes[4].get_xlim() == pytest.approx((-2.8, 2.8))
