"""Where photos' bytes come from: a folder, a tar archive, arrays, CIFAR's binary batches."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from typing import TYPE_CHECKING, Any, Protocol, final

import numpy as np

from learnet.core import UsageError
from learnet.data.pixels import to_rgb
from learnet.data.sniff import ImageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MAX_FILE_BYTES = 512 * 2**20


class ImageSource(Protocol):
    """Photos by index; every method may be called from several threads at once."""

    def __len__(self) -> int:
        """Return the number of photos."""

    def name(self, index: int) -> str:
        """Return the photo's path below the root, as users know it, e.g. ``"cats/1.jpg"``."""

    def location(self, index: int) -> str:
        """Return where exactly the photo is, for the user's eye, e.g. ``"/data/pets.tar::cats/1.jpg"``."""

    def read(self, index: int) -> bytes | NDArray[np.uint8]:
        """Return the photo's encoded bytes, or its pixels (uint8 RGB ``(h, w, 3)``).

        Raises:
            ImageProblem: If it cannot be read; the reason is a sentence.
        """


def content_hash(content: bytes | NDArray[np.uint8]) -> bytes:
    """Return the SHA-256, 32 bytes, of a photo as ``ImageSource.read`` returned it.

    Args:
        content: Encoded bytes, or pixels, which count with their type and shape.

    Example:
        >>> content_hash(b"").hex()[:16]
        'e3b0c44298fc1c14'
        >>> flat, tall = np.zeros((1, 2, 3), np.uint8), np.zeros((2, 1, 3), np.uint8)
        >>> content_hash(flat) == content_hash(tall)
        False
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).digest()
    digest = hashlib.sha256(f"{content.dtype.str}{content.shape}".encode())
    digest.update(np.ascontiguousarray(content).data)
    return digest.digest()


@final
class FileSource:
    """Files below a folder.

    Args:
        root: The folder.
        names: The files' paths below it, with ``/`` between parts.
        max_bytes: The size from which a file is refused without being read.
    """

    def __init__(self, root: Path, names: Sequence[str], *, max_bytes: int = MAX_FILE_BYTES) -> None:
        self._root, self._names, self._max_bytes = root, names, max_bytes

    def __len__(self) -> int:
        return len(self._names)

    def name(self, index: int) -> str:
        """Return the path below the root."""
        return self._names[index]

    def location(self, index: int) -> str:
        """Return the whole path."""
        return str(self._root / self._names[index])

    def read(self, index: int) -> bytes:
        """Return the file's bytes.

        Raises:
            ImageProblem: If it is missing, no regular file, not readable, or larger than the limit.
        """
        path = self._root / self._names[index]
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise ImageProblem("It is not a file.")
            _check_length(status.st_size, self._max_bytes)
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise ImageProblem(_unreadable(error)) from error


@final
class TarSource:
    """Members of an uncompressed tar archive, read where they lie; nothing is unpacked.

    Args:
        archive: The archive.
        names: The members' paths, as users know them.
        offsets: Where each member's data begin, in bytes.
        sizes: How long each is, in bytes.
        max_bytes: The size from which a member is refused without being read.
    """

    def __init__(
        self,
        archive: Path,
        names: Sequence[str],
        offsets: Sequence[int] | NDArray[np.int64],
        sizes: Sequence[int] | NDArray[np.int64],
        *,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        if not len(names) == len(offsets) == len(sizes):
            raise UsageError(
                f"A tar source needs one offset and one size for each name; received {len(names)} names, "
                f"{len(offsets)} offsets and {len(sizes)} sizes."
            )
        self._names, self._max_bytes = names, max_bytes
        self._offsets, self._sizes = np.asarray(offsets, np.int64), np.asarray(sizes, np.int64)
        self._file = _Slices(archive)

    def __len__(self) -> int:
        return len(self._names)

    def name(self, index: int) -> str:
        """Return the member's path."""
        return self._names[index]

    def location(self, index: int) -> str:
        """Return ``archive::member``."""
        return f"{self._file.path}::{self._names[index]}"

    def read(self, index: int) -> bytes:
        """Return the member's bytes.

        Raises:
            ImageProblem: If the archive cannot be read or ends before the member does.
        """
        size = int(self._sizes[index])
        _check_length(size, self._max_bytes)
        return self._file.read(int(self._offsets[index]), size)


