"""The curve is compared with the numbers that it was made from."""

from __future__ import annotations

import numpy as np

from learnet.plots import reliability_figure


def test_the_curve_skips_empty_bins_and_stands_where_the_numbers_say() -> None:
    figure = reliability_figure(
        counts=[0, 10, 30],
        confidence=[0, 0.5, 0.9],
        accuracy=[0, 0.4, 0.95],
        intervals=[(0, 1), (0.2, 0.6), (0.85, 0.99)],
        threshold=0.7,
    )
    axes, histogram = figure.axes
    line = next(found for found in axes.lines if found.get_label() == "this classifier")
    assert line.get_xydata().tolist() == [[0.5, 0.4], [0.9, 0.95]]
    whiskers = np.array(axes.collections[0].get_segments())
    assert whiskers[:, :, 1].tolist() == [[0.2, 0.6], [0.85, 0.99]]
    assert [bar.get_height() for bar in histogram.patches] == [0, 10, 30]
    assert [found.get_xdata()[0] for found in axes.lines if "not sure" in str(found.get_label())] == [0.7]


def test_without_a_threshold_or_intervals_nothing_is_made_up() -> None:
    axes = reliability_figure(counts=[4, 4], confidence=[0.3, 0.8], accuracy=[0.25, 0.75]).axes[0]
    assert [str(line.get_label()) for line in axes.lines] == ["perfectly calibrated", "this classifier"]
    assert len(axes.collections) == 0
