import io
import tarfile

import numpy as np
import pytest

from learnet.core import DataError, UsageError
from learnet.data.resolve import open_dataset

IMAGES = np.zeros((4, 8, 8, 3), np.uint8)


def test_folder_manifest_and_dataset(tree):
    root = tree("cat/1.jpg", "dog/2.jpg")
    dataset = open_dataset(root)
    assert open_dataset(str(root)).class_names == dataset.class_names == ("cat", "dog")
    assert open_dataset(dataset) is dataset
    (root / "list.csv").write_text("path,label\ncat/1.jpg,x\ndog/2.jpg,y\n")
    assert open_dataset(root / "list.csv").class_names == ("x", "y")


def test_a_tar_of_class_folders(tmp_path):
    path = tmp_path / "pets.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("pets/cat/1.jpg", "pets/dog/2.jpg"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(name[-5:-2].encode()))
    dataset = open_dataset(path)
    assert dataset.names() == ["cat/1.jpg", "dog/2.jpg"]
    assert dataset.source.read(1) == b"2.j"
    assert dataset.name == "pets"


def test_arrays():
    dataset = open_dataset((IMAGES, [10, 9, 10, 9]))
    assert dataset.class_names == ("9", "10")
    assert dataset.labels.tolist() == [1, 0, 1, 0]
    assert open_dataset((IMAGES[..., 0], np.array(["a", "b", "a", "b"]))).class_names == ("a", "b")
    assert open_dataset((IMAGES[..., :1], list("abab"))).source.read(0).shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((IMAGES.astype(np.float32), [0, 1, 0, 1]), "uint8"),
        ((IMAGES[0, 0], [0, 1]), "shape"),
        ((IMAGES, [0, 1, 0]), "4 in all"),
        ((IMAGES, [0.5, 1, 0, 1]), "whole number or name"),
        ((IMAGES, ["a", "", "b", "b"]), "empty"),
        ((IMAGES,), "pair"),
        (17, "path, a known name or a pair"),
        ("no/such/folder", "no file or folder 'no/such/folder'"),
        ("caltech10", "no folder 'caltech10' .* Did you mean 'caltech101'"),
    ],
)
def test_what_is_no_dataset_is_refused(data, message):
    with pytest.raises(UsageError, match=message):
        open_dataset(data)


def test_one_class_arrays_are_refused():
    with pytest.raises(DataError, match="only one class"):
        open_dataset((IMAGES, [1, 1, 1, 1]))


def test_a_single_photo_is_no_dataset(tree):
    with pytest.raises(UsageError, match="Give the folder that holds the photos"):
        open_dataset(tree("cat/1.jpg") / "cat" / "1.jpg")


def test_a_folder_comes_before_a_known_name(tree, tmp_path, monkeypatch):
    tree("cat/1.jpg", "dog/2.jpg", root="digits")
    monkeypatch.chdir(tmp_path)
    assert open_dataset("digits").class_names == ("cat", "dog")


def test_label_depth_needs_a_folder(tree):
    root = tree("cat/1.jpg")
    (root / "list.csv").write_text("path,label\n")
    with pytest.raises(UsageError, match="--label-depth has no meaning"):
        open_dataset(root / "list.csv", label_depth=1)
    with pytest.raises(UsageError, match="--label-depth has no meaning"):
        open_dataset("digits", label_depth=1)


def test_group_by(tree):
    root = tree("cat/anna-1.jpg", "cat/anna-2.jpg", "dog/ben-1.jpg")
    assert open_dataset(root, group_by=r"/(\w+)-").groups == ("anna", "anna", "ben")
    assert open_dataset(root, group_by=r"-\d").groups == ("-1", "-2", "-1")
    assert "2 groups by" in open_dataset(root, group_by=r"/(\w+)-").layout


def test_bad_group_by(tree):
    root = tree("cat/anna-1.jpg", "cat/2.jpg", "dog/ben-1.jpg")
    with pytest.raises(DataError, match=r"finds nothing in 1 path of 3, for example in cat/2\.jpg"):
        open_dataset(root, group_by=r"/(\w+)-")
    with pytest.raises(UsageError, match="no regular expression"):
        open_dataset(root, group_by="(")
    (root / "list.csv").write_text("path,label,group\ncat/2.jpg,a,g\ndog/ben-1.jpg,b,h\n")
    with pytest.raises(UsageError, match="Leave --group-by out"):
        open_dataset(root / "list.csv", group_by="cat")
