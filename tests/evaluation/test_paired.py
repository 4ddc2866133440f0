import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from learnet.core import UsageError
from learnet.evaluation import paired_test


def answers(both, gained, lost, neither):
    first = [True] * both + [False] * gained + [True] * lost + [False] * neither
    second = [True] * both + [True] * gained + [False] * lost + [False] * neither
    return np.array(first), np.array(second)


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (5, 0), (9, 3), (3, 9), (40, 41), (700, 600)])
def test_the_probabilities_are_those_of_the_exact_binomial_test(gained, lost):
    result = paired_test(*answers(50, gained, lost, 20))
    trials = gained + lost
    oracle = binomtest(gained, trials, alternative="greater").pvalue if trials else 1.0
    both = binomtest(gained, trials).pvalue if trials else 1.0
    assert result.p_better == pytest.approx(oracle)
    assert result.p_different == pytest.approx(both)
    assert (result.gained, result.lost, result.n) == (gained, lost, 70 + trials)
    assert result.difference == pytest.approx((gained - lost) / (70 + trials))


def test_the_interval_is_that_of_a_difference_of_shares():
    result = paired_test(*answers(800, 60, 20, 120))
    spread = math.sqrt((60 + 20 - (60 - 20) ** 2 / 1000) / 1000**2)
    assert result.interval == pytest.approx((0.04 - 1.96 * spread, 0.04 + 1.96 * spread), abs=1.5e-3)
    assert result.better
    assert result.shown


def enumerated(balances):
    """Return the chances of so large a sum and of so small a one, by trying every choice of signs."""
    sizes = [abs(balance) for balance in balances if balance]
    sums = np.array([np.dot(signs, sizes) for signs in itertools.product((-1, 1), repeat=len(sizes))])
    return (sums >= sum(balances)).mean(), (sums <= sum(balances)).mean()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.booleans()), min_size=1, max_size=18))
def test_photos_that_are_asked_several_times_are_tossed_for_as_one(asked):
    photos, first, second = zip(*asked, strict=True)
    result = paired_test(first, second, photos=[str(photo) for photo in photos])
    balances = [sum(int(b) - int(a) for which, a, b in asked if which == photo) for photo in dict.fromkeys(photos)]
    better, worse = enumerated(balances)
    assert result.p_better == pytest.approx(better)
    assert result.p_different == pytest.approx(min(1, 2 * min(better, worse)))
    assert (result.n, result.photos) == (len(asked), len(balances))
    assert result.difference == pytest.approx(np.mean(second) - np.mean(first))
    assert result.interval[0] <= result.difference + 1e-9
    assert result.interval[1] >= result.difference - 1e-9


def test_the_same_answers_thrice_are_no_surer_than_once():
    first, second = answers(800, 60, 40, 100)
    names = [str(number) for number in range(len(first))]
    once = paired_test(first, second)
    thrice = paired_test(np.tile(first, 3), np.tile(second, 3), photos=names * 3)
    pooled = paired_test(np.tile(first, 3), np.tile(second, 3))
    assert thrice.p_different == pytest.approx(once.p_different)
    assert thrice.interval == pytest.approx(once.interval, abs=1e-3)
    assert (once.shown, thrice.shown, pooled.shown) == (False, False, True)  # what pooling would claim
    assert "180 answers gained, 120 lost of 3000 to 1000 photos" in thrice.describe()


def test_an_unshown_difference_is_called_so():
    assert "difference not shown" in paired_test(*answers(90, 3, 2, 5)).describe()
    assert "not shown" not in paired_test(*answers(90, 20, 0, 5)).describe()
    assert not paired_test(*answers(90, 0, 20, 5)).better


def test_other_photos_are_refused():
    with pytest.raises(UsageError, match=r"shapes \(2,\) and \(3,\)"):
        paired_test([True, False], [True, False, True])
    with pytest.raises(UsageError):
        paired_test([], [])
    with pytest.raises(UsageError, match="2 answers and 3 names"):
        paired_test([True, False], [True, False], photos=["a", "b", "c"])
