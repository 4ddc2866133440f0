"""Where a bundle lies: its folder found, opened while another process may replace it, its files checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from learnet.bundle.files import read_file
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS, NewerBundleError, OtherBundleError
from learnet.bundle.tensors import read_tensors
from learnet.core import BundleError, sha256_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from learnet.bundle.info import FileRecord

T = TypeVar("T")

_ATTEMPTS = 3


def open_folder(folder: str | Path, read: Callable[[Path], T], *, advice: str) -> T:
    """Read a bundle where it lies; again, if another process puts a new version in its place meanwhile.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is read.
        read: Reads the bundle in exactly the folder that it is given.
        advice: What to do about a bundle that is damaged, as the end of the error's sentences.

    Raises:
        BundleError: If it is missing or ``read`` refuses it.
    """
    wanted = Path(folder)
    for attempt in range(_ATTEMPTS):
        place = _locate(wanted)
        before = _identity(place)
        try:
            return read(place)
        except BundleError as error:
            if attempt + 1 < _ATTEMPTS and _identity(_locate(wanted)) != before:
                continue  # another process has just put a new version in its place
            helpful = "" if isinstance(error, NewerBundleError | OtherBundleError) else advice
            raise BundleError(f"The bundle '{place}' is refused. {error}{helpful}") from None
    raise AssertionError("the last attempt returns or raises")


def _locate(folder: Path) -> Path:
    """Return the folder that holds the bundle: itself, or what a kill left of its previous version."""
    previous = folder.with_name(f".{folder.name}.previous") if folder.name else folder
    if not folder.exists() and previous.is_dir():
        return previous
    if folder.is_dir():
        inner = folder / "bundle"
        if not (folder / DOCUMENT).exists() and (inner / DOCUMENT).is_file():
            raise BundleError(f"'{folder}' is a run, not a bundle. Its bundle is '{inner}'.")
        return folder
    if folder.exists():
        raise BundleError(
            f"'{folder}' is a file, but a bundle is a folder with {DOCUMENT}, {WEIGHTS} and {GOLDEN} inside. If it was "
            "packed, unpack it first; other model files are not opened."
        )
    raise BundleError(f"There is no bundle at '{folder}'. Check the path; a run keeps its own in RUN/bundle.")


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def read_vouched(path: Path, record: FileRecord, *, limit: int) -> dict[str, np.ndarray]:
    """Read the arrays of a file of which ``bundle.json`` gives size and checksum.

    Raises:
        BundleError: If it is not that file, or larger than ``limit``.
    """
    content = read_file(path, limit=limit, exactly=record.bytes)
    if sha256_bytes(content) != record.sha256:
        raise BundleError(f"{path.name} was changed after the bundle was saved: its checksum does not match.")
    return read_tensors(content, name=path.name)
