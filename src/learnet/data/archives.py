"""Packed archives become one plain tar in the cache folder, once; photos are then read from it in place.

Nothing is ever written to a path that an archive names, so that no archive can write elsewhere.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from learnet.core import DataError, fingerprint
from learnet.data.download import cache_folder
from learnet.data.layout import arrange
from learnet.data.sources import TarSource
from learnet.data.tar_index import list_tar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from learnet.core import Progress
    from learnet.core.progress import Task
    from learnet.data.dataset import Dataset
    from learnet.data.tar_index import Member
    from learnet.data.walk import Listing

ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".zip")
_MAX_UNPACKED_BYTES = 100_000_000_000
_CHUNK = 1 << 20
_DAMAGED = (
    EOFError,
    RuntimeError,  # an encrypted zip archive
    ValueError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def is_archive(path: Path) -> bool:
    """Say whether a file's name is that of an archive learnet reads."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def open_archive(archive: Path, *, label_depth: int | None = None, progress: Progress) -> Dataset:
    """Find the photos in an archive of class folders, as ``scan_folder`` does in a folder."""
    plain = plain_tar(archive, progress=progress)
    found, members = list_tar(plain)
    return tar_dataset(
        found, members, plain, name=archive.name.partition(".")[0], where=str(archive), depth=label_depth
    )


def tar_dataset(
    found: Listing, members: dict[str, Member], plain: Path, *, name: str, where: str, depth: int | None = None
) -> Dataset:
    """Make a dataset of the files found in an uncompressed tar archive."""
    arranged = arrange(found, where=where, label_depth=depth)
    chosen = [members[path] for path in arranged.names]
    prefix = arranged.top + "/" if arranged.top else ""
    names = [path.removeprefix(prefix) for path in arranged.names]
    source = TarSource(plain, names, [member.offset for member in chosen], [member.size for member in chosen])
    return arranged.dataset(name, source)


def plain_tar(
    archive: Path, *, inner: str | None = None, before: Callable[[], None] | None = None, progress: Progress
) -> Path:
    """Return an uncompressed tar archive with the content of ``archive``.

    An archive that is one already is used where it lies. Others are unpacked into the cache folder; the copy carries
    the identity of the archive (path, size, time of change) in its name and is made anew if that changes.

    Args:
        archive: A tar (plain, gzip, xz, bzip2) or zip archive; content decides, not the suffix.
        inner: For a zip archive that holds a packed tar: how that member's path ends.
        before: Called before the archive is unpacked, to check it.
        progress: Where to tell how it goes.

    Raises:
        DataError: If the archive is damaged, unpacks to more than 100 GB, or the disk is full.
    """
    with archive.open("rb") as file:
        start = file.read(6)
    opener = next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), None)
    zipped = start.startswith(b"PK")
    if opener is None and not zipped:
        return archive
    target = unpacked_folder() / f"{archive.name.partition('.')[0]}-{identity(archive, inner)}.tar"
    if target.exists():
        return target
    if before is not None:
        before()
    total = max(1, archive.stat().st_size // 1_000_000)
    with explained(archive), _whole_file(target) as out:
        with progress.stage(f"Unpacking {archive.name} (MB), once", total) as task, archive.open("rb") as file:
            watched = _Watched(file, task)
            if opener is not None:
                _copy(opener(watched), out)
            else:
                _unpack_zip(watched, out, inner=inner)
        out.flush()
        list_tar(Path(out.name))
    return target


def unpacked_folder() -> Path:
    """Return where unpacked archives are kept."""
    return cache_folder() / "unpacked"


def identity(archive: Path, inner: str | None = None) -> str:
    """Return 16 hexadecimal digits that change with an archive's path, size or time of change."""
    status = archive.stat()
    return fingerprint([str(archive.resolve()), status.st_size, status.st_mtime_ns, inner])[:16]


@contextmanager
def explained(archive: Path) -> Iterator[None]:
    """Turn what goes wrong while unpacking into a sentence."""
    try:
        yield
    except _DAMAGED as error:
        raise DataError(f"The archive '{archive}' is damaged ({error}). Get it again.") from None
    except OSError as error:
        where = cache_folder()
        raise DataError(
            f"The archive '{archive}' could not be unpacked into '{where}': {error.strerror or error}. Make room "
            f"there, or name another folder in LEARNET_CACHE_DIR."
        ) from None


@contextmanager
def _whole_file(target: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that becomes ``target`` when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(prefix=f".{target.stem}.", suffix=".part", dir=target.parent, delete=False) as out:
        try:
            yield out
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise
    Path(out.name).replace(target)


class _Watched(io.RawIOBase):
    """A file that tells how far it was read."""

    def __init__(self, file: IO[bytes], task: Task) -> None:
        super().__init__()
        self._file, self._task, self._told = file, task, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        megabytes = self._file.tell() // 1_000_000
        if megabytes > self._told:
            self._task.advance(megabytes - self._told)
            self._told = megabytes
        return chunk


def _open_gzip(file: IO[bytes] | io.RawIOBase) -> IO[bytes]:
    return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]  # it reads, which is all that is asked


_OPENERS: dict[bytes, Callable[[io.RawIOBase], IO[bytes]]] = {
    b"\x1f\x8b": _open_gzip,
    b"\xfd7zXZ\0": lzma.LZMAFile,  # type: ignore[dict-item]  # as above
    b"BZh": bz2.BZ2File,
}


def _copy(packed: IO[bytes], out: IO[bytes], *, written: int = 0) -> int:
    """Unpack ``packed`` to the end of ``out`` and return how many bytes ``out`` now has."""
    while chunk := packed.read(_CHUNK):
        written += len(chunk)
        _require_sane(written)
        out.write(chunk)
    return written


def _require_sane(size: int) -> None:
    if size > _MAX_UNPACKED_BYTES:
        raise ValueError(f"it unpacks to more than {_MAX_UNPACKED_BYTES // 10**9} GB")


def _unpack_zip(file: io.RawIOBase, out: IO[bytes], *, inner: str | None) -> None:
    """Write a zip archive's files as tar members, or unpack the packed tar inside it."""
    with zipfile.ZipFile(file) as packed:
        if inner is not None:
            name = next((name for name in packed.namelist() if name.endswith(inner)), None)
            if name is None:
                raise ValueError(f"there is no '{inner}' in it")
            with packed.open(name) as member:
                _copy(_open_gzip(member), out)
            return
        infos = [info for info in packed.infolist() if not info.is_dir()]
        _require_sane(sum(info.file_size for info in infos))
        with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as plain:
            for info in infos:
                header = tarfile.TarInfo(info.filename)
                header.size = info.file_size
                with packed.open(info) as member:
                    plain.addfile(header, member)
