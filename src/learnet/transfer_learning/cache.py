"""Features are computed once per image, ever: a cache on disk, keyed by image content and network fingerprint.

Every row carries a checksum over what it is, whose it is and its content, so that damage makes a miss and never a wrong
feature. The least recently used rows go first when the file outgrows its limit.
"""

from __future__ import annotations

import contextlib
import shutil
import time
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from learnet.core import UsageError
from learnet.data import cache_folder
from learnet.transfer_learning.cache_database import CacheError, Database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from learnet.data import Facts

DEFAULT_LIMIT_BYTES = 10_000_000_000
ACTIVATIONS = "activations"  # the folder beside the features that holds what frozen layers compute
_KEEP = 0.9  # an eviction goes down to this share of the limit, so that not every write evicts


@dataclass(frozen=True, kw_only=True)
class SpaceStats:
    """What the cache holds for one network.

    Attributes:
        key: Fingerprint of network, weights, layer, input specification and precision.
        name: The network's name, for people.
        size: Length of a feature vector.
        rows: How many images.
        bytes: Their features' size.
        last_used: When one of them was last read or written, in seconds since 1970; None if there are none.
    """

    key: str
    name: str
    size: int
    rows: int
    bytes: int
    last_used: float | None


@dataclass(frozen=True, kw_only=True)
class CacheStats:
    """What the cache holds.

    Attributes:
        path: The database file.
        bytes: What it takes on disk, with its write-ahead log.
        limit_bytes: What it may take.
        rows: Feature vectors in all spaces.
        oldest: When the least recently used one was used, in seconds since 1970; None if there are none.
        spaces: One for each network.
    """

    path: str
    bytes: int
    limit_bytes: int
    rows: int
    oldest: float | None
    spaces: tuple[SpaceStats, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as a JSON-like object."""
        return {**asdict(self), "spaces": [asdict(space) for space in self.spaces]}


@contextlib.contextmanager
def usable_cache(limit_bytes: int, *, say: Callable[[str], None]) -> Iterator[FeatureCache | None]:
    """Open the user's cache of features; None if the limit is 0, or if it cannot be used, which is told."""
    try:
        cache = FeatureCache(cache_folder(), limit_bytes=limit_bytes, say=say) if limit_bytes else None
    except CacheError as error:
        say(f"{error} The run goes on without the cache.")
        cache = None
    try:
        yield cache
    finally:
        if cache is not None:
            cache.close()


class FeatureCache:
    """Features of images by network, in one SQLite file; safe against kills, full disks and several processes.

    Args:
        folder: Where ``features.sqlite`` lies; made if need be.
        limit_bytes: The file is kept below this; at least 1.
        say: Where to tell that a damaged file was set aside.
        timeout: Seconds to wait for another process that writes.

    Raises:
        UsageError: If the limit makes no sense.
        CacheError: If the folder cannot be used. Every method may raise it, too: go on without the cache then.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder, FeatureCache(Path(folder)) as cache:
        ...     space = cache.open_space("fingerprint", size=2, name="tiny")
        ...     space.put_many([b"photo"], np.array([[1, 2]], np.float32))
        ...     features = np.zeros((2, 2), np.float32)
        ...     found = space.get_many([b"other", b"photo"], out=features)
        >>> found.tolist(), features.tolist()
        ([False, True], [[0.0, 0.0], [1.0, 2.0]])
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        say: Callable[[str], None] = lambda _line: None,
        timeout: float = 10.0,
    ) -> None:
        if limit_bytes < 1:
            raise UsageError(f"The feature cache's limit must be at least 1 byte; received {limit_bytes}.")
        self.limit_bytes = limit_bytes
        self._database = Database(folder, say=say, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_space(self, key: str, *, size: int, name: str = "") -> FeatureSpace:
        """Return the part of the cache that belongs to one network.

        Args:
            key: Fingerprint of network, weights, layer, input specification and precision.
            size: Length of a feature vector, at least 1.
            name: The network's name, for people who look into the cache.

        Raises:
            UsageError: If the key is known with another size.
        """
        known = self._database.run(lambda c: c.execute("SELECT size FROM spaces WHERE key = ?", (key,)).fetchone())
        if known is not None and known[0] != size:
            raise UsageError(f"Cached features of '{name or key}' have {known[0]} numbers each; {size} were asked for.")
        return FeatureSpace(self._database, key=key, size=size, name=name, limit_bytes=self.limit_bytes)

    def stats(self) -> CacheStats:
        """Count what the cache holds."""
        rows = self._database.run(
            lambda c: c.execute(
                "SELECT key, name, size, COUNT(digest), MIN(last_used), MAX(last_used) FROM spaces"
                " LEFT JOIN entries ON entries.space = spaces.id GROUP BY spaces.id ORDER BY spaces.id"
            ).fetchall()
        )
        oldest = [used for *_, used, _ in rows if used is not None]
        return CacheStats(
            path=str(self._database.path),
            bytes=_bytes_on_disk(self._database.path),
            limit_bytes=self.limit_bytes,
            rows=sum(row[3] for row in rows),
            oldest=min(oldest) / 1000 if oldest else None,
            spaces=tuple(
                SpaceStats(
                    key=key,
                    name=name,
                    size=size,
                    rows=count,
                    bytes=4 * size * count,
                    last_used=None if newest is None else newest / 1000,
                )
                for key, name, size, count, _, newest in rows
            ),
        )

    def clear(self) -> int:
        """Remove everything, activations and a damaged file set aside too; return how many bytes that freed on disk."""
        path, aside = self._database.path, self._database.set_aside_path
        activations = path.parent / ACTIVATIONS
        kept = sum(file.stat().st_size for file in activations.glob("*")) if activations.is_dir() else 0
        before = _bytes_on_disk(path) + _bytes_on_disk(aside) + kept

        def empty(connection: sqlite3.Connection) -> None:
            for table in ("entries", "vectors", "facts", "spaces"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 (the names are the line above)

        self._database.run(empty, writing=True)
        _give_back(self._database)
        shutil.rmtree(activations, ignore_errors=True)
        for suffix in ("", "-wal", "-shm"):
            aside.with_name(aside.name + suffix).unlink(missing_ok=True)
        return max(0, before - _bytes_on_disk(path) - _bytes_on_disk(aside))

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        self._database.close()


class FeatureSpace:
    """The features of one network; made by ``FeatureCache.open_space``. May be used from several threads."""

    def __init__(self, database: Database, *, key: str, size: int, name: str, limit_bytes: int) -> None:
        self._database, self._limit_bytes = database, limit_bytes
        self._key, self._size, self._name = key, size, name

    def known(self) -> frozenset[bytes]:
        """Return the digests of all images whose features are here (a damaged one may still prove missing)."""

        def work(connection: sqlite3.Connection) -> frozenset[bytes]:
            rows = connection.execute("SELECT digest FROM entries WHERE space = ?", (self._space(connection),))
            return frozenset(digest for (digest,) in rows)

        return self._database.run(work)

    def get_many(
        self, digests: Sequence[bytes], *, out: NDArray[np.float32], rows: Sequence[int] | None = None
    ) -> NDArray[np.bool_]:
        """Read features into an array.

        Args:
            digests: The images, n of them.
            out: float32 (m, size); changed only in the rows of images that were found.
            rows: For each image the row of ``out`` that it fills; 0..n-1 if not given.

        Returns:
            bool (n,), whether each image was found.

        Raises:
            UsageError: If ``out`` has another shape or type.
            CacheError: If the file cannot be read.
        """
        self._check(out)
        places = range(len(digests)) if rows is None else rows
        prefix, found = self._key.encode(), np.zeros(len(digests), bool)

        def read(connection: sqlite3.Connection) -> None:
            space = self._space(connection)
            for index, (digest, place) in enumerate(zip(digests, places, strict=True)):
                row = connection.execute(_SELECT, (space, digest)).fetchone()
                whole = (
                    row is not None and row[1] == _checksum(prefix, digest, row[0]) and len(row[0]) == 4 * self._size
                )
                if whole:
                    out[place] = np.frombuffer(row[0], "<f4")
                    found[index] = True  # stays so if damage is met further on

        self._database.run(read)
        with contextlib.suppress(CacheError):  # not to know when they were used is no reason to lose them
            self._touch([digest for digest, hit in zip(digests, found, strict=True) if hit])
        return found

    def put_many(self, digests: Sequence[bytes], features: NDArray[np.float32], facts: Sequence[Facts] = ()) -> None:
        """Write features in one transaction: after a kill or a full disk all of them are there, or none.

        Args:
            digests: The images, n of them; those that are here already are overwritten.
            features: float32 (n, size).
            facts: What is known of each image, n of them or none.

        Raises:
            UsageError: If the lengths disagree.
            CacheError: If the file is full, read-only or locked for too long.
        """
        self._check(features)
        if len(features) != len(digests) or len(facts) not in (0, len(digests)):
            raise UsageError(
                f"The cache needs one feature vector an image, and facts for all or none; received {len(digests)} "
                f"images, {len(features)} vectors and {len(facts)} facts."
            )
        prefix, now = self._key.encode(), _now()

        def write(connection: sqlite3.Connection) -> None:
            space = self._space(connection, create=True)
            for digest, vector in zip(digests, features, strict=True):
                content = vector.astype("<f4", copy=False).tobytes()
                checksum = _checksum(prefix, digest, content)
                known = connection.execute("SELECT vector FROM entries WHERE space = ? AND digest = ?", (space, digest))
                place = (known.fetchone() or (None,))[0]
                vector_id = connection.execute("REPLACE INTO vectors VALUES (?, ?)", (place, content)).lastrowid
                connection.execute(
                    "REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", (space, digest, vector_id, checksum, now)
                )
            connection.executemany(
                "REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (digest, fact.format, fact.width, fact.height, fact.hash, _facts_checksum(digest, fact), now)
                    for digest, fact in zip(digests, facts, strict=False)
                ),
            )

        self._database.run(write, writing=True)
        _evict(self._database, self._limit_bytes)

    def get_facts(self, digests: Sequence[bytes]) -> list[Facts | None]:
        """Return what is known of each image; None where nothing is.

        Raises:
            CacheError: If the file cannot be read.
        """
        from learnet.data import Facts

        def read(connection: sqlite3.Connection) -> list[Facts | None]:
            result: list[Facts | None] = []
            for digest in digests:
                row = connection.execute(
                    "SELECT format, width, height, CAST(hash AS BLOB), checksum FROM facts WHERE digest = ?", (digest,)
                ).fetchone()
                fact = None if row is None else Facts(format=row[0], width=row[1], height=row[2], hash=row[3])
                result.append(fact if fact is not None and row[4] == _facts_checksum(digest, fact) else None)
            return result

        return self._database.run(read)

    def _space(self, connection: sqlite3.Connection, *, create: bool = False) -> int:
        """Return the space's number; another process may have cleared the cache, so it is looked up each time."""
        if create:
            new = (self._key, self._name, self._size)
            connection.execute("INSERT OR IGNORE INTO spaces (key, name, size) VALUES (?, ?, ?)", new)
        row = connection.execute("SELECT id FROM spaces WHERE key = ?", (self._key,)).fetchone()
        return -1 if row is None else int(row[0])

    def _touch(self, digests: Sequence[bytes]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            space, now = self._space(connection), _now()
            connection.executemany(
                "UPDATE entries SET last_used = ? WHERE space = ? AND digest = ?",
                ((now, space, digest) for digest in digests),
            )

        if digests:
            self._database.run(work, writing=True)

    def _check(self, features: NDArray[np.float32]) -> None:
        if features.dtype != np.float32 or features.ndim != 2 or features.shape[1] != self._size:
            raise UsageError(
                f"Cached features are float32 of shape (n, {self._size}); received {features.dtype} {features.shape}."
            )


_SELECT = """
SELECT CAST(content AS BLOB), checksum FROM entries JOIN vectors ON vectors.id = entries.vector
WHERE space = ? AND digest = ?
"""


def _evict(database: Database, limit_bytes: int) -> None:
    """Remove the least recently used rows until the file is below its limit, and give the room back to the disk."""
    if database.run(_used_bytes) <= limit_bytes:
        return

    def remove(connection: sqlite3.Connection) -> bool:
        used = _used_bytes(connection)
        total = int(connection.execute("SELECT COUNT(*) FROM entries").fetchone()[0])
        if used <= _KEEP * limit_bytes or total == 0:
            return False
        share = 1 - _KEEP * limit_bytes / used
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (space, digest, vector, last_used)")
        connection.execute("DELETE FROM doomed")
        connection.execute(
            "INSERT INTO doomed SELECT space, digest, vector, last_used FROM entries"
            " ORDER BY last_used, vector LIMIT ?",
            (min(total, int(share * total) + 1),),
        )
        connection.execute("DELETE FROM vectors WHERE id IN (SELECT vector FROM doomed)")
        connection.execute("DELETE FROM entries WHERE (space, digest) IN (SELECT space, digest FROM doomed)")
        connection.execute(
            "DELETE FROM facts WHERE last_used <= (SELECT MAX(last_used) FROM doomed)"
            " AND digest NOT IN (SELECT digest FROM entries)"
        )
        return True

    while database.run(remove, writing=True):
        pass
    _give_back(database)


def _give_back(database: Database) -> None:
    database.outside_transaction("PRAGMA incremental_vacuum")
    database.outside_transaction("PRAGMA wal_checkpoint(TRUNCATE)")


def _used_bytes(connection: sqlite3.Connection) -> int:
    (pages,), (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _bytes_on_disk(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _checksum(key: bytes, digest: bytes, content: bytes) -> int:
    return zlib.crc32(content, zlib.crc32(digest, zlib.crc32(key)))


def _facts_checksum(digest: bytes, fact: Facts) -> int:
    return zlib.crc32(fact.hash, zlib.crc32(f"{fact.format} {fact.width} {fact.height}".encode(), zlib.crc32(digest)))


def _now() -> int:
    return time.time_ns() // 1_000_000
