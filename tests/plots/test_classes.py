"""Bars and cells stand where the numbers say; names are text whatever they are."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from learnet.plots import bars_figure, confusion_figure, to_svg

HOSTILE = ["$x_$", "<b>&\"'</b>", "two\nlines", "bytes\udcff", "模型", "\x00\x1b", "$\\frac{$"]


def test_bars_hold_names_as_text_whatever_they_are() -> None:
    figure = bars_figure(np.linspace(0, 1, 7), HOSTILE, label="recall", intervals=[(0, 1)] * 7)
    root = ET.fromstring(to_svg(figure, label="bars"))
    shown = ["".join(found.itertext()).strip() for found in root.iter() if found.tag.endswith("text")]
    assert {"$x_$", "<b>&\"'</b>", "two\\nlines", "bytes\\udcff", "模型", "\\x00\\x1b", "$\\frac{$"} <= set(shown)
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx(np.linspace(0, 1, 7).tolist())


def test_a_small_confusion_matrix_holds_its_counts() -> None:
    figure = confusion_figure([[9, 1], [0, 5]], ["cat", "dog"])
    written = {(found.get_position(), found.get_text()) for found in figure.axes[0].texts}
    assert written == {((0, 0), "9"), ((1, 0), "1"), ((1, 1), "5")}
    shares = figure.axes[0].images[0].get_array()
    assert np.asarray(shares).tolist() == [[0.9, 0.1], [0, 1]]


def test_a_large_confusion_matrix_is_drawn_without_counts() -> None:
    figure = confusion_figure(np.eye(101, dtype=int), [f"class {index}" for index in range(101)])
    assert len(figure.axes[0].texts) == 0
    assert len(figure.axes[0].get_yticklabels()) == 101
