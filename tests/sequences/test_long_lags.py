import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.sequences import ORDER_SYMBOLS, adding, temporal_order

SEEDS = st.integers(0, 2**31)


@given(seed=SEEDS, length=st.integers(22, 200))
@settings(deadline=None, max_examples=40)
def test_targets_are_the_marked_values_added(seed, length):
    some = adding(20, length=length, seed=seed)
    for sequence, steps, target in zip(some.inputs, some.lengths, some.targets[:, 0], strict=True):
        values, markers = sequence[:steps].T
        assert length <= steps <= length + length // 10
        assert markers[-1] == -1
        assert set(np.unique(markers)) <= {-1.0, 0.0, 1.0}
        marked = np.flatnonzero(markers == 1)
        assert len(marked) == 2
        assert marked[0] < 10
        assert marked[1] < length // 2
        assert (values[0] == 0) == (marked[0] == 0)
        assert (markers[0] == -1) == (marked[0] != 0)
        assert target == pytest.approx(0.5 + sum(float(value) for value in values[marked]) / 4, abs=1e-6)
        assert not sequence[steps:].any()
        assert np.abs(values).max() <= 1


def test_values_are_uniform_and_the_constant_errs_by_a_twenty_fourth():
    some = adding(20_000, seed=0)
    assert some.inputs[:, 50, 0].var() == pytest.approx(1 / 3, rel=0.03)
    assert some.targets.mean() == pytest.approx(0.5, abs=0.005)
    assert some.targets.var() == pytest.approx(1 / 24, rel=0.08)  # less what pairs marked at the start take away


def test_too_short_sequences_get_a_sentence():
    with pytest.raises(UsageError, match="at least 22 steps, but 10 are asked for"):
        adding(1, length=10, seed=0)


@given(seed=SEEDS, relevant=st.sampled_from([2, 3]))
@settings(deadline=None, max_examples=30)
def test_classes_are_the_order_of_x_and_y(seed, relevant):
    some = temporal_order(20, relevant=relevant, seed=seed)
    ranges = {2: [(10, 20), (50, 60)], 3: [(10, 20), (33, 43), (66, 76)]}[relevant]
    for sequence, steps, target in zip(some.inputs, some.lengths, some.targets, strict=True):
        symbols = "".join(ORDER_SYMBOLS[number] for number in sequence[:steps].argmax(axis=1))
        assert 100 <= steps <= 110
        assert symbols[0] == "E"
        assert symbols[-1] == "B"
        assert set(symbols[1:-1]) <= set("abcdXY")
        places = [place for place, symbol in enumerate(symbols) if symbol in "XY"]
        assert all(low <= place <= high for place, (low, high) in zip(places, ranges, strict=True))
        number = int("".join("01"["XY".index(symbols[place])] for place in places), 2)
        assert target.tolist() == np.eye(2**relevant)[number].tolist()
        assert (sequence[:steps].sum(axis=1) == 1).all()
        assert not sequence[steps:].any()


def test_classes_come_equally_often():
    counts = temporal_order(4_000, seed=0).targets.sum(axis=0)
    assert counts == pytest.approx([1_000] * 4, abs=120)


def test_two_or_three_symbols_are_relevant():
    with pytest.raises(UsageError, match="2 or 3 relevant symbols, but 4"):
        temporal_order(1, relevant=4, seed=0)


def test_one_seed_is_one_set():
    for draw in (adding, temporal_order):
        assert np.array_equal(draw(9, seed=1).inputs, draw(9, seed=1).inputs)
        assert not np.array_equal(draw(9, seed=1).targets, draw(9, seed=2).targets)
