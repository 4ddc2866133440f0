import numpy as np
import pytest
from scipy.stats import binomtest

from learnet.core import UsageError
from learnet.evaluation import bootstrap_by_photo, bootstrap_interval, bootstrap_mean_recall, wilson_interval


@pytest.mark.parametrize(("right", "n"), [(90, 100), (1, 7), (4_000, 5_647)])
def test_the_binomial_shortcut_is_the_bootstrap(right: int, n: int) -> None:
    random = np.random.default_rng(0)
    answers = np.repeat([1.0, 0.0], [right, n - right])
    means = [random.choice(answers, n).mean() for _ in range(3_000)]
    low, high = bootstrap_interval(right, n, seed=0)
    tolerance = 1.01 / n + 0.2 * np.std(means)  # the percentiles of counts are whole numbers
    assert low == pytest.approx(np.percentile(means, 2.5), abs=tolerance)
    assert high == pytest.approx(np.percentile(means, 97.5), abs=tolerance)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (5, 5), (3, 10), (999, 1_000)])
def test_wilson_agrees_with_scipy(right: int, n: int) -> None:
    oracle = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right, n) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_all_right_is_no_proof_of_perfection() -> None:
    low, high = bootstrap_interval(20, 20, seed=0)
    assert high == 1.0
    assert low == pytest.approx(0.839, abs=1e-3)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rights = np.random.default_rng(3).binomial(200, 0.8, size=400)
    covered = [low <= 0.8 <= high for low, high in (bootstrap_interval(int(r), 200, seed=1) for r in rights)]
    assert 0.91 <= np.mean(covered) <= 0.98


def test_mean_recall_weighs_classes_alike_and_leaves_out_empty_ones() -> None:
    low, high = bootstrap_mean_recall([900, 5, 0], [1_000, 10, 0], seed=0)
    deviation = np.sqrt(0.9 * 0.1 / 1_000 + 0.5 * 0.5 / 10) / 2
    assert low == pytest.approx(0.7 - 1.96 * deviation, abs=0.02)
    assert high == pytest.approx(0.7 + 1.96 * deviation, abs=0.02)


@pytest.mark.parametrize(("right", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(right: int, n: int) -> None:
    with pytest.raises(UsageError, match=f"received {right} of {n}"):
        bootstrap_interval(right, n, seed=0)


def test_mean_recall_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one photo"):
        bootstrap_mean_recall([0], [0], seed=0)


def test_answers_to_the_same_photo_are_drawn_together():
    random = np.random.default_rng(0)
    right = random.random(400) < 0.8
    names = [str(number) for number in range(400)]
    once = bootstrap_interval(int(right.sum()), 400, seed=0)
    assert bootstrap_by_photo(right, names, seed=0) == pytest.approx(once, abs=2.6e-3)
    assert bootstrap_by_photo(np.tile(right, 3), names * 3, seed=0) == pytest.approx(once, abs=2.6e-3)


def test_answers_that_differ_from_seed_to_seed_say_more_than_one_seed():
    right = np.random.default_rng(0).random((3, 400)) < 0.8  # independent of each other
    names = [str(number) for number in range(400)]
    low, high = bootstrap_by_photo(right.ravel(), names * 3, seed=0)
    pooled = bootstrap_interval(int(right.sum()), right.size, seed=0)
    assert high - low == pytest.approx(pooled[1] - pooled[0], rel=0.15)


def test_all_right_is_not_certain():
    assert bootstrap_by_photo([True] * 9, ["a", "b", "c"] * 3, seed=0) == wilson_interval(3, 3)
    assert bootstrap_by_photo([False] * 9, ["a", "b", "c"] * 3, seed=0) == wilson_interval(0, 3)
