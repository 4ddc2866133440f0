import math

import numpy as np
import pytest
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


def test_an_unshown_difference_is_called_so():
    assert "difference not shown" in paired_test(*answers(90, 3, 2, 5)).describe()
    assert "not shown" not in paired_test(*answers(90, 20, 0, 5)).describe()
    assert not paired_test(*answers(90, 0, 20, 5)).better


def test_other_photos_are_refused():
    with pytest.raises(UsageError, match=r"shapes \(2,\) and \(3,\)"):
        paired_test([True, False], [True, False, True])
    with pytest.raises(UsageError):
        paired_test([], [])
