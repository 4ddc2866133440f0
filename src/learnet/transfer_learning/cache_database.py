"""The file below the feature cache: SQLite, opened by many processes, set aside and begun anew when it is damaged."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from typing import IO, TYPE_CHECKING, TypeVar

from learnet.core import LearnetError
from learnet.core.locks import lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE spaces (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, size INTEGER NOT NULL);
CREATE TABLE entries (
    space INTEGER NOT NULL, digest BLOB NOT NULL, vector INTEGER NOT NULL, checksum INTEGER NOT NULL,
    last_used INTEGER NOT NULL, PRIMARY KEY (space, digest)
) WITHOUT ROWID;
CREATE TABLE vectors (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE facts (
    digest BLOB PRIMARY KEY, format TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, hash BLOB NOT NULL,
    checksum INTEGER NOT NULL, last_used INTEGER NOT NULL
) WITHOUT ROWID;
"""
_TABLES = ("spaces", "entries", "vectors", "facts")
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DAMAGE_EXTENDED = (sqlite3.SQLITE_IOERR_SHORT_READ,)
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_BUSY: "another process keeps it locked",
    sqlite3.SQLITE_LOCKED: "another process keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk refused to read or write",
    sqlite3.SQLITE_PERM: "access is not permitted",
}


class CacheError(LearnetError):
    """The feature cache cannot be used; nothing but time is lost, as features can be computed again."""


class Database:
    """One SQLite file in write-ahead mode, used by the threads of this process one at a time.

    Every process that uses the file holds a shared lock on ``features.lock`` beside it; only who holds it alone may set
    a damaged file aside, as renaming an open SQLite file under another process would damage the new one as well.

    Args:
        folder: Where the file lies; made if need be.
        say: Where to tell that a damaged file was set aside.
        timeout: Seconds to wait for another process that writes.

    Raises:
        CacheError: If the file can neither be opened nor made.
    """

    def __init__(self, folder: Path, *, say: Callable[[str], None], timeout: float = 10.0) -> None:
        self.path = folder / "features.sqlite"
        self.set_aside_path = folder / "features.damaged.sqlite"
        self._say, self._timeout = say, timeout
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._presence: IO[bytes] = (folder / "features.lock").open("ab")
            lock(self._presence.fileno(), shared=True)
        except OSError as error:
            raise CacheError(
                f"The feature cache '{folder}' cannot be used: {error.strerror or error}. Choose another folder with "
                "the variable LEARNET_CACHE_DIR, or make this one writable."
            ) from error
        try:
            self.run(lambda _connection: None)
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[[sqlite3.Connection], T], *, writing: bool = False) -> T:
        """Do ``work`` in one transaction, after a rebuild once more if the file proves to be damaged.

        Args:
            work: Must bear being called twice; the second time it sees an empty database.
            writing: Take the write lock from the start.

        Returns:
            What ``work`` returned.

        Raises:
            CacheError: If the file is full, locked, read-only, or damaged and in use by another process.
        """
        with self._lock:
            try:
                try:
                    return self._transaction(work, writing=writing)
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise
                    self._set_aside(str(error))
                    return self._transaction(work, writing=writing)
            except sqlite3.Error as error:
                raise self._refusal(error) from error

    def outside_transaction(self, statement: str) -> None:
        """Run a statement that must stand alone (vacuum, checkpoint).

        Raises:
            CacheError: As ``run``.
        """
        with self._lock:
            try:
                self._connected().executescript(statement)  # steps to the end, as a vacuum needs
            except sqlite3.Error as error:
                raise self._refusal(error) from error

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._lock:
            self._disconnect()
            self._presence.close()

    def _transaction(self, work: Callable[[sqlite3.Connection], T], *, writing: bool) -> T:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        return result

    def _connected(self) -> sqlite3.Connection:
        if self._presence.closed:
            raise CacheError("The feature cache has been closed. Open it again to use it.")
        if self._connection is None:
            self._connection = sqlite3.connect(
                self.path, timeout=self._timeout, isolation_level=None, check_same_thread=False
            )
            self._connection.text_factory = _forgiving_text
            self._prepare(self._connection)
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Set the connection up; SQLite does not wait by itself where several processes make the file at once."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return _set_up(connection)
            except sqlite3.OperationalError as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if _code(error) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _set_aside(self, reason: str) -> None:
        self._disconnect()
        try:
            if not lock(self._presence.fileno(), wait=False):
                raise BlockingIOError
            for suffix in ("", "-wal", "-shm"):
                source = self.path.with_name(self.path.name + suffix)
                target = self.set_aside_path.with_name(self.set_aside_path.name + suffix)
                target.unlink(missing_ok=True)
                if source.exists():
                    source.replace(target)
        except OSError as error:
            raise CacheError(
                f"The feature cache '{self.path}' is damaged ({reason}) and could not be set aside, as another process "
                "is using it. The next run that has it to itself will do so."
            ) from error
        finally:
            lock(self._presence.fileno(), shared=True)
        self._say(
            f"The feature cache was damaged ({reason}). It was set aside as '{self.set_aside_path}' and begun anew; "
            "features are computed again as they are needed."
        )

    def _refusal(self, error: sqlite3.Error) -> CacheError:
        reason = _REASONS.get(_code(error) & 0xFF, str(error))
        return CacheError(f"The feature cache '{self.path}' cannot be used: {reason} (SQLite says: {error}).")


def _set_up(connection: sqlite3.Connection) -> None:
    """Set up a fresh connection, and the tables if the file is new; a damaged or foreign file raises DatabaseError."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, or it has no effect
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a kill loses nothing, a power cut the last commits at most
    connection.execute("PRAGMA wal_autocheckpoint = 8192")  # pages, 32 MB: each checkpoint waits for the disk
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA temp_store = MEMORY")
    if _version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == 0:  # no other process was quicker
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")
    if _version(connection) != _SCHEMA_VERSION:
        raise _foreign(f"its layout has version {_version(connection)}, this learnet reads {_SCHEMA_VERSION}")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not tables.issuperset(_TABLES):
        raise _foreign("tables are missing")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _foreign(reason: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(reason)
    error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
    return error


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0)


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) & 0xFF in _DAMAGE or _code(error) in _DAMAGE_EXTENDED


def _forgiving_text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
