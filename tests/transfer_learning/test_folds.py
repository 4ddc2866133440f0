import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.transfer_learning.folds import KEPT, assign_folds


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), classes=st.integers(1, 6), folds=st.integers(2, 6))
def test_groups_stay_together_and_no_class_is_starved(seed: int, n: int, classes: int, folds: int) -> None:
    random = np.random.default_rng(seed)
    labels, groups = random.integers(classes, size=n), random.integers(max(1, n // 2), size=n)
    fold = assign_folds(labels, folds=folds, seed=seed, groups=groups)
    assert set(fold) <= {KEPT, *range(folds)}
    for group in np.unique(groups):
        assert len(np.unique(fold[groups == group][fold[groups == group] != KEPT])) <= 1
    for label in np.unique(labels):
        for index in range(folds):
            assert (fold[labels == label] != index).any()


def test_each_class_is_spread_evenly() -> None:
    labels = np.repeat(np.arange(10), 30)
    fold = assign_folds(labels, folds=3, seed=1)
    assert (np.bincount(labels * 3 + fold) == 10).all()


def test_the_seed_decides() -> None:
    labels = np.repeat([0, 1], 50)
    first, second, other = (assign_folds(labels, folds=5, seed=seed) for seed in (0, 0, 1))
    assert (first == second).all()
    assert (first != other).any()


def test_a_class_of_one_photo_always_stays_in_training() -> None:
    fold = assign_folds(np.array([0] * 10 + [1]), folds=5, seed=0)
    assert fold[-1] == KEPT
    assert (fold[:-1] != KEPT).all()


def test_nothing_can_be_held_out_of_single_copies() -> None:
    fold = assign_folds(np.array([0, 0, 1, 1]), folds=2, seed=0, groups=np.array([7, 7, 8, 8]))
    assert (fold == KEPT).all()
