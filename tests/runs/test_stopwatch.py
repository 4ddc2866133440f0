import time

from learnet.runs import Stopwatch


def test_laps_add_up_to_the_total():
    watch = Stopwatch()
    time.sleep(0.01)
    watch.lap("one")
    watch.lap("two")
    watch.lap("one")
    assert list(watch.stages) == ["one", "two"]
    assert 0.01 <= sum(watch.stages.values()) <= watch.total()
