"""A figure becomes SVG or PNG, and nothing global changes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from learnet.plots import OKABE_ITO, new_figure, reliability_figure, to_png, to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curve() -> Figure:
    return reliability_figure(counts=[0, 10, 30], confidence=[0, 0.5, 0.9], accuracy=[0, 0.4, 0.95])


def test_svg_is_sound_stands_alone_and_follows_the_page() -> None:
    svg = to_svg(curve(), label='A "curve" & more')
    root = ET.fromstring(svg)
    assert root.get("aria-label") == 'A "curve" & more'
    assert root.get("role") == "img"
    assert "var(--ink, #" in svg
    assert "var(--blue, #0072b2)" in svg
    assert "<style" not in svg
    assert "DOCTYPE" not in svg
    assert "font-family" not in svg
    assert "share that was right" in ["".join(found.itertext()) for found in root.iter()]


def test_two_figures_share_no_name_and_one_is_always_the_same() -> None:
    first, again, second = (to_svg(curve(), label=label) for label in ("one", "one", "two"))
    assert first == again

    def names(svg: str) -> set[str]:
        return {found.get("id", "") for found in ET.fromstring(svg).iter()} - {""}

    assert names(first)
    assert names(first).isdisjoint(names(second))


def test_png_is_an_image_on_white() -> None:
    content = to_png(curve(), dots_per_inch=72)
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image.shape[:2] == (352, 403)
    assert image[0, 0].tolist()[:3] == [255, 255, 255]


def test_the_callers_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mpl.rcParams, "text.usetex", True)
    before = dict(mpl.rcParams)
    to_svg(curve(), label="x")
    assert dict(mpl.rcParams) == before


def test_pyplot_is_not_needed() -> None:
    program = (
        "import sys, learnet.plots as p; assert 'matplotlib' not in sys.modules; "
        "p.to_png(p.confusion_figure([[1, 0], [0, 1]], ['a', 'b'])); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_colours_are_the_published_ones_and_cannot_be_changed() -> None:
    assert OKABE_ITO["vermillion"] == "#d55e00"
    assert len(set(OKABE_ITO.values())) == 8
    with pytest.raises(TypeError):
        OKABE_ITO["blue"] = "#fff"  # type: ignore[index]


def test_a_new_figure_has_the_size_asked_for() -> None:
    assert new_figure(width=3, height=2).get_size_inches().tolist() == [3, 2]
