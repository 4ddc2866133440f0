import numpy as np
import pytest

from learnet.plots import attention_figure, to_png


def test_the_map_shows_the_looks_with_the_pieces_beside():
    looks = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    figure = attention_figure(["\u2581Ein", "\u2581Hund", "</s>"], ["\u2581A", "\u2581dog"], looks, title="A dog")
    axes = figure.axes[0]
    assert np.array_equal(axes.images[0].get_array(), looks)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Ein", "Hund", "</s>"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "dog"]
    assert axes.lines[0].get_xdata().tolist() == [0, 2]
    assert to_png(figure).startswith(b"\x89PNG")


def test_looks_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 2\); received \(2, 1\)"):
        attention_figure(["a", "b"], ["c"], [[1.0], [1.0]])
