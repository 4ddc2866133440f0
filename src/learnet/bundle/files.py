"""Reading the files of a bundle: regular ones only, of the expected size only."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from learnet.core import BundleError

if TYPE_CHECKING:
    from pathlib import Path


def read_file(path: Path, *, limit: int, exactly: int | None = None) -> bytes:
    """Read a whole file that nobody vouches for.

    Links are not followed and pipes are not waited for; nothing is read of a file of the wrong size.

    Args:
        path: The file.
        limit: The most bytes that it may hold.
        exactly: The number of bytes that it must hold, if known.

    Returns:
        Its content.

    Raises:
        BundleError: If it is missing, is no regular file, or has another size.
    """
    if path.is_symlink():
        raise BundleError(f"{path.name} is a link, and a bundle's files must lie in its folder themselves.")
    try:
        with open(path, "rb", opener=_open) as file:
            return _read(file, path.name, limit=limit, exactly=exactly)
    except FileNotFoundError:
        raise BundleError(f"{path.name} is missing.") from None
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read: {error.strerror}.") from None


def _open(path: str, flags: int) -> int:
    """Open a file without following a link or waiting for a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _read(file: BinaryIO, name: str, *, limit: int, exactly: int | None) -> bytes:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise BundleError(f"{name} is not a regular file.")
    if exactly is not None and status.st_size != exactly:
        raise BundleError(
            f"{name} holds {status.st_size:,} bytes where bundle.json promises {exactly:,}: it is damaged."
        )
    if status.st_size > limit:
        raise BundleError(f"{name} holds {status.st_size:,} bytes, but a bundle like this needs at most {limit:,}.")
    content = file.read(status.st_size)
    if len(content) != status.st_size:
        raise BundleError(f"{name} became shorter while it was read.")
    return content
