"""CIFAR-10, from the official binary archive (never from the one of pickles) or from its images as files."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError, atomic_folder
from learnet.data.archives import explained, identity, plain_tar, tar_dataset, unpacked_folder
from learnet.data.dataset import Dataset, Part
from learnet.data.download import RemoteFile, data_folders, download_folder, fetch, find, require_intact
from learnet.data.scan import scan_folder
from learnet.data.sources import CifarBinarySource
from learnet.data.tar_index import list_tar

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.core import Progress

CIFAR = RemoteFile(
    name="cifar-10-binary.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    checksum="sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    max_bytes=180_000_000,
)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_TRAIN, _TEST = tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"
_TRAIN_PHOTOS = 50_000
_BATCH_BYTES = 10_000 * (1 + 3 * 32 * 32)
_IMAGES = ("cifar-10-images.tar", "cifar-10-images.tar.gz", "cifar-10-images.tar.xz")
_FOLDERS = ("cifar-10-images", "cifar10", "cifar-10", "cifar")
_PICKLES = ("cifar-10-python.tar.gz", "cifar-10-batches-py")


def open_cifar10(progress: Progress) -> Dataset:
    """Open CIFAR-10 from the official binary archive or its folder, or from an archive or a folder of its images."""
    batches = find("cifar-10-batches-bin")
    if batches is not None:
        return _from_batches(batches)
    archive = find(CIFAR.name)
    if archive is not None:
        return _from_batches(_unpack(archive, progress=progress))
    images = find(*_IMAGES)
    if images is not None:
        plain = plain_tar(images, progress=progress)
        found, members = list_tar(plain)
        return tar_dataset(found, members, plain, name="cifar10", where="cifar10")
    folder = next(
        (path for place in data_folders() for name in _FOLDERS if (path := place / name).joinpath("train").is_dir()),
        None,
    )
    return _from_batches(_download(progress)) if folder is None else scan_folder(folder, name="cifar10")


def _download(progress: Progress) -> Path:
    try:
        return _unpack(fetch(CIFAR, download_folder(), progress=progress), progress=progress)
    except DataError as error:
        pickles = find(*_PICKLES)
        if pickles is None:
            raise
        raise DataError(
            f"'{pickles}' was found, but it holds Python pickles, which can run code and are never opened. {error}"
        ) from None


def _unpack(archive: Path, *, progress: Progress) -> Path:
    """Return the folder with the archive's batches, unpacked once into the cache; only six known names are written."""
    target = unpacked_folder() / f"cifar-10-{identity(archive)}"
    if target.is_dir():
        return target
    require_intact(archive, CIFAR)
    progress.say(f"Unpacking {archive.name}, once.")
    with explained(archive), atomic_folder(target) as folder, tarfile.open(archive, "r:*") as packed:
        for member in packed:
            name = member.name.rpartition("/")[2]
            content = packed.extractfile(member) if name in (*_TRAIN, _TEST) and member.size == _BATCH_BYTES else None
            if content is not None:
                (folder / name).write_bytes(content.read())
    return target


def _from_batches(folder: Path) -> Dataset:
    paths = [folder / name for name in (*_TRAIN, _TEST)]
    for path in paths:
        if not path.is_file() or path.stat().st_size != _BATCH_BYTES:
            raise DataError(
                f"'{path}' is missing or not {_BATCH_BYTES:,} bytes long, as a CIFAR-10 batch is. Unpack {CIFAR.name} "
                f"again, or remove the folder '{folder}'; the archive comes from {CIFAR.url}."
            )
    source = CifarBinarySource(paths)
    labels = source.labels().astype(np.int32)
    if labels.max() >= len(CLASSES):
        raise DataError(f"The batches in '{folder}' hold label {labels.max()}, and CIFAR-10 has none above 9.")
    parts = np.full(len(labels), Part.TRAIN, np.int8)
    parts[_TRAIN_PHOTOS:] = Part.TEST
    return Dataset(
        name="cifar10",
        source=source,
        labels=labels,
        class_names=CLASSES,
        parts=parts,
        layout="cifar10: 10 classes, 60,000 photos; given split: 50,000 train, 10,000 test; from the binary batches.",
    )
