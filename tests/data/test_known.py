import gzip
import io
import os
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from learnet.core import DataError, Silent
from learnet.data import known_caltech, known_cifar, known_mnist
from learnet.data.dataset import NO_PART, Part
from learnet.data.known import KNOWN
from learnet.data.resolve import open_dataset

REAL = os.environ.get("LEARNET_DATA_DIR", "")


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("LEARNET_DATA_DIR", str(folder))
    return folder


def tar_of(files: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_the_names():
    assert KNOWN.names() == ["digits", "caltech101", "cifar10", "mnist", "fashion_mnist"]


def test_digits():
    from sklearn.datasets import load_digits

    dataset = open_dataset("digits")
    assert len(dataset) == 1797
    assert dataset.class_names == tuple("0123456789")
    assert dataset.labels.tolist() == load_digits().target.tolist()
    assert (dataset.parts == NO_PART).all()
    image = dataset.source.read(0)
    assert image.shape == (8, 8, 3)
    assert image[0, :, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]  # 0, 0, 5, 13, 9, 1, 0, 0 times 255/16


CALTECH = {
    f"101_ObjectCategories/{name}/image_000{n}.jpg": f"{name}{n}".encode()
    for name in ("BACKGROUND_Google", "Faces", "accordion")
    for n in (1, 2)
}


def put_caltech(data_dir: Path, form: str) -> None:
    inner = tar_of(CALTECH, "w:gz")
    if form == "folder":
        for name, content in CALTECH.items():
            (data_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (data_dir / name).write_bytes(content)
    elif form == "zip":
        import zipfile

        with zipfile.ZipFile(data_dir / "caltech-101.zip", "w") as archive:
            archive.writestr("caltech-101/Annotations.tar", b"x")
            archive.writestr("caltech-101/101_ObjectCategories.tar.gz", inner)
    else:
        content = inner if form == "tar.gz" else tar_of(CALTECH)
        (data_dir / f"101_ObjectCategories.{form}").write_bytes(content)


@pytest.mark.parametrize("form", ["folder", "tar", "tar.gz", "zip"])
def test_caltech101_is_the_same_in_every_form(data_dir, monkeypatch, form):
    put_caltech(data_dir, form)
    monkeypatch.setattr(known_caltech, "require_intact", lambda *_: None)
    dataset = open_dataset("caltech101")
    assert dataset.class_names == ("accordion", "Faces")
    assert {dataset.source.name(i): dataset.source.read(i) for i in range(4)} == {
        "accordion/image_0001.jpg": b"accordion1",
        "accordion/image_0002.jpg": b"accordion2",
        "Faces/image_0001.jpg": b"Faces1",
        "Faces/image_0002.jpg": b"Faces2",
    }
    assert dataset.name == "caltech101"
    assert "without the clutter class BACKGROUND_Google (2 files)" in dataset.layout
    assert dataset.found == 4


def test_a_damaged_official_archive_is_refused(data_dir):
    put_caltech(data_dir, "zip")
    with pytest.raises(DataError, match=r"not the official file.*3138e1922a9193bfa496528edbbc45d0"):
        open_dataset("caltech101")


@pytest.mark.parametrize("name", ["caltech101", "cifar10", "mnist", "fashion_mnist"])
def test_what_is_not_here_is_named_with_address_checksum_and_folder(tmp_path, data_dir, name):
    with pytest.raises(DataError) as caught:
        open_dataset(name)
    file = {
        "caltech101": known_caltech.CALTECH,
        "cifar10": known_cifar.CIFAR,
        "mnist": known_mnist.MNIST[0],
        "fashion_mnist": known_mnist.FASHION[0],
    }[name]
    message = str(caught.value)
    assert all(part in message for part in (file.name, file.url, file.checksum.partition(":")[2], str(data_dir)))


def test_what_is_not_here_is_downloaded_to_the_cache(data_dir, monkeypatch, tmp_path):
    def fetch(remote, folder, *, progress):
        folder.mkdir(parents=True)
        put_caltech(folder, "zip")
        return folder / remote.name

    monkeypatch.setattr(known_caltech, "fetch", fetch)
    monkeypatch.setattr(known_caltech, "require_intact", lambda *_: None)
    assert len(open_dataset("caltech101")) == 4
    assert (tmp_path / "cache" / "datasets" / "caltech-101.zip").exists()


@pytest.fixture
def batches(monkeypatch):
    """CIFAR-10's six binary batches, with 4 instead of 10,000 photos each."""
    monkeypatch.setattr(known_cifar, "_BATCH_BYTES", 4 * 3073)
    rng = np.random.default_rng(0)
    records = rng.integers(0, 256, (6, 4, 3073), dtype=np.uint8)
    records[..., 0] = rng.integers(0, 10, (6, 4))
    names = (*known_cifar._TRAIN, known_cifar._TEST)
    return records, {
        f"cifar-10-batches-bin/{name}": batch.tobytes() for name, batch in zip(names, records, strict=True)
    }


@pytest.mark.parametrize("form", ["archive", "folder"])
def test_cifar10_from_the_binary_batches(data_dir, monkeypatch, batches, form):
    records, files = batches
    if form == "archive":
        (data_dir / "cifar-10-binary.tar.gz").write_bytes(tar_of({**files, "../evil.bin": b"x"}, "w:gz"))
        monkeypatch.setattr(known_cifar, "require_intact", lambda *_: None)
    else:
        for name, content in files.items():
            (data_dir / name).parent.mkdir(exist_ok=True)
            (data_dir / name).write_bytes(content)
    monkeypatch.setattr(known_cifar, "_TRAIN_PHOTOS", 20)
    dataset = open_dataset("cifar10")
    assert dataset.class_names == known_cifar.CLASSES
    assert dataset.labels.tolist() == records[..., 0].reshape(-1).tolist()
    assert dataset.parts.tolist() == [Part.TRAIN] * 20 + [Part.TEST] * 4
    expected = records.reshape(24, 3073)[21, 1:].reshape(3, 32, 32).transpose(1, 2, 0)
    assert (dataset.source.read(21) == expected).all()
    assert not list(data_dir.parent.rglob("evil.bin"))


def test_cifar10_as_image_files(data_dir):
    files = {f"{part}/{name}/{n}.jpg": b"x" for part in ("train", "test") for name in ("cat", "dog") for n in (1, 2)}
    (data_dir / "cifar-10-images.tar.xz").write_bytes(tar_of(files, "w:xz"))
    dataset = open_dataset("cifar10")
    assert dataset.class_names == ("cat", "dog")
    assert sorted(dataset.parts.tolist()) == [Part.TRAIN] * 4 + [Part.TEST] * 4


def test_the_archive_of_pickles_is_never_opened(data_dir):
    (data_dir / "cifar-10-python.tar.gz").write_bytes(b"would run code")
    with pytest.raises(DataError, match=r"pickles, which can run code and are never opened.*cifar-10-binary.tar.gz"):
        open_dataset("cifar10")


def test_a_short_cifar_batch_is_refused(data_dir, batches):
    (data_dir / "cifar-10-batches-bin").mkdir()
    (data_dir / "cifar-10-batches-bin" / "data_batch_1.bin").write_bytes(b"short")
    with pytest.raises(DataError, match="missing or not"):
        open_dataset("cifar10")


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def idx_files():
    """The four IDX files, mostly black."""
    rng = np.random.default_rng(0)
    files, labels = {}, {}
    for kind, number in (("train", 60_000), ("t10k", 10_000)):
        images = np.zeros((number, 28, 28), np.uint8)
        images[:, 0, 0] = np.arange(number) % 251
        labels[kind] = rng.integers(0, 10, number, dtype=np.uint8)
        files[f"{kind}-images-idx3-ubyte"], files[f"{kind}-labels-idx1-ubyte"] = idx(images), idx(labels[kind])
    return files, labels


@pytest.mark.parametrize(
    ("name", "folder", "packed"), [("mnist", "MNIST/raw", False), ("fashion_mnist", "fashion_mnist", True)]
)
def test_idx_files(data_dir, idx_files, name, folder, packed):
    files, labels = idx_files
    (data_dir / folder).mkdir(parents=True)
    for file, content in files.items():
        path = data_dir / folder / (f"{file}.gz" if packed else file)
        path.write_bytes(gzip.compress(content, 1) if packed else content)
    dataset = open_dataset(name)
    assert len(dataset) == 70_000
    assert np.bincount(dataset.parts).tolist() == [60_000, 0, 10_000]
    names = known_mnist._CLOTHES if name == "fashion_mnist" else tuple("0123456789")
    whole = np.concatenate([labels["train"], labels["t10k"]])
    assert all(dataset.class_names[dataset.labels[i]] == names[whole[i]] for i in range(0, 70_000, 997))
    assert dataset.source.read(60_007)[0, 0].tolist() == [7, 7, 7]


def test_idx_files_are_checked(data_dir, idx_files, tmp_path):
    files, _ = idx_files
    content = files["t10k-labels-idx1-ubyte"]
    remote, shape = known_mnist.MNIST[3], (10_000,)
    path = tmp_path / "labels"
    for bad in (content[:-1], content + b"x", b"\0\0\x09" + content[3:], content[:7] + b"\x11" + content[8:]):
        path.write_bytes(bad)
        with pytest.raises(DataError, match="not the file it should be"):
            known_mnist._read_idx(path, shape, remote)
    packed = tmp_path / "labels.gz"
    packed.write_bytes(gzip.compress(content)[:-20])
    with pytest.raises(DataError, match="not the file it should be"):
        known_mnist._read_idx(packed, shape, remote)


def test_in_the_data_folder_itself_the_checksum_tells_mnist_from_fashion(data_dir, idx_files):
    (data_dir / known_mnist.MNIST[0].name).write_bytes(gzip.compress(b"the other one"))
    with pytest.raises(DataError, match="is needed and not on this machine"):
        open_dataset("mnist")


@pytest.mark.skipif(not Path(REAL, "101_ObjectCategories.tar").is_file(), reason="LEARNET_DATA_DIR has no Caltech-101")
def test_the_real_caltech101(monkeypatch):
    monkeypatch.setenv("LEARNET_DATA_DIR", REAL)
    dataset = KNOWN["caltech101"].open(Silent())
    sizes = np.bincount(dataset.labels)
    assert (len(dataset), len(sizes), sizes.min(), sizes.max()) == (8_677, 101, 31, 800)
    assert dataset.source.read(0).startswith(b"\xff\xd8")
