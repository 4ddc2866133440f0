import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import DataError
from learnet.data import Skipped, open_dataset
from learnet.runs import arrange, fingerprint, kept_together, without_empty_classes

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)


def dataset(labels=(0, 1, 2, 0, 1, 2)):
    return open_dataset((IMAGES[: len(labels)], np.array(labels)))


def digests(count=6):
    return np.stack([np.frombuffer(hashlib.sha256(bytes([n])).digest(), np.uint8) for n in range(count)])


@given(st.permutations(range(7)))
def test_arrange_is_indexing_in_place(order):
    values = np.arange(14.0).reshape(7, 2)
    wanted = values[order]
    arrange(values, np.array(order))
    np.testing.assert_array_equal(values, wanted)


def test_a_class_without_photos_is_left_out_and_said():
    whole = dataset()
    used = without_empty_classes(whole.subset([0, 2, 3, 5]), ())
    assert used.class_names == (whole.class_names[0], whole.class_names[2])
    np.testing.assert_array_equal(used.labels, [0, 1, 0, 1])
    assert [(notice.kind, notice.path) for notice in used.notices] == [("empty class", whole.class_names[1])]


def test_nothing_changes_where_every_class_has_photos():
    whole = dataset()
    assert without_empty_classes(whole, ()) is whole


def test_one_class_is_refused_with_the_reasons_of_the_others():
    with pytest.raises(DataError, match=r"found of 1 class only.*Skipped, for example: b.jpg: It is empty"):
        without_empty_classes(dataset().subset([0, 3]), [Skipped("b.jpg", "It is empty.")])
    with pytest.raises(DataError, match="Add photos of another class"):
        without_empty_classes(dataset().subset([0, 3]), [])


@given(st.permutations(range(6)))
def test_the_fingerprint_does_not_depend_on_the_order(order):
    whole, parts = dataset(), np.array([0, 0, 1, 2, 2, 0], np.int8)
    assert fingerprint(whole.subset(order), digests()[order], parts[order]) == fingerprint(whole, digests(), parts)


@pytest.mark.parametrize("change", ["content", "class", "part"])
def test_the_fingerprint_depends_on_content_class_and_part(change):
    labels, contents, parts = [0, 1, 2, 0, 1, 2], digests(), np.zeros(6, np.int8)
    before = fingerprint(dataset(labels), contents, parts)
    if change == "content":
        contents[3, 0] ^= 1
    elif change == "class":
        labels[3] = 1
    else:
        parts[3] = 2
    assert fingerprint(dataset(labels), contents, parts) != before


def test_copies_and_photos_of_one_given_group_stay_together(tmp_path):
    copies = np.array([0, 1, 2, 3, 3, 5])
    np.testing.assert_array_equal(kept_together(dataset(), copies), copies)
    for number, name in enumerate(("a/x1", "a/x2", "a/y1", "b/y2", "b/z1", "b/z2")):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        _write(path, IMAGES[number])
    grouped = open_dataset(tmp_path, group_by=r"([xyz])\d")
    together = kept_together(grouped, copies)
    assert together[0] == together[1]
    assert len({together[2], together[3], together[4], together[5]}) == 1  # y1-y2 by name, y2-z1 as copies, z1-z2
    assert together[0] != together[2]


def _write(path, image):
    import cv2

    assert cv2.imwrite(str(path), image)
