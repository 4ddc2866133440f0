from pathlib import Path

import numpy as np
import pytest

from learnet.core import DataError, UsageError
from learnet.data.dataset import NO_PART, Part
from learnet.data.scan import scan_folder


def classes_of(dataset):
    return {dataset.source.name(i): dataset.class_names[label] for i, label in enumerate(dataset.labels)}


def refusal(root: Path, **options: int) -> str:
    with pytest.raises(DataError) as caught:
        scan_folder(root, **options)
    return str(caught.value)


def test_class_folders(tree):
    dataset = scan_folder(tree("dog/2.jpg", "cat/1.jpg", "cat/3.png"))
    assert classes_of(dataset) == {"cat/1.jpg": "cat", "cat/3.png": "cat", "dog/2.jpg": "dog"}
    assert dataset.class_names == ("cat", "dog")
    assert (dataset.parts == NO_PART).all()
    assert "2 classes, 3 photos; one folder a class" in dataset.layout
    assert "\n" not in dataset.layout


def test_class_order_is_natural(tree):
    names = [str(number) for number in range(204)]
    dataset = scan_folder(tree(*(f"{name}/a.jpg" for name in names)))
    assert dataset.class_names == tuple(names)
    for name, label in classes_of(dataset).items():
        assert name == f"{label}/a.jpg"


@pytest.mark.parametrize(
    "words", [("train", "val", "test"), ("Train", "VALID", "Test"), ("training", "validation", "testing")]
)
def test_split_folders(tree, words):
    train, val, test = words
    root = tree(
        f"{train}/cat/1.jpg",
        f"{train}/dog/2.jpg",
        f"{val}/cat/3.jpg",
        f"{val}/dog/4.jpg",
        f"{test}/cat/5.jpg",
        f"{test}/dog/6.jpg",
    )
    dataset = scan_folder(root)
    by_name = {Path(dataset.source.name(i)).stem: part for i, part in enumerate(dataset.parts)}
    assert by_name == {"1": Part.TRAIN, "2": Part.TRAIN, "3": Part.VAL, "4": Part.VAL, "5": Part.TEST, "6": Part.TEST}
    assert dataset.class_names == ("cat", "dog")
    assert "given split: 2 train, 2 val, 2 test" in dataset.layout


def test_a_class_may_be_called_train(tree):
    dataset = scan_folder(tree("bus/1.jpg", "car/2.jpg", "train/3.jpg"))
    assert dataset.class_names == ("bus", "car", "train")
    assert (dataset.parts == NO_PART).all()


def test_a_class_missing_from_one_part_shifts_no_label(tree):
    dataset = scan_folder(tree("train/a/1.jpg", "train/b/2.jpg", "train/c/3.jpg", "test/b/4.jpg", "test/d/5.jpg"))
    assert classes_of(dataset)["test/b/4.jpg"] == "b"
    assert dataset.class_names == ("a", "b", "c", "d")
    missing = {(item.path, item.detail) for item in dataset.notices if item.kind == "class missing from a part"}
    assert ("d", "It has no photos in the train part.") in missing
    assert {path for path, detail in missing if "test" in detail} == {"a", "c"}


def test_the_one_folder_of_an_unpacked_archive_is_entered(tree):
    dataset = scan_folder(tree("photos/cat/1.jpg", "photos/dog/2.jpg", "__MACOSX/photos/cat/._1.jpg"))
    assert dataset.class_names == ("cat", "dog")
    assert "inside 'photos'" in dataset.layout
    assert [item.path for item in dataset.skipped] == ["__MACOSX/photos/cat/._1.jpg"]


def test_split_folders_inside_one_folder(tree):
    dataset = scan_folder(tree("set/train/cat/1.jpg", "set/train/dog/2.jpg", "set/test/cat/3.jpg"))
    assert dataset.class_names == ("cat", "dog")
    assert sorted(dataset.parts.tolist()) == [Part.TRAIN, Part.TRAIN, Part.TEST]


def test_deeper_photos_belong_to_their_class_if_all_classes_hold_photos_directly(tree):
    dataset = scan_folder(tree("cat/1.jpg", "cat/more/2.jpg", "dog/3.jpg"))
    assert classes_of(dataset) == {"cat/1.jpg": "cat", "cat/more/2.jpg": "cat", "dog/3.jpg": "dog"}


