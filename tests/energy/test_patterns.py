import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import DataError, UsageError
from learnet.energy import CODINGS, bars_and_stripes, corrupt, overlap, random_patterns, two_tones


def test_the_room_is_light():
    probe = (
        "import sys, learnet.energy; print({'scipy', 'sklearn', 'keras', 'pandas', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_random_patterns_are_balanced_and_belong_to_the_seed():
    patterns = random_patterns(200, 100, networks=3, seed=4)
    assert patterns.shape == (3, 200, 100)
    assert abs(patterns.mean()) < 5 / np.sqrt(patterns.size)
    assert np.array_equal(patterns, random_patterns(200, 100, networks=3, seed=4))
    assert not np.array_equal(patterns, random_patterns(200, 100, networks=3, seed=5))
    binary = random_patterns(200, 100, networks=3, coding="binary", seed=4)
    assert np.array_equal(2 * binary - 1, patterns)


@settings(max_examples=50, deadline=None)
@given(units=st.integers(1, 30), data=st.data())
def test_corruption_is_at_the_distance_asked_for(units, data):
    flips = data.draw(st.integers(0, units))
    coding = data.draw(st.sampled_from(CODINGS.names()))
    patterns = random_patterns(4, units, coding=coding)
    before = patterns.copy()
    cues = corrupt(patterns, flips=flips, coding=coding)
    assert ((cues != patterns).sum(axis=1) == flips).all()
    assert np.array_equal(patterns, before)
    assert overlap(cues, patterns, coding=coding) == pytest.approx(1 - 2 * flips / units, abs=1e-6)


def test_pictures_are_corrupted_as_a_whole():
    pictures = np.ones((5, 4, 6), np.int8)
    assert ((corrupt(pictures, flips=7, units_axes=2) == -1).sum(axis=(1, 2)) == 7).all()


def test_two_tones_split_each_picture_at_its_own_median():
    dark = np.arange(16.0).reshape(1, 4, 4)
    tones = two_tones(np.concatenate([dark, 10 * dark + 100]), coding="binary")
    assert tones.sum(axis=(1, 2)).tolist() == [8, 8]
    assert np.array_equal(tones[0], tones[1])
    assert np.array_equal(two_tones(dark[..., None].repeat(3, axis=3), coding="binary"), tones[:1])


def test_bars_and_stripes_are_those_of_a_list_made_by_hand():
    assert bars_and_stripes(2).astype(int).tolist() == [
        [0, 0, 0, 0],
        [0, 0, 1, 1],
        [0, 1, 0, 1],
        [1, 0, 1, 0],
        [1, 1, 0, 0],
        [1, 1, 1, 1],
    ]


def test_a_strange_number_is_named_with_what_to_do():
    with pytest.raises(DataError, match=r"only -1 and 1 \('bipolar' coding\); found 0.*two_tones"):
        overlap([0, 1], [1, 1])
    with pytest.raises(DataError, match=r"found 0\.5"):
        corrupt([[0.5, 1]], flips=1, coding="binary")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: random_patterns(0, 5), "at least one"),
        (lambda: random_patterns(1, 5, coding="ternary"), "no coding named 'ternary'"),
        (lambda: corrupt(np.ones((1, 3)), flips=4), "3 units can have 0 to that many flips; received 4"),
        (lambda: bars_and_stripes(11), "received 11"),
    ],
)
def test_impossible_requests_are_refused(wrong, words):
    with pytest.raises(UsageError, match=words):
        wrong()


def test_a_picture_needs_two_dimensions():
    with pytest.raises(DataError, match=r"received \(3,\)"):
        two_tones([1, 2, 3])
