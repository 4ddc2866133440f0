"""Locks of the operating system on open files, which the death of a process releases, behind one small interface.

Linux and macOS lock by ``flock``. On Windows one byte is locked by ``msvcrt``, which knows no shared locks: there, a
shared lock always succeeds. That branch has not been run on Windows yet. On a file system without locks, such as some
network mounts, every lock succeeds.
"""

from __future__ import annotations

import errno
import os
import time
from typing import Any

_WAIT = 0.02  # seconds between two attempts on Windows
_UNKNOWN = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_PLACE = 1 << 40  # the byte that is locked there: behind the content, which others may read


def lock(descriptor: int, *, wait: bool = True, shared: bool = False) -> bool:
    """Lock an open file until it is closed.

    Args:
        descriptor: The open file.
        wait: Wait for whoever holds it.
        shared: Let others hold it shared, too; a lock that is held already becomes shared.

    Returns:
        Whether it is held now; always true with ``wait``.
    """
    try:
        import fcntl
    except ImportError:
        return shared or _lock_on_windows(descriptor, wait=wait)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
    return True


def _lock_on_windows(descriptor: int, *, wait: bool) -> bool:
    msvcrt: Any = __import__("msvcrt")
    while True:
        os.lseek(descriptor, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            if not wait:
                return False
            time.sleep(_WAIT)
        else:
            return True
