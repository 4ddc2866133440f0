"""Lines and curves hold the numbers that they were made from."""

import numpy as np

from learnet.plots import fit_figure, series_figure


def test_lines_differ_in_colour_and_dashes():
    series = {name: ([0, 1, 2], [number, 1, 4]) for number, name in enumerate("abcdefgh")}
    figure = series_figure(series, x_label="x", y_label="y", log_y=True, marks={"here": 1.5}, y_limits=(0.1, 5))
    (axes,) = figure.axes
    *lines, mark = axes.lines
    assert [line.get_ydata()[0] for line in lines] == list(range(8))
    looks = {
        (line.get_color(), line.get_linestyle(), line._dash_pattern[1] and len(line._dash_pattern[1])) for line in lines
    }
    assert len(looks) == 8
    assert list(mark.get_xdata()) == [1.5, 1.5]
    assert axes.get_ylim() == (0.1, 5)
    assert axes.get_yscale() == "log"


def test_a_single_line_needs_no_legend_and_a_narrow_figure_is_lower():
    figure = series_figure({"alone": ([1, 10], [0, 1])}, x_label="x", y_label="y", log_x=True, width=4)
    assert figure.axes[0].get_legend() is None
    assert figure.get_size_inches().tolist() == [4, 3]
    assert figure.axes[0].get_xscale() == "log"


def test_fits_stand_beside_their_points_and_wild_curves_are_cut_off():
    x = np.linspace(0, 1, 5)
    figure = fit_figure(([0, 1], [0.0, 2.0]), {"tame": x, "wild": 1e6 * x}, x=x, truth=2 * x, fresh=([0.5], [4.0]))
    tame, wild = figure.axes
    drawn = {line.get_label(): line.get_ydata().tolist() for line in wild.lines}
    assert drawn["the network"][-1] == 1e6
    assert drawn["the truth"] == (2 * x).tolist()
    assert drawn["points learnt from"] == [0, 2]
    assert drawn["new points"] == [4]
    assert wild.get_ylim() == tame.get_ylim() == (-2, 6)
