"""Where known files are looked for, and how one is downloaded: whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from learnet.core import DataError
from learnet.core.locks import lock

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.core.progress import Task

_TIMEOUT_SECONDS = 30
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.2
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file with an official address.

    Attributes:
        name: What it is called on disk.
        url: Its address.
        checksum: ``"sha256:..."`` or, where only that is published, ``"md5:..."``; lower-case hexadecimal. Empty where
            none is published: then the address and the size are all that is checked.
        max_bytes: More than this is never written.
    """

    name: str
    url: str
    checksum: str
    max_bytes: int


class UnavailableError(DataError):
    """A file could not be had.

    Args:
        sentence: What the user reads.
        reason: Why, as a clause, for whoever says the rest in other words.
    """

    def __init__(self, sentence: str, *, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def cache_folder() -> Path:
    """Return the folder for what can be had again: ``LEARNET_CACHE_DIR`` or the user's cache. It may not exist yet."""
    import platformdirs

    return Path(os.environ.get("LEARNET_CACHE_DIR") or platformdirs.user_cache_dir("learnet", appauthor=False))


def download_folder() -> Path:
    """Return where downloaded data sets are kept."""
    return cache_folder() / "datasets"


def data_folders() -> list[Path]:
    """Return the folders in which known data sets are looked for, in order."""
    given = os.environ.get("LEARNET_DATA_DIR")
    return [*([Path(given)] if given else []), download_folder()]


def find(*names: str) -> Path | None:
    """Return the first of these files or folders that exists in a data folder."""
    places = (folder / name for folder in data_folders() for name in names)
    return next((place for place in places if place.exists()), None)


def fetch(remote: RemoteFile, folder: Path, *, progress: Progress) -> Path:
    """Download a file, continuing an earlier attempt, and check it.

    Args:
        remote: What to get.
        folder: Where to put it; made if need be.
        progress: Where to tell how it goes.

    Returns:
        The whole file, its checksum right.

    Raises:
        UnavailableError: If it cannot be had (no network, ``LEARNET_OFFLINE=1``, wrong checksum, full disk). The
            sentence names the file, its address, its checksum and the folder to put it in.
    """
    target = folder / remote.name
    if os.environ.get("LEARNET_OFFLINE", "0") not in {"", "0"}:
        raise _unavailable(remote, folder, "LEARNET_OFFLINE forbids downloading")
    _require_safe_address(remote.url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{remote.name}.part"
        with _lock(partial) as file:
            resumed = file.seek(0, os.SEEK_END) > 0
            received = _fill(remote, file, progress=progress)
            if received != remote.checksum and resumed:
                file.truncate(0)
                received = _fill(remote, file, progress=progress)
            if received != remote.checksum:
                file.truncate(0)
                raise _unavailable(remote, folder, f"what arrived has the checksum {received}")
        Path(file.name).replace(target)
    except (OSError, http.client.HTTPException, _RefusedError) as error:
        raise _unavailable(remote, folder, f"downloading it failed: {_why(error)}") from None
    return target


def checksum_matches(path: Path, checksum: str) -> bool:
    """Say whether a file's content has the checksum ``"ALGORITHM:HEX"``."""
    return _checksum(path, checksum.partition(":")[0]) == checksum


def require_intact(path: Path, remote: RemoteFile) -> None:
    """Refuse a file that is not, byte for byte, the official one."""
    if not checksum_matches(path, remote.checksum):
        raise DataError(
            f"'{path}' is damaged or not the official file: its checksum is not {remote.checksum.replace(':', ' ')}. "
            f"Remove it, and get {remote.name} from {remote.url}."
        )


def _unavailable(remote: RemoteFile, folder: Path, reason: str) -> UnavailableError:
    given = os.environ.get("LEARNET_DATA_DIR")
    places = f"'{folder}'" + (f" or '{given}'" if given else " (or name its folder in LEARNET_DATA_DIR)")
    checksum = remote.checksum.replace(":", " ") or "no checksum is published"
    return UnavailableError(
        f"The file {remote.name} is needed and not on this machine, and {reason}. Get it from {remote.url} "
        f"({checksum}) and put it in {places}.",
        reason=reason,
    )


def _require_safe_address(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        reason = f"address {url} is not https, and learnet downloads from nothing else"
        raise UnavailableError(f"The {reason}.", reason=f"the {reason}")


def _lock(partial: Path) -> BinaryIO:
    """Open the partial file for this process alone; while another process fills it, open one of our own."""
    file = partial.open("a+b")
    if lock(file.fileno(), wait=False):
        return file
    file.close()
    return partial.with_name(f"{partial.name}{os.getpid()}").open("w+b")


class _RefusedError(Exception):
    """What a server sends cannot be the file; trying again is of no use."""


def _fill(remote: RemoteFile, file: BinaryIO, *, progress: Progress) -> str:
    """Append to ``file`` until the server has no more, however often the connection is cut; return the checksum."""
    at_first, failure = file.seek(0, os.SEEK_END), Exception("the connection was cut again and again")
    with progress.stage(f"Downloading {remote.name} (MB)", max(1, remote.max_bytes // 1_000_000)) as task:
        for attempt in range(_ATTEMPTS):
            before = file.seek(0, os.SEEK_END)
            try:
                if _append(remote, file, task):
                    break
            except urllib.error.URLError as error:
                status = getattr(error, "code", None)
                if (status is None and before == at_first) or (status is not None and status < 500):
                    raise
                failure = error
            except (OSError, http.client.HTTPException) as error:
                failure = error
            if file.seek(0, os.SEEK_END) == before:
                time.sleep(_PAUSE_SECONDS * 2**attempt)
        else:
            raise OSError(_why(failure))
    file.flush()
    os.fsync(file.fileno())
    return _checksum(Path(file.name), remote.checksum.partition(":")[0]) if remote.checksum else ""


def _append(remote: RemoteFile, file: BinaryIO, task: Task) -> bool:
    """Ask for what is missing and append it; return whether the file is now complete."""
    have = file.seek(0, os.SEEK_END)
    headers = {"User-Agent": "learnet", **({"Range": f"bytes={have}-"} if have else {})}
    request = urllib.request.Request(remote.url, headers=headers)  # noqa: S310 (the scheme was checked)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 (the scheme was checked)
            _require_safe_address(response.url)
            if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                have = 0
                file.truncate(0)
            task.advance(have // 1_000_000)
            expected = response.headers.get("Content-Length")
            received = _copy(response, file, limit=remote.max_bytes - have, task=task)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True
        raise
    return expected is None or received == int(expected)


def _copy(response: http.client.HTTPResponse, file: BinaryIO, *, limit: int, task: Task) -> int:
    received = 0
    while chunk := response.read1(_CHUNK):
        megabytes = received // 1_000_000
        received += len(chunk)
        if received > limit:
            file.truncate(0)
            raise _RefusedError("the server sent more than the file should have")
        file.write(chunk)
        task.advance(received // 1_000_000 - megabytes)
    file.flush()
    return received


def _checksum(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    code = getattr(error, "code", None)
    return f"HTTP status {code}, {reason}" if code else str(reason)
