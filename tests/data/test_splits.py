import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import DataError, UsageError
from learnet.data.dataset import NO_PART, Part
from learnet.data.splits import hold_back, merge_groups, split

CLASS_NAMES = tuple("abcdefgh")


def divide(labels, *, seed=0, names=None, **options):
    labels = np.asarray(labels)
    names = [f"{label}/{index}.jpg" for index, label in enumerate(labels)] if names is None else names
    return split(labels, seed=seed, names=names, class_names=CLASS_NAMES, **options)


def per_class(labels, parts, part):
    return np.bincount(np.asarray(labels)[parts == part], minlength=int(max(labels)) + 1).tolist()


def test_each_class_gives_its_share():
    labels = [0] * 100 + [1] * 10 + [2] * 2 + [3] * 3
    parts = divide(labels)
    assert per_class(labels, parts, Part.TEST) == [20, 2, 1, 1]
    assert per_class(labels, parts, Part.TRAIN) == [80, 8, 1, 2]


def test_a_single_photo_trains():
    parts = divide([0] * 10 + [1])
    assert parts[10] == Part.TRAIN


def test_train_per_class_is_exact():
    labels = [0] * 31 + [1] * 800
    parts = divide(labels, train_per_class=30)
    assert per_class(labels, parts, Part.TRAIN) == [30, 30]
    assert per_class(labels, parts, Part.TEST) == [1, 770]


def test_too_few_photos_for_train_per_class_name_the_class():
    with pytest.raises(DataError, match=r"at least 31 photos of each class.*b \(30\)"):
        divide([0] * 40 + [1] * 30, train_per_class=30)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test_fraction": 0.0}, "between 0 and 1"),
        ({"test_fraction": 1.0}, "between 0 and 1"),
        ({"test_fraction": float("nan")}, "between 0 and 1"),
        ({"train_per_class": 0}, "at least one"),
        ({"train_per_class": 1, "parts": np.array([0, 2, 0, 2])}, "its own split"),
    ],
)
def test_bad_requests(options, message):
    with pytest.raises(UsageError, match=message):
        divide([0, 0, 1, 1], **options)


def test_the_seed_decides_and_nothing_else():
    labels = np.repeat(np.arange(3), 40)
    names = [f"{label}/{index}.jpg" for index, label in enumerate(labels)]
    first = dict(zip(names, divide(labels, names=names, seed=7), strict=True))
    order = np.random.default_rng(1).permutation(len(names))
    shuffled = [names[i] for i in order]
    assert dict(zip(shuffled, divide(labels[order], names=shuffled, seed=7), strict=True)) == first
    assert dict(zip(names, divide(labels, names=names, seed=8), strict=True)) != first


def test_the_split_of_a_seed_never_changes():
    """A golden result: runs of past versions must be repeatable."""
    assert np.flatnonzero(divide([0] * 10 + [1] * 10, seed=3) == Part.TEST).tolist() == [3, 8, 10, 18]


def test_composed_and_decomposed_names_are_one_name():
    labels = [0] * 20 + [1] * 20
    composed = [f"caf\u00e9/{n}.jpg" for n in range(40)]
    decomposed = [f"cafe\u0301/{n}.jpg" for n in range(40)]
    assert divide(labels, names=composed).tolist() == divide(labels, names=decomposed).tolist()


def test_adding_a_photo_moves_at_most_one_other():
    labels = np.zeros(100, int)
    labels[50:] = 1
    names = [f"{n}.jpg" for n in range(100)]
    before = divide(labels, names=names)
    after = divide(np.append(labels, 0), names=[*names, "new.jpg"])[:100]
    assert (before != after).sum() <= 1


def test_draws_are_uniform():
    """Over seeds, every photo tests equally often (binomial, 5 standard deviations)."""
    labels = [0] * 20 + [1] * 20
    times = sum((divide(labels, seed=seed) == Part.TEST).astype(int) for seed in range(300))
    deviation = (300 * 0.2 * 0.8) ** 0.5
    assert abs(times - 60).max() < 5 * deviation


