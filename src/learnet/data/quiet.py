"""OpenCV's decoder without the remarks that it and its C libraries write straight to the terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import silent_c_libraries

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray


def imdecode(content: bytes, flags: int) -> NDArray[Any] | None:
    """Return what ``cv2.imdecode`` makes of ``content``, silently; None if it cannot decode it.

    Args:
        content: The whole file.
        flags: A sum of ``cv2.IMREAD_`` flags.
    """
    import cv2

    try:
        with quiet:
            return cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:
        return None


class Quiet:
    """A block in which OpenCV's log and the remarks of its C libraries are not seen; threads may overlap in it.

    The JPEG library inside OpenCV remarks on every slightly damaged photo, and has no switch.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._log_level = 0

    def __enter__(self) -> None:
        import cv2

        silent_c_libraries.__enter__()
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._log_level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import cv2

        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                cv2.utils.logging.setLogLevel(self._log_level)
        silent_c_libraries.__exit__(kind, error, trace)


quiet = Quiet()  # one, as OpenCV has one log level
