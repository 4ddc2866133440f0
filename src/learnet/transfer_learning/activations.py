"""What the frozen part of a backbone computes, once for each photo and version of it: float16, memory-mapped."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
import zlib
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import LearnetError, generator, write_json
from learnet.data import stream_photos
from learnet.training import Views, augment
from learnet.transfer_learning.budget import OutOfTime
from learnet.transfer_learning.cache import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import Dataset, InputSpec
    from learnet.inference import Predictor
    from learnet.training import Augmentation

_LARGEST = 65_504.0  # float16
_ABANDONED = 86_400  # seconds after which a file that is not whole belongs to nobody


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanted:
    """What is to be computed.

    Attributes:
        key: Fingerprint of network, weights, place, input specification, photos, versions and seed.
        dataset: Where the photos are.
        photos: int ``(n,)``, which ones, positions in ``dataset``.
        spec: How they are prepared.
        shape: Of one photo's activations.
        versions: How many of each photo; the first one is the photo as it is.
        augmentation: How the others are made.
        seed: From which they are drawn.
    """

    key: str
    dataset: Dataset
    photos: NDArray[np.int64]
    spec: InputSpec
    shape: tuple[int, ...]
    versions: int
    augmentation: Augmentation
    seed: int

    @property
    def bytes(self) -> int:
        """What they take on disk."""
        return 2 * len(self.photos) * self.versions * int(np.prod(self.shape))


def affordable_versions(*, photos: int, size: int, wanted: int, limit_bytes: int) -> int:
    """Return how many versions of each photo fit into ``limit_bytes``, at most ``wanted``; 0 if not even one does.

    Example:
        >>> affordable_versions(photos=100, size=1000, wanted=8, limit_bytes=900_000)
        4
    """
    return min(wanted, limit_bytes // max(1, 2 * photos * size))


def load_activations(
    wanted: Wanted,
    *,
    predictor: Callable[[], Predictor],
    folder: Path,
    limit_bytes: int,
    progress: Progress,
    is_late: Callable[[], bool] = lambda: False,
) -> Views:
    """Return activations, from the cache or computed now (and then kept in it).

    Args:
        wanted: Which ones.
        predictor: Compiles the frozen part; called only if something is to be computed.
        folder: Of all caches.
        limit_bytes: Older files are removed until all files together take no more.
        progress: Where to tell how it goes.
        is_late: Asked before each one; where it says yes, computing ends.

    Returns:
        float16 ``(n, versions, …)``, a memory map that is only read.

    Raises:
        OutOfTime: If it became late.
        LearnetError: If a photo that could be read before cannot be read now, or the disk refuses.
    """
    path = folder / ACTIVATIONS / f"{wanted.key}.npy"
    kept = _open(path, wanted)
    if kept is not None:
        os.utime(path)
        return Views(values=kept)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_room(path.parent, limit_bytes - wanted.bytes)
        _compute(wanted, path, predictor(), progress, is_late)
    except OSError as error:
        raise LearnetError(
            f"The activations of the frozen layers need {wanted.bytes / 1e9:.2f} GB in '{path.parent}', and the disk "
            f"refuses ({error.strerror}). Free some room, set LEARNET_CACHE_DIR, or lower --cache-limit."
        ) from error
    return Views(values=np.load(path, mmap_mode="r"))


def _open(path: Path, wanted: Wanted) -> NDArray[np.float16] | None:
    """Return what the cache holds; None if that is nothing, or damaged."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        checksum = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["checksum"]
    except (OSError, ValueError, KeyError):
        return None
    shape = (len(wanted.photos), wanted.versions, *wanted.shape)
    if values.shape != shape or values.dtype != np.float16 or _checksum(values) != checksum:
        return None
    result: NDArray[np.float16] = values
    return result


def _compute(wanted: Wanted, path: Path, predictor: Predictor, progress: Progress, is_late: Callable[[], bool]) -> None:
    shape = (len(wanted.photos), wanted.versions, *wanted.shape)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem[:16]}.", suffix=".tmp", dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        values = np.lib.format.open_memmap(temporary, "w+", np.float16, shape)
        total = len(wanted.photos) * wanted.versions
        with progress.stage("Computing what stays frozen", total) as task:
            for place, vector in enumerate(predictor.stream(_versions(wanted))):
                if is_late():
                    raise OutOfTime("The time was up while what stays frozen was computed.")
                row, version = divmod(place, wanted.versions)
                np.clip(vector, -_LARGEST, _LARGEST, out=vector)
                values[row, version] = vector.reshape(wanted.shape)
                task.advance()
        values.flush()
        write_json(path.with_suffix(".json"), {"checksum": _checksum(values)})
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _versions(wanted: Wanted) -> Iterator[NDArray[np.uint8]]:
    """Yield all versions of the first photo, then of the second, and so on."""
    none = np.zeros((wanted.versions - 1, 1), np.float32)
    for photo in stream_photos(wanted.dataset.source, wanted.photos.tolist(), spec=wanted.spec):
        if photo.image is None:
            raise LearnetError(
                f"'{wanted.dataset.source.location(photo.index)}' could be read at first and now cannot: "
                f"{photo.problem} Leave the photos as they are while learnet works, and run it again."
            )
        yield photo.image
        if wanted.versions > 1:
            copies = np.repeat(photo.image[None], wanted.versions - 1, axis=0)
            random = generator(wanted.seed, f"versions {photo.digest.hex()}")
            yield from augment(copies, none, how=wanted.augmentation, random=random)[0]


def _make_room(folder: Path, allowed: int) -> None:
    """Remove the least recently used files, and what kills left behind, until the others take ``allowed`` bytes."""
    for leftover in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if leftover.stat().st_mtime < time.time() - _ABANDONED:
                leftover.unlink()
    files = deque(sorted(folder.glob("*.npy"), key=lambda file: file.stat().st_mtime))
    taken = sum(file.stat().st_size for file in files)
    while files and taken > allowed:
        oldest = files.popleft()
        taken -= oldest.stat().st_size
        for file in (oldest, oldest.with_suffix(".json")):
            with contextlib.suppress(OSError):
                file.unlink()


def _checksum(values: NDArray[Any]) -> int:
    total = 0
    for row in values:
        total = zlib.crc32(np.ascontiguousarray(row).data, total)
    return total
