import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.applications.drive import check_unseen, track_seeds
from learnet.core import UsageError

SEEDS = st.integers(0, 2**40)


@settings(max_examples=30)
@given(SEEDS, SEEDS, st.integers(1, 200))
def test_recorded_tracks_never_judge_whatever_the_seeds(first, second, count):
    recorded = track_seeds("record", count=count, seed=first)
    judging = track_seeds("evaluate", count=count, seed=second)
    assert len(set(recorded)) == len(set(judging)) == count
    assert not set(recorded) & set(judging)
    check_unseen(judging, recorded)
    assert max(*recorded, *judging) < 2**31


def test_more_tracks_begin_with_the_same_ones():
    assert track_seeds("record", count=9, seed=4)[:5] == track_seeds("record", count=5, seed=4)
    assert track_seeds("record", count=5, seed=4) != track_seeds("record", count=5, seed=5)


@pytest.mark.parametrize("track", [7, 8])
def test_a_recorded_track_or_one_that_could_be_is_refused(track):
    with pytest.raises(UsageError, match=f"but {track} is of the recorded kind"):
        check_unseen([1, track], [7])


@pytest.mark.parametrize("count", [0, 100_001])
def test_the_number_of_tracks_has_limits(count):
    with pytest.raises(UsageError, match="must be 1 to 100,000"):
        track_seeds("record", count=count, seed=0)
