"""Neurons, activations and weights are drawn as the numbers say."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from learnet.plots import OKABE_ITO, activations_figure, neuron_figure, weights_figure


def test_a_neuron_shows_its_inputs_weights_sum_and_answer():
    figure = neuron_figure({"sun": 1, "rain": 0.5}, [2, -4], bias=-1.5, output=0)
    texts = {found.get_text() for found in figure.axes[0].texts}
    assert {"sun", "rain", "1", "0.5", "x 2", "x -4", "bias -1.5", "0", "step"} <= texts
    assert "-1.5" in texts  # 1 x 2 - 0.5 x 4 - 1.5
    arrows = [found.arrow_patch for found in figure.axes[0].texts if getattr(found, "arrow_patch", None)]
    assert [to_hex(arrow.get_edgecolor()) for arrow in arrows[:2]] == [OKABE_ITO["blue"], OKABE_ITO["vermillion"]]
    assert arrows[1].get_linewidth() > arrows[0].get_linewidth()


@pytest.mark.parametrize(("count", "panels"), [(1, 1), (3, 3), (4, 4), (5, 6)])
def test_each_activation_has_a_panel_with_its_slope(count, panels):
    sums = np.linspace(-1, 1, 5)
    values = {f"a{number}": (sums * number, np.full(5, number)) for number in range(count)}
    figure = activations_figure(sums, values)
    assert len(figure.axes) == panels
    _, value, slope = figure.axes[count - 1].lines
    assert value.get_ydata().tolist() == (sums * (count - 1)).tolist()
    assert slope.get_ydata().tolist() == [count - 1] * 5
    assert figure.axes[count - 1].get_title() == f"a{count - 1}"


def test_weights_are_drawn_evenly_around_zero():
    figure = weights_figure(np.array([[[0.0, 1.0], [-3.0, 2.0]], np.zeros((2, 2))]), ["first", "nothing"])
    image = figure.axes[0].images[0]
    assert image.get_clim() == (-3.0, 3.0)
    assert [to_hex(image.to_rgba(value)) for value in (0.0, -3.0, 3.0)] == [
        "#ffffff",
        OKABE_ITO["vermillion"],
        OKABE_ITO["blue"],
    ]
    assert figure.axes[1].images[0].get_clim() == (-1.0, 1.0)
    assert figure.axes[1].get_title() == "nothing"
