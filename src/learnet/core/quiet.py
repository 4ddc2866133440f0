"""Blocks in which C libraries do not write to the terminal."""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


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


class SilentCLibraries:
    """A block in which ``fprintf(stderr, ...)`` of C code is not seen; threads may overlap in it.

    The file descriptor stays as it is: what Python and progress bars write meanwhile arrives.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0

    def __enter__(self) -> None:
        with self._lock:
            self._depth += 1
            if self._depth == 1 and (streams := _streams()) is not None:
                streams[0].value = streams[2]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0 and (streams := _streams()) is not None:
                streams[0].value = streams[1]


silent_c_libraries = SilentCLibraries()  # one, as the process has one standard error
