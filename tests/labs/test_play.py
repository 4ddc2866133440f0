"""Sliders where there are some, a few pictures elsewhere."""

import sys
from base64 import b64decode
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from learnet.core import UsageError
from learnet.labs import play
from learnet.plots import new_figure, series_figure

drawn = []


def draw(**chosen):
    drawn.append(chosen)
    return new_figure(width=2, height=1)


@pytest.fixture(autouse=True)
def nothing_drawn():
    drawn.clear()


def pixels(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def test_without_a_notebook_each_slider_is_a_row_of_first_middle_and_last():
    found = play(draw, rate=[0.1, 0.2, 0.3, 0.4, 0.5], kind=["a", "b"])
    assert drawn == [
        {"rate": 0.1, "kind": "b"},
        {"rate": 0.3, "kind": "b"},
        {"rate": 0.5, "kind": "b"},
        {"rate": 0.3, "kind": "a"},
        {"rate": 0.3, "kind": "b"},
    ]
    assert found.widget is None
    assert pixels(found.png).shape == (2 * (80 + 33), 3 * 160, 3)
    assert set(found._repr_mimebundle_()) == {"image/png"}
    assert b64decode(found._repr_mimebundle_()["image/png"]) == found.png == found._repr_png_()


def test_wide_figures_stand_below_each_other():
    found = play(lambda rate: series_figure({"": ([0, 1], [0, rate])}, x_label="", y_label=""), rate=[1, 2, 3])
    assert pixels(found.png).shape == (3 * (320 + 33), 560, 3)


def test_two_values_are_two_pictures():
    play(draw, rate=[1, 2])
    assert [chosen["rate"] for chosen in drawn] == [1, 2]


@pytest.mark.parametrize("values", [{}, {"rate": []}])
def test_a_slider_without_values_is_refused(values):
    with pytest.raises(UsageError, match="at least one slider with at least one value"):
        play(draw, **values)


class Slider(SimpleNamespace):
    """Stands for ipywidgets' SelectionSlider, as far as play uses it."""

    def observe(self, heard, names):
        assert names == "value"
        self.heard = heard


@pytest.fixture
def notebook(monkeypatch):
    widgets = ModuleType("ipywidgets")
    widgets.SelectionSlider = Slider
    widgets.Image = SimpleNamespace
    widgets.VBox = lambda children: SimpleNamespace(
        children=children, _repr_mimebundle_=lambda: {"application/vnd.jupyter.widget-view+json": {"model_id": "7"}}
    )
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)


@pytest.mark.usefixtures("notebook")
def test_in_a_notebook_a_slider_redraws_the_figure():
    found = play(draw, learning_rate=[0.1, 0.25, 1])
    slider, image = found.widget.children
    assert slider.options == [("0.1", 0.1), ("0.25", 0.25), ("1", 1)]
    assert (slider.value, slider.description) == (0.25, "learning rate")
    before = image.value
    assert before[:4] == b"\x89PNG"
    slider.value, image.value = 1, b""
    slider.heard(None)
    assert drawn[-1] == {"learning_rate": 1}
    assert image.value == before  # all of these figures are empty
    assert set(found._repr_mimebundle_()) == {"application/vnd.jupyter.widget-view+json", "image/png"}


@pytest.mark.usefixtures("notebook")
def test_a_notebook_without_ipywidgets_shows_the_pictures(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert play(draw, rate=[1, 2]).widget is None
