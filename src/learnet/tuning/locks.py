"""Locks between processes that a kill releases: the system's own on files, PostgreSQL's on sessions."""

from __future__ import annotations

import os
import uuid
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from learnet.core.locks import lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


class Mutex(Protocol):
    """What one process at a time can hold."""

    def hold(self) -> AbstractContextManager[None]:
        """Wait for it, hold it inside the block; released with the block, or by the process's death."""


class FileMutex:
    """A mutex of processes that see the same folder.

    Args:
        path: The file that is locked; made if need be, never removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold it inside the block; threads of one process exclude each other, too."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            lock(descriptor)
            yield
        finally:
            os.close(descriptor)


class DatabaseMutex:
    """A mutex of processes that share a PostgreSQL database, whatever machines they run on.

    Args:
        engine: SQLAlchemy's, of that database.
        name: What is locked.
    """

    def __init__(self, engine: Any, name: str) -> None:
        self._engine, self._key = engine, zlib.crc32(name.encode())

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold it inside the block; the server releases it if the connection breaks."""
        import sqlalchemy

        with self._engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(1819242094, :key)"), {"key": self._signed()})
            try:
                yield
            finally:
                connection.execute(
                    sqlalchemy.text("SELECT pg_advisory_unlock(1819242094, :key)"), {"key": self._signed()}
                )

    def _signed(self) -> int:
        return self._key - (1 << 32 if self._key >= 1 << 31 else 0)


class Workers:
    """The processes that work on a study and see its folder: each holds a lock for as long as it lives.

    Args:
        folder: Where their lock files lie.

    Attributes:
        me: The name of this process.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.me = folder, uuid.uuid4().hex
        self._descriptor = os.open(self._file(self.me), os.O_RDWR | os.O_CREAT, 0o666)
        lock(self._descriptor)

    def is_alive(self, name: str) -> bool | None:
        """Return whether a process is alive; None if it never worked in this folder, so that it cannot be told."""
        if name == self.me:
            return True
        try:
            descriptor = os.open(self._file(name), os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            return not lock(descriptor, wait=False)
        finally:
            os.close(descriptor)

    def leave(self) -> None:
        """Say that this process works no more; a second call does nothing."""
        if self._descriptor >= 0:
            self._file(self.me).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.lock"
