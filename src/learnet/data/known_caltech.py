"""Caltech-101: 101 classes of photos; the 102nd folder, of clutter, is left out as in the published results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from learnet.data.archives import plain_tar, tar_dataset
from learnet.data.dataset import count
from learnet.data.download import RemoteFile, download_folder, fetch, find, require_intact
from learnet.data.layout import arrange
from learnet.data.sources import FileSource
from learnet.data.tar_index import list_tar
from learnet.data.walk import walk

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.core import Progress
    from learnet.data.dataset import Dataset
    from learnet.data.walk import Listing

CALTECH = RemoteFile(
    name="caltech-101.zip",
    url="https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip?download=1",
    checksum="md5:3138e1922a9193bfa496528edbbc45d0",
    max_bytes=150_000_000,
)
_FOLDER, _TAR, _PACKED = "101_ObjectCategories", "101_ObjectCategories.tar", "101_ObjectCategories.tar.gz"
_CLUTTER = "BACKGROUND_Google"


def open_caltech101(progress: Progress) -> Dataset:
    """Open Caltech-101 from its unpacked folder, its tar archive (plain or packed), or the official zip archive."""
    folder = find(_FOLDER, f"caltech-101/{_FOLDER}", f"caltech101/{_FOLDER}", "caltech-101", "caltech101")
    if folder is not None and folder.is_dir():
        return _from_folder(folder)
    tar = find(_TAR, _PACKED, f"caltech-101/{_PACKED}")
    if tar is not None:
        return _from_tar(plain_tar(tar, progress=progress))
    archive = find(CALTECH.name)
    if archive is None:
        archive = fetch(CALTECH, download_folder(), progress=progress)
    plain = plain_tar(archive, inner=_PACKED, progress=progress, before=lambda: require_intact(archive, CALTECH))
    return _from_tar(plain)


def _from_folder(root: Path) -> Dataset:
    found, left_out = _without_clutter(walk(root))
    arranged = arrange(found, where="caltech101")
    return _told(arranged.dataset("caltech101", FileSource(root, arranged.names)), left_out)


def _from_tar(plain: Path) -> Dataset:
    found, members = list_tar(plain)
    found, left_out = _without_clutter(found)
    return _told(tar_dataset(found, members, plain, name="caltech101", where="caltech101"), left_out)


def _without_clutter(found: Listing) -> tuple[Listing, int]:
    """Return the listing without the clutter class, which is no part of the data set, and how many files that has."""

    def kept(name: str) -> bool:
        return _CLUTTER not in name.split("/")

    rest = replace(
        found,
        names=[name for name in found.names if kept(name)],
        skipped=[item for item in found.skipped if kept(item.path)],
    )
    return rest, len(found.names) + len(found.skipped) - len(rest.names) - len(rest.skipped)


def _told(dataset: Dataset, left_out: int) -> Dataset:
    if not left_out:
        return dataset
    layout = f"{dataset.layout.rstrip('.')}; without the clutter class {_CLUTTER} ({count(left_out, 'file')})."
    return replace(dataset, layout=layout)
