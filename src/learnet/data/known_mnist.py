"""Handwritten digits and clothes as arrays: MNIST and Fashion-MNIST from their IDX files, scikit-learn's digits."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError
from learnet.data.dataset import NO_PART, Dataset, Part, encode_labels
from learnet.data.download import RemoteFile, checksum_matches, data_folders, download_folder, fetch
from learnet.data.sources import ArraySource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from learnet.core import Progress

_SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
_MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_FASHION_URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
_MNIST_SUMS = (
    "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)
_FASHION_SUMS = (
    "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "md5:25c81989df183df01b3e8a0aad5dffbe",
    "md5:bef4ecab320f06d8554ea6380940ec79",
    "md5:bb300cfdad3c16e7a12a480ee83cd310",
)
_CLOTHES = (
    "T-shirt or top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def _remote(url: str, checksums: Sequence[str]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(name=f"{name}.gz", url=f"{url}{name}.gz", checksum=checksum, max_bytes=40_000_000)
        for name, checksum in zip(_SHAPES, checksums, strict=True)
    )


MNIST, FASHION = _remote(_MNIST_URL, _MNIST_SUMS), _remote(_FASHION_URL, _FASHION_SUMS)


def open_mnist(progress: Progress) -> Dataset:
    """Open MNIST from its four IDX files, packed or not, in ``mnist/`` of a data folder or in the folder itself."""
    digits = tuple(str(digit) for digit in range(10))
    return _open_idx("mnist", MNIST, ("mnist", "MNIST/raw", "MNIST"), digits, progress)


def open_fashion_mnist(progress: Progress) -> Dataset:
    """Open Fashion-MNIST from its four IDX files, as ``open_mnist`` does, in ``fashion_mnist/``."""
    folders = ("fashion_mnist", "fashion-mnist", "FashionMNIST/raw", "FashionMNIST")
    return _open_idx("fashion_mnist", FASHION, folders, _CLOTHES, progress)


def open_digits(progress: Progress) -> Dataset:  # noqa: ARG001 (as all openers; nothing here takes time)
    """Open the 8 x 8 digits that come with scikit-learn; their grey values 0..16 become ``round(value * 255 / 16)``."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    labels, class_names = encode_labels([str(label) for label in digits.target])
    return Dataset(
        name="digits",
        source=ArraySource(np.rint(digits.images * (255 / 16)).astype(np.uint8)),
        labels=labels,
        class_names=class_names,
        parts=np.full(len(labels), NO_PART, np.int8),
        layout=f"digits: 10 classes, {len(labels):,} pictures of 8 x 8 grey pixels, from scikit-learn.",
    )


def _open_idx(
    name: str, files: Sequence[RemoteFile], folders: Sequence[str], classes: tuple[str, ...], progress: Progress
) -> Dataset:
    paths = [_find(remote, folders) or fetch(remote, download_folder() / name, progress=progress) for remote in files]
    images, numbers = np.empty((70_000, 28, 28), np.uint8), np.empty(70_000, np.uint8)
    for start, image_path, label_path, remote in (
        (0, paths[0], paths[1], files[0]),
        (60_000, paths[2], paths[3], files[2]),
    ):
        pixels = _read_idx(image_path, _SHAPES[remote.name.removesuffix(".gz")], remote)
        images[start : start + len(pixels)] = pixels
        numbers[start : start + len(pixels)] = _read_idx(label_path, pixels.shape[:1], remote)
    if numbers.max() >= len(classes):
        raise DataError(f"The label files of {name} hold the label {numbers.max()}; there is none above 9.")
    labels, class_names = encode_labels([classes[number] for number in numbers])
    parts = np.full(70_000, Part.TRAIN, np.int8)
    parts[60_000:] = Part.TEST
    return Dataset(
        name=name,
        source=ArraySource(images),
        labels=labels,
        class_names=class_names,
        parts=parts,
        layout=f"{name}: 10 classes, 70,000 pictures of 28 x 28 grey pixels; given split: 60,000 train, 10,000 test.",
    )


def _find(remote: RemoteFile, folders: Sequence[str]) -> Path | None:
    """Return the file, packed or not. In a data folder itself it may be the other data set's: the checksum tells."""
    plain = remote.name.removesuffix(".gz")
    for place in data_folders():
        for folder in folders:
            for name in (remote.name, plain):
                if (place / folder / name).is_file():
                    return place / folder / name
        if (place / remote.name).is_file() and checksum_matches(place / remote.name, remote.checksum):
            return place / remote.name
    return None


def _read_idx(path: Path, shape: tuple[int, ...], remote: RemoteFile) -> np.ndarray:
    """Return the bytes of an IDX file (packed or not) of exactly this shape.

    The header is 0, 0, type (8 for bytes), number of dimensions, then each dimension as a big-endian 32-bit number.
    Source: http://yann.lecun.com/exdb/mnist/
    """
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    size = len(header) + math.prod(shape)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _wrong(path, remote, str(error)) from None
    if len(content) != size or not content.startswith(header):
        raise _wrong(path, remote, f"its header or length is not that of {shape} bytes")
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)


def _wrong(path: Path, remote: RemoteFile, what: str) -> DataError:
    return DataError(
        f"'{path}' is not the file it should be ({what}). Remove it, and get {remote.name} from {remote.url} "
        f"({remote.checksum.replace(':', ' ')})."
    )
