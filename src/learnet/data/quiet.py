"""OpenCV's decoder without the remarks that it and its C libraries write straight to the terminal."""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

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


def can_be_quiet() -> bool:
    """Return whether this platform's C library lets its standard error be exchanged."""
    return _streams() is not None


@functools.cache
def _streams() -> tuple[ctypes.c_void_p, int, int] | None:
    """Return the C library's variable ``stderr``, its value, and a stream that goes nowhere; None if out of reach."""
    symbol = {"linux": "stderr", "darwin": "__stderrp"}.get(sys.platform)
    if symbol is None or (sys.platform == "linux" and platform.libc_ver()[0] != "glibc"):
        return None  # elsewhere the variable is a constant, or every library has its own
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    variable = ctypes.c_void_p.in_dll(library, symbol)
    nowhere = library.fopen(b"/dev/null", b"w")
    return (variable, variable.value, nowhere) if variable.value and nowhere else None


class Quiet:
    """A block in which OpenCV's log and ``fprintf(stderr, ...)`` of C code are not seen; threads may overlap in it.

    The JPEG library inside OpenCV remarks on every slightly damaged photo in this way, and has no switch. The file
    descriptor stays as it is: what Python and progress bars write meanwhile arrives.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._log_level = 0

    def __enter__(self) -> None:
        import cv2

        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._log_level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
                if (streams := _streams()) is not None:
                    streams[0].value = streams[2]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import cv2

        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                cv2.utils.logging.setLogLevel(self._log_level)
                if (streams := _streams()) is not None:
                    streams[0].value = streams[1]


quiet = Quiet()  # one, as the process has one standard error