@settings(max_examples=150, deadline=None)
@given(
    labels=st.lists(st.integers(0, 4), min_size=6, max_size=60),
    group_count=st.integers(1, 40),
    seed=st.integers(0, 5),
    fraction=st.sampled_from([0.1, 0.2, 0.5]),
)
def test_groups_never_straddle(labels, group_count, seed, fraction):
    groups = np.random.default_rng(seed).integers(0, group_count, len(labels))
    try:
        parts = divide(labels, groups=groups, seed=seed, test_fraction=fraction)
    except DataError:
        assert len(set(groups.tolist())) < 4  # hardly anything to divide
        return
    for group in set(groups.tolist()):
        assert len(set(parts[groups == group].tolist())) == 1
    assert set(parts.tolist()) == {Part.TRAIN, Part.TEST}


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(st.lists(st.integers(1, 6), min_size=2, max_size=12), min_size=2, max_size=4),
    wanted=st.integers(1, 8),
    seed=st.integers(0, 3),
)
def test_train_per_class_is_as_near_as_the_groups_allow(sizes, wanted, seed):
    labels, groups = [], []
    for label, group_sizes in enumerate(sizes):
        for size in group_sizes:
            groups += [len(set(groups))] * size
            labels += [label] * size
    totals = [sum(group_sizes) for group_sizes in sizes]
    if min(totals) <= wanted:
        return
    parts = divide(labels, groups=np.array(groups), train_per_class=wanted, seed=seed)
    trained = per_class(labels, parts, Part.TRAIN)
    for got, group_sizes, total in zip(trained, sizes, totals, strict=True):
        sums = {0}
        for size in group_sizes:
            sums |= {size + other for other in sums}
        nearest = min(abs(number - wanted) for number in sums - {0, total})
        assert abs(got - wanted) == nearest


def test_every_class_is_on_both_sides_where_groups_cross_classes():
    """Ten sessions, each with photos of all classes, as from ten photographers."""
    labels = np.tile(np.repeat(np.arange(4), 5), 10)
    sessions = np.repeat(np.arange(10), 20)
    parts = divide(labels, groups=sessions)
    assert per_class(labels, parts, Part.TEST) == [10] * 4
    assert len(set(sessions[parts == Part.TEST].tolist())) == 2


def test_one_group_cannot_be_divided():
    with pytest.raises(DataError, match="No photo is left to test"):
        divide([0, 0, 1, 1], groups=np.zeros(4, int))


def test_given_parts_are_kept():
    given_parts = np.array([Part.TRAIN, Part.TEST, NO_PART, Part.VAL, Part.TRAIN])
    assert divide([0, 0, 0, 1, 1], parts=given_parts).tolist() == [0, 2, 0, 1, 0]


def test_validation_becomes_test_if_there_is_none():
    assert divide([0, 0, 1, 1], parts=np.array([0, 1, 0, 1])).tolist() == [0, 2, 0, 2]


def test_only_training_given_is_divided():
    labels = [0] * 10 + [1] * 10
    assert per_class(labels, divide(labels, parts=np.zeros(20, int)), Part.TEST) == [2, 2]


def test_photos_without_a_part_are_divided_beside_given_training_photos():
    labels = [0] * 20 + [1] * 20
    given_parts = np.array(([0] * 10 + [NO_PART] * 10) * 2)
    parts = divide(labels, parts=given_parts)
    assert (parts[given_parts == 0] == Part.TRAIN).all()
    assert per_class(labels, parts, Part.TEST) == [2, 2]


def test_a_class_that_is_only_tested_is_refused():
    with pytest.raises(DataError, match="b has photos to test and none to train"):
        divide([0, 0, 1], parts=np.array([0, 2, 2]))


def test_merge_groups_chains():
    merged = merge_groups(np.array([0, 0, 1, 2, 3]), np.array([9, 5, 5, 7, 8]))
    assert merged.tolist() == [0, 0, 0, 1, 2]


def test_a_validation_part_is_held_back_from_the_training_part_alone_and_keeps_groups_together():
    labels = np.repeat([0, 1], 30)
    names = [f"{row:02}.png" for row in range(60)]
    groups = np.arange(60) // 2
    parts = split(labels, seed=3, names=names, class_names=("a", "b"), groups=groups)
    held = hold_back(parts, labels, seed=3, names=names, class_names=("a", "b"), groups=groups, fraction=0.25)
    assert (held[parts == Part.TEST] == Part.TEST).all()
    assert [(held[labels == label] == Part.VAL).sum() for label in (0, 1)] == [6, 6]  # a quarter of 24
    assert all(len(set(held[groups == group])) == 1 for group in range(30))
    again = hold_back(held, labels, seed=4, names=names, class_names=("a", "b"), groups=groups, fraction=0.25)
    assert again is held
