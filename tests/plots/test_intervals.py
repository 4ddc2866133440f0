import numpy as np

from learnet.plots import Measured, intervals_figure


def test_every_accuracy_stands_on_its_line_with_its_interval():
    rows = [
        Measured(name="k nearest neighbours on pixels", accuracy=0.9, low=0.8, high=0.95, simple=True),
        Measured(name="\x1b[31mred", accuracy=0.7, low=0.6, high=0.75),
        Measured(name="/a/long/path/" + "n" * 80 + "/bundle, partial", accuracy=0.1, low=0.0, high=0.2, simple=True),
    ]
    (axes,) = intervals_figure(rows).axes
    trained, simple = axes.lines
    np.testing.assert_allclose(trained.get_xydata(), [[70, 1]])
    np.testing.assert_allclose(simple.get_xydata(), [[90, 0], [10, 2]])
    spans = [path.vertices.tolist() for group in axes.collections for path in group.get_paths()]
    np.testing.assert_allclose(spans, [[[60, 1], [75, 1]], [[80, 0], [95, 0]], [[0, 2], [20, 2]]])
    first, second, third = [label.get_text() for label in axes.get_yticklabels()]
    assert first == "k nearest neighbours on pixels"
    assert "\x1b" not in second
    assert third == "/a/long/path/nnnnn…" + "n" * 21 + "/bundle, partial"
    bottom, top = axes.get_ylim()
    assert bottom > top  # the first one on top


def test_without_simple_methods_there_is_one_kind_of_mark():
    figure = intervals_figure([Measured(name="a", accuracy=0.5, low=0.4, high=0.6)])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["trained"]
