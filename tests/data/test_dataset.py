import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import DataError
from learnet.data.dataset import (
    Dataset,
    Skipped,
    count,
    encode_labels,
    listing,
    natural_key,
    printable,
    require_classes,
)
from learnet.data.sources import ArraySource


@pytest.fixture
def dataset():
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((4, 2, 2), np.uint8)
    return Dataset(
        name="four",
        source=ArraySource(images, names=["a/0", "a/1", "b/2", "b/3"]),
        labels=np.array([0, 0, 1, 1], np.int32),
        class_names=("a", "b"),
        parts=np.array([0, 2, 0, 2], np.int8),
        groups=("p", "q", "r", "s"),
        skipped=(Skipped("x", "It is hidden."),),
    )


def test_found_is_used_plus_skipped(dataset):
    assert dataset.found == 5 == len(dataset) + len(dataset.skipped)


def test_a_subset_keeps_everything_together(dataset):
    part = dataset.subset(np.array([3, 0]))
    assert part.names() == ["b/3", "a/0"]
    assert part.labels.tolist() == [1, 0]
    assert part.parts.tolist() == [2, 0]
    assert part.groups == ("s", "p")
    assert part.source.read(0)[0, 0].tolist() == [3, 3, 3]
    assert part.source.location(1) == dataset.source.location(0)
    assert part.subset([1]).names() == ["a/0"]
    assert part.class_names == ("a", "b")


def test_lengths_must_agree(dataset):
    from dataclasses import replace

    with pytest.raises(ValueError, match="differ in length"):
        replace(dataset, labels=np.zeros(3, np.int32))


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_sort_as_numbers(numbers):
    assert sorted(map(str, numbers), key=natural_key) == [str(number) for number in sorted(numbers)]


@given(st.lists(st.text(max_size=20), unique=True))
def test_the_natural_order_is_total_and_stable(names):
    first = sorted(names, key=natural_key)
    backwards = names[::-1]
    backwards.sort(key=natural_key)
    assert backwards == first


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1))
def test_labels_name_their_classes(values):
    labels, names = encode_labels(values)
    assert [names[label] for label in labels] == values
    assert labels.dtype == np.int32


def test_fewer_than_two_classes_are_refused():
    with pytest.raises(DataError, match=r"Here has no class; .* Do this."):
        require_classes((), where="Here", hint="Do this.")


def test_words():
    assert printable("a\udcff") == "a\\udcff"
    assert listing(["a"]) == "a"
    assert count(0, "photo") == "0 photos"
    assert count(1_000, "class") == "1,000 classes"
