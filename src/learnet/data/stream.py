"""The one decoding pipeline: photos in order, decoded ahead by threads, in bounded memory."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from learnet.core import usable_cores
from learnet.data.decode import HASH_SPEC, MAX_PIXELS, decode
from learnet.data.sniff import ImageFormat, ImageProblem
from learnet.data.sources import content_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from learnet.data.input_spec import InputSpec
    from learnet.data.sources import ImageSource

FACTS_VERSION = 1
"""Changes when the same content would give other facts; part of the key under which facts are cached."""
ARRAY_FORMAT = "array"
NO_DIGEST = bytes(32)
_BATCH = 8  # photos a task of a thread, as handing over a task costs a fifth of what decoding a small photo does


@dataclass(frozen=True, slots=True)
class Facts:
    """What is worth keeping of a photo's content; it depends on nothing else.

    Attributes:
        format: ``ImageFormat``'s value, or ``"array"`` for pixels that came decoded.
        width: Columns of the whole photo, upright.
        height: Rows of the whole photo, upright.
        hash: The perceptual hash, 32 bytes.
    """

    format: str
    width: int
    height: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo out of the stream.

    Attributes:
        index: Its index in the source.
        digest: SHA-256 of its content, 32 bytes; zeros if it could not be read.
        image: uint8 RGB ``(height, width, 3)`` as the model wants it; None if it has a problem or was not wanted.
        facts: None if it has a problem or was not wanted.
        problem: Why it cannot be used, as a sentence; None if it can.
    """

    index: int
    digest: bytes
    image: NDArray[np.uint8] | None
    facts: Facts | None
    problem: str | None


class _OneOpenCVThread:
    """While any stream runs, OpenCV uses one thread a photo: the photos are the parallel work."""

    def __init__(self) -> None:
        self._lock, self._streams, self._before = threading.Lock(), 0, 1

    def enter(self) -> None:
        import cv2

        with self._lock:
            if self._streams == 0:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._streams += 1

    def leave(self) -> None:
        import cv2

        with self._lock:
            self._streams -= 1
            if self._streams == 0:
                cv2.setNumThreads(self._before)


_one_opencv_thread = _OneOpenCVThread()


def stream_photos(
    source: ImageSource,
    indices: Iterable[int],
    *,
    spec: InputSpec,
    workers: int | None = None,
    lookahead: int = 64,
    wanted: Callable[[int, bytes], bool] | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[Photo]:
    """Read, check, decode and prepare photos while the caller works on those before them.

    A photo that cannot be used comes with its problem and stops nothing. An error in ``wanted`` is a mistake in the
    program and is raised.

    Args:
        source: Where the photos are.
        indices: Which ones, in the order in which they are to come; drawn as they are needed.
        spec: What the model wants.
        workers: Threads; as many as there are usable cores if not given.
        lookahead: How many photos at most are read ahead of the caller.
        wanted: Called with a photo's index and digest, from the threads; False leaves it undecoded, because the caller
            has what it needs of it.
        max_pixels: The size from which a photo is refused.

    Yields:
        The photos, in order. Closing the iterator, or Ctrl-C, stops the threads at the photos in their hands.
    """

    def work(batch: list[int]) -> list[Photo]:
        return [_photo(source, index, spec=spec, wanted=wanted, max_pixels=max_pixels) for index in batch]

    remaining = iter(indices)
    size = max(1, min(_BATCH, lookahead // 4))
    batches = iter(lambda: list(islice(remaining, size)), [])
    pending: deque[Future[list[Photo]]] = deque()
    _one_opencv_thread.enter()
    executor = ThreadPoolExecutor(workers or usable_cores(), thread_name_prefix="photos")
    try:
        pending.extend(executor.submit(work, batch) for batch in islice(batches, max(1, lookahead // size)))
        while pending:
            for number, photo in enumerate(pending.popleft().result(), 1):
                if number == size:
                    pending.extend(executor.submit(work, batch) for batch in islice(batches, 1))
                yield photo
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        _one_opencv_thread.leave()


def _photo(
    source: ImageSource,
    index: int,
    *,
    spec: InputSpec,
    wanted: Callable[[int, bytes], bool] | None,
    max_pixels: int,
) -> Photo:
    try:
        content = source.read(index)
        digest = content_hash(content)
    except Exception as error:  # noqa: BLE001 (one photo's failure is listed; the others go on)
        return Photo(index, NO_DIGEST, None, None, _sentence(error))
    if wanted is not None and not wanted(index, digest):
        return Photo(index, digest, None, None, None)
    try:
        image, facts = _prepare(content, spec, max_pixels)
    except Exception as error:  # noqa: BLE001 (one photo's failure is listed; the others go on)
        return Photo(index, digest, None, None, _sentence(error))
    return Photo(index, digest, image, facts, None)


def _prepare(content: bytes | NDArray[np.uint8], spec: InputSpec, max_pixels: int) -> tuple[NDArray[np.uint8], Facts]:
    from learnet.data.duplicates import perceptual_hash

    if not isinstance(content, bytes):
        return spec.apply(content), Facts(ARRAY_FORMAT, content.shape[1], content.shape[0], perceptual_hash(content))
    photo = decode(content, target=spec, max_pixels=max_pixels)
    hashed = photo
    if photo.format is ImageFormat.JPEG and photo.reduction < HASH_SPEC.reduction(photo.height, photo.width):
        hashed = decode(content, target=HASH_SPEC, max_pixels=max_pixels)
    facts = Facts(photo.format.value, photo.width, photo.height, perceptual_hash(hashed.image))
    return spec.apply(photo.image), facts


def _sentence(error: Exception) -> str:
    if isinstance(error, ImageProblem):
        return error.reason
    if isinstance(error, MemoryError):
        return "There is not enough memory for it."
    detail = " ".join(str(error).split()) or type(error).__name__
    return f"It cannot be used ({detail})."
