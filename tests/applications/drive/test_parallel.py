import operator
import os
import time

import pytest

from learnet.applications.drive.parallel import each_track
from learnet.core import LearnetError, Silent


def run(work, tracks, **options):
    return dict(each_track(work, tracks, **{"workers": 1, "title": "Tracks", "progress": Silent(), **options}))


@pytest.mark.parametrize("workers", [1, 2])
def test_each_track_is_worked_on_once(workers):
    assert run(abs, [-3, 5, -7], workers=workers) == {-3: 3, 5: 5, -7: 7}


def test_an_error_in_a_process_comes_out_here():
    with pytest.raises(AttributeError):
        run(operator.methodcaller("no_such_method"), [1, 2], workers=2)


def test_a_process_that_dies_is_told():
    with pytest.raises(LearnetError, match=r"died.*run the same command again"):
        run(os._exit, [1, 2], workers=2)


def test_nothing_is_begun_when_the_time_is_up():
    assert run(abs, [1, 2], deadline=time.perf_counter() - 1) == {}
    assert run(abs, [1, 2], workers=2, deadline=time.perf_counter() - 1) == {}