@final
class ArraySource:
    """Photos that are decoded already.

    Args:
        images: uint8 or uint16 ``(n, h, w)`` grey, or ``(n, h, w, c)`` with 1 to 4 channels as in ``pixels.to_rgb``;
            kept, not copied.
        names: What to call them; ``"0"``, ``"1"``, ... if not given.

    Raises:
        UsageError: If the array's type or shape is another.
    """

    def __init__(self, images: NDArray[Any], *, names: Sequence[str] | None = None) -> None:
        if images.dtype not in (np.uint8, np.uint16):
            raise UsageError(
                f"Images in an array must be uint8 (values from 0 to 255) or uint16; received {images.dtype}. If they "
                "are floats from 0 to 1, convert them with: (images * 255).round().astype('uint8')"
            )
        if images.ndim not in (3, 4) or 0 in images.shape[1:] or (images.ndim == 4 and images.shape[3] > 4):
            raise UsageError(
                "Images in an array must have the shape (images, height, width, 3) for RGB or (images, height, width) "
                f"for grey; received {images.shape}."
            )
        if names is not None and len(names) != len(images):
            raise UsageError(f"Each image needs one name; received {len(images)} images and {len(names)} names.")
        self._images, self._names = images, names

    def __len__(self) -> int:
        return len(self._images)

    def name(self, index: int) -> str:
        """Return the given name, or the index."""
        return str(index) if self._names is None else self._names[index]

    def location(self, index: int) -> str:
        """Return the name and where it is in the array."""
        return f"array[{index}]" if self._names is None else f"array[{index}]::{self._names[index]}"

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one image as uint8 RGB ``(h, w, 3)``."""
        return to_rgb(self._images[index])


@final
class CifarBinarySource:
    """Images in the binary batches of CIFAR-10 and CIFAR-100, read where they lie.

    A record is its label bytes, then 32 x 32 red, green and blue values.

    Args:
        batches: The files, in order.
        label_bytes: 1 for CIFAR-10, 2 for CIFAR-100.
        names: What to call the images; ``"data_batch_1.bin/0"``, ... if not given.

    Raises:
        UsageError: If a file's size is not a whole number of records.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html
    """

    PIXELS = 3 * 32 * 32

    def __init__(self, batches: Sequence[Path], *, label_bytes: int = 1, names: Sequence[str] | None = None) -> None:
        self._record, self._label_bytes, self._names = label_bytes + self.PIXELS, label_bytes, names
        self._files = [_Slices(path) for path in batches]
        sizes = [path.stat().st_size for path in batches]
        for path, size in zip(batches, sizes, strict=True):
            if size % self._record:
                raise UsageError(
                    f"'{path}' is no CIFAR batch: {size} bytes are not a whole number of {self._record}-byte records."
                )
        self._ends = np.cumsum([size // self._record for size in sizes], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def labels(self) -> NDArray[np.uint8]:
        """Return each image's last label byte (the class; for CIFAR-100 the fine one), uint8 ``(n,)``."""
        columns = [
            np.fromfile(file.path, np.uint8).reshape(-1, self._record)[:, self._label_bytes - 1].copy()
            for file in self._files
        ]
        return np.concatenate(columns) if columns else np.empty(0, np.uint8)

    def name(self, index: int) -> str:
        """Return the given name, or the batch's and the place in it."""
        if self._names is not None:
            return self._names[index]
        batch, record = self._place(index)
        return f"{self._files[batch].path.name}/{record}"

    def location(self, index: int) -> str:
        """Return the batch's path and the place in it."""
        batch, record = self._place(index)
        return f"{self._files[batch].path}::{record}"

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one image as uint8 RGB ``(32, 32, 3)``.

        Raises:
            ImageProblem: If the batch cannot be read.
        """
        batch, record = self._place(index)
        content = self._files[batch].read(record * self._record + self._label_bytes, self.PIXELS)
        planes = np.frombuffer(content, np.uint8).reshape(3, 32, 32)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))

    def _place(self, index: int) -> tuple[int, int]:
        """Return the batch that holds an image and the image's number in it."""
        batch = int(np.searchsorted(self._ends, index, side="right"))
        return batch, index - (int(self._ends[batch - 1]) if batch else 0)


class _Slices:
    """A file of which pieces are read from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()

    def read(self, offset: int, size: int) -> bytes:
        try:
            if hasattr(os, "pread"):
                content = os.pread(self._file.fileno(), size, offset)
            else:
                with self._lock:
                    self._file.seek(offset)
                    content = self._file.read(size)
        except (OSError, ValueError) as error:
            raise ImageProblem(_unreadable(error)) from error
        if len(content) < size:
            raise ImageProblem(f"It is cut short: '{self.path.name}' ends before it does.")
        return content

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()


def _check_length(size: int, limit: int) -> None:
    if size > limit:
        raise ImageProblem(f"It is too large: {size / 1e6:.0f} MB, where at most {limit / 1e6:.0f} MB are read.")


def _unreadable(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "It is missing: it was there when the folder was scanned, or the list of files names it wrongly."
    if isinstance(error, PermissionError):
        return "It may not be read: permission denied."
    detail = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"It cannot be read ({detail})."
