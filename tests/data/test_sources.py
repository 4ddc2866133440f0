"""Every source gives the same photos, and a sentence where it cannot."""

from __future__ import annotations

import io
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from learnet.core import UsageError
from learnet.data import ArraySource, CifarBinarySource, FileSource, ImageProblem, TarSource, content_hash


def test_files(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "ü 模型.jpg").write_bytes(b"content")
    source = FileSource(tmp_path, ["cats/ü 模型.jpg"])
    assert len(source) == 1
    assert source.name(0) == "cats/ü 模型.jpg"
    assert source.location(0) == str(tmp_path / "cats" / "ü 模型.jpg")
    assert source.read(0) == b"content"


def test_files_that_cannot_be_read_have_a_reason(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "large.jpg").write_bytes(bytes(11))
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    names = ["folder.jpg", "missing.jpg", "large.jpg", "loop.jpg", "pipe.jpg", "nul\0.jpg", "n" * 300]
    source = FileSource(tmp_path, names, max_bytes=10)
    reasons = []
    for index in range(len(names)):
        with pytest.raises(ImageProblem) as caught:
            source.read(index)
        reasons.append(caught.value.reason)
    expected = ["not a file", "missing", "too large", "symbolic links", "not a file", "cannot be read", "name too long"]
    for reason, part in zip(reasons, expected, strict=True):
        assert part in reason
        assert reason.endswith(".")


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "pets.tar"
    with tarfile.open(path, "w") as tar:
        for number in range(50):
            info = tarfile.TarInfo(f"cats/{number}.jpg")
            info.size = number * 37
            tar.addfile(info, io.BytesIO(bytes([number]) * info.size))
    with tarfile.open(path) as tar:
        members = tar.getmembers()
    return path, members


def test_tar_members_are_read_where_they_lie_by_many_threads(archive):
    path, members = archive
    source = TarSource(path, [m.name for m in members], [m.offset_data for m in members], [m.size for m in members])
    assert len(source) == 50
    assert source.location(3) == f"{path}::cats/3.jpg"
    with ThreadPoolExecutor(8) as threads:
        contents = list(threads.map(source.read, [*range(50)] * 20))
    assert contents == [bytes([number]) * (number * 37) for number in range(50)] * 20


def test_tar_problems(archive):
    path, _ = archive
    end = path.stat().st_size
    source = TarSource(path, ["beyond", "large"], [end - 5, 0], [10, 11], max_bytes=10)
    with pytest.raises(ImageProblem, match=r"cut short: 'pets\.tar' ends"):
        source.read(0)
    with pytest.raises(ImageProblem, match="too large"):
        source.read(1)
    with pytest.raises(UsageError, match="1 names, 2 offsets and 1 sizes"):
        TarSource(path, ["one"], [1, 2], [3])


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 4, 5), 9, np.uint8), 9),
        (np.full((2, 4, 5, 1), 9, np.uint8), 9),
        (np.full((2, 4, 5, 3), 9, np.uint8), 9),
        (np.full((2, 4, 5, 3), 9 * 257, np.uint16), 9),
        (np.concatenate([np.full((2, 4, 5, 3), 9, np.uint8), np.zeros((2, 4, 5, 1), np.uint8)], -1), 255),
    ],
)
def test_arrays(array, expected):
    source = ArraySource(array)
    np.testing.assert_array_equal(source.read(1), np.full((4, 5, 3), expected, np.uint8))
    assert (len(source), source.name(1), source.location(1)) == (2, "1", "array[1]")


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((2, 4, 4), np.float32), r"must be uint8.*received float32.*images \* 255"),
        (np.zeros((2, 4, 4), bool), "received bool"),
        (np.zeros((4, 4), np.uint8), r"received \(4, 4\)"),
        (np.zeros((2, 4, 4, 5), np.uint8), r"received \(2, 4, 4, 5\)"),
        (np.zeros((2, 0, 4, 3), np.uint8), r"received \(2, 0, 4, 3\)"),
    ],
)
def test_other_arrays_are_refused(array, sentence):
    with pytest.raises(UsageError, match=sentence):
        ArraySource(array)


def test_array_names():
    assert ArraySource(np.zeros((1, 2, 2), np.uint8), names=["a"]).location(0) == "array[0]::a"
    with pytest.raises(UsageError, match="1 images and 2 names"):
        ArraySource(np.zeros((1, 2, 2), np.uint8), names=["a", "b"])


@pytest.mark.parametrize("label_bytes", [1, 2])
def test_cifar_binary(tmp_path, label_bytes):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 10, (7, label_bytes), dtype=np.uint8)
    records = np.concatenate([labels, images.transpose(0, 3, 1, 2).reshape(7, -1)], axis=1)
    paths = [tmp_path / "data_batch_1.bin", tmp_path / "empty.bin", tmp_path / "data_batch_2.bin"]
    for path, part in zip(paths, (records[:3], records[:0], records[3:]), strict=True):
        path.write_bytes(part.tobytes())
    source = CifarBinarySource(paths, label_bytes=label_bytes)
    assert len(source) == 7
    np.testing.assert_array_equal(np.stack([source.read(index) for index in range(7)]), images)
    np.testing.assert_array_equal(source.labels(), labels[:, -1])
    assert [source.name(index) for index in (2, 3)] == ["data_batch_1.bin/2", "data_batch_2.bin/0"]
    assert source.location(6) == f"{paths[2]}::3"


def test_a_file_that_is_no_cifar_batch_is_refused(tmp_path):
    (tmp_path / "a.bin").write_bytes(bytes(3074))
    with pytest.raises(UsageError, match="3074 bytes are not a whole number of 3073-byte records"):
        CifarBinarySource([tmp_path / "a.bin"])


def test_the_content_hash_depends_on_bytes_or_on_pixels_with_their_shape():
    assert content_hash(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert content_hash(image) == content_hash(np.asfortranarray(image))
    assert len({content_hash(image), content_hash(image.reshape(4, 2, 3)), content_hash(image[::-1])}) == 3
