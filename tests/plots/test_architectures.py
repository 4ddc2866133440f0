from learnet.plots.architectures import Bubble, architectures_figure


def test_bubbles_stand_at_their_costs_and_ticks_are_plain_numbers():
    bubbles = [
        Bubble(name="small", family="A", top1=0.7, operations=0.5, milliseconds=5.0, parameters=3_000_000),
        Bubble(name="large", family="B", top1=0.8, operations=50.0, milliseconds=900.0, parameters=100_000_000),
    ]
    figure = architectures_figure(bubbles, machine="a laptop")
    figure.draw_without_rendering()
    left, right = figure.axes
    areas = [collection.get_sizes()[0] for collection in right.collections]
    assert areas == [600.0, 20.0]
    assert [tuple(line.get_xydata()[0]) for line in left.lines] == [(50.0, 80.0), (0.5, 70.0)]
    ticks = {label.get_text() for label in left.get_xticklabels()}
    assert {"1", "10"} <= ticks
    assert "measured: a laptop" in right.get_xlabel()