def test_nesting_is_ambiguous_until_a_depth_is_chosen(tree):
    root = tree("lion/leo/1.jpg", "lion/kim/2.jpg", "bear/tim/3.jpg", "bear/tom/4.jpg")
    message = refusal(root)
    assert "--label-depth 1 (2 classes: bear, lion)" in message
    assert "--label-depth 2 (4 classes: kim, leo, tim and 1 more)" in message
    assert scan_folder(root, label_depth=1).class_names == ("bear", "lion")
    second = scan_folder(root, label_depth=2)
    assert second.class_names == ("kim", "leo", "tim", "tom")
    assert "the folder at level 2 is the class" in second.layout


def test_the_depth_counts_below_split_folders(tree):
    root = tree("train/lion/leo/1.jpg", "train/bear/tim/2.jpg", "test/lion/leo/3.jpg", "test/bear/tim/4.jpg")
    assert scan_folder(root, label_depth=1).class_names == ("bear", "lion")
    assert scan_folder(root, label_depth=2).class_names == ("leo", "tim")
    with pytest.raises(UsageError, match="counts folder levels from 1"):
        scan_folder(root, label_depth=0)


def test_photos_above_the_class_folders_are_skipped_with_a_reason(tree):
    dataset = scan_folder(tree("cat/1.jpg", "dog/2.jpg", "overview.jpg", "README.txt"))
    assert {item.path for item in dataset.skipped} == {"overview.jpg", "README.txt"}
    assert all("class folder" in item.reason for item in dataset.skipped)
    assert dataset.found == 4


def test_every_file_in_a_class_folder_is_a_candidate(tree):
    dataset = scan_folder(tree("cat/1.jpg", "cat/notes.txt", "cat/noname", "dog/2.jpg"))
    assert len(dataset) == 4


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), "holds no photos"),
        (("1.jpg", "2.jpg"), "no class folders"),
        (("cat/1.jpg", "cat/2.jpg"), "only one class, 'cat'"),
        (("train/1.jpg", "test/2.jpg"), "no class folders inside"),
        (("cat/", "dog/"), "holds no photos"),
        ((".hidden/1.jpg",), "hidden"),
    ],
)
def test_what_is_no_dataset_is_refused_with_the_way_out(tree, names, expected):
    message = refusal(tree(*names))
    assert expected in message
    assert "mkdir" in message or "for example" in message


def test_split_folders_beside_class_folders_are_refused(tree):
    message = refusal(tree("train/cat/1.jpg", "train/dog/2.jpg", "extra/cat/3.jpg"))
    assert "extra" in message
    assert "train" in message


def test_empty_folders_never_become_classes_and_are_told(tree):
    dataset = scan_folder(
        tree(
            "cat/1.jpg", "dog/2.jpg", "bird/", ".ipynb_checkpoints/x.jpg", "cat/.DS_Store", "Thumbs.db", "@eaDir/y.jpg"
        )
    )
    assert dataset.class_names == ("cat", "dog")
    assert "1 empty folder ignored (bird)" in dataset.layout
    assert [(item.kind, item.path) for item in dataset.notices] == [("empty folder", "bird")]
    assert dataset.found == 6


def test_composed_and_decomposed_names_are_one_class(tree):
    dataset = scan_folder(tree("train/caf\u00e9/1.jpg", "train/dog/2.jpg", "test/cafe\u0301/3.jpg", "test/dog/4.jpg"))
    assert dataset.class_names == ("caf\u00e9", "dog")
    assert "one class, two spellings" in {item.kind for item in dataset.notices}


def test_names_that_differ_in_case_stay_apart_and_are_told(tree):
    dataset = scan_folder(tree("train/Cat/1.jpg", "train/dog/2.jpg", "test/cat/3.jpg"))
    assert set(dataset.class_names) == {"Cat", "cat", "dog"}
    assert "similar class names" in {item.kind for item in dataset.notices}


def test_the_order_of_photos_does_not_depend_on_the_file_system(tree, monkeypatch):
    root = tree(*(f"{c}/{n}.jpg" for c in "ab" for n in range(20)))
    straight = scan_folder(root).names()
    import os

    import learnet.data.walk as walk_module

    real = os.scandir

    class Reversed:
        def __init__(self, path):
            self._entries = sorted(real(path), key=lambda entry: entry.name, reverse=True)

        def __iter__(self):
            return iter(self._entries)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(walk_module.os, "scandir", Reversed)
    assert scan_folder(root).names() == straight == sorted(straight)


def test_sixty_thousand_paths_keep_their_labels():
    from learnet.data.layout import arrange
    from learnet.data.walk import Listing

    names = [f"c{label}/{n:05}.jpg" for label in range(10) for n in range(6_000)]
    arranged = arrange(Listing(names=names), where="many")
    assert np.bincount(arranged.labels).tolist() == [6_000] * 10
