"""Where a study is kept: SQLite in its folder, or a database by URL, opened with a sentence for what goes wrong."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.core import LearnetError, MissingDependencyError, UsageError, write_json
from learnet.tuning.locks import DatabaseMutex, FileMutex

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from learnet.tuning.locks import Mutex

FILE = "study.sqlite"
_PLACE = "study.json"
_PATIENCE = 60  # seconds to wait for another process that writes


def optuna() -> ModuleType:
    """Import Optuna, silent, and return it.

    Raises:
        MissingDependencyError: If it is not installed.
    """
    if importlib.util.find_spec("optuna") is None:
        raise MissingDependencyError("A search needs Optuna, which is not installed: pip install 'learnet[tune]'")
    import optuna as module

    module.logging.set_verbosity(module.logging.ERROR)
    return module


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which study is meant.

    Attributes:
        folder: Where its files lie on this machine.
        url: Of the database; None for SQLite in the folder.
        name: By which the database knows it.
    """

    folder: Path
    url: str | None = None
    name: str = "study"

    @property
    def address(self) -> str:
        """The database's URL."""
        return f"sqlite:///{(self.folder / FILE).resolve()}" if self.url is None else normal_url(self.url)

    @property
    def is_shared(self) -> bool:
        """Whether processes that do not see the folder may take part."""
        return not self.address.startswith("sqlite")

    def write(self) -> None:
        """Leave a note in the folder, so that it is enough to name the folder; a password is left out."""
        from sqlalchemy.engine import make_url

        url = None if self.url is None else make_url(self.address).set(password=None).render_as_string()
        write_json(self.folder / _PLACE, {"storage": url, "name": self.name})

    @classmethod
    def of(cls, folder: Path, *, url: str | None) -> Place | None:
        """Return the study that lies in ``folder``, None if there is none."""
        try:
            told = json.loads((folder / _PLACE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise LearnetError(f"'{folder / _PLACE}' is damaged ({error}): begin a new study elsewhere.") from error
        return cls(folder=folder, url=told["storage"] if url is None else url, name=told["name"])


def normal_url(url: str) -> str:
    """Return a database's URL as SQLAlchemy wants it.

    Raises:
        UsageError: If it is neither SQLite's nor PostgreSQL's.

    Example:
        >>> normal_url("postgres://me@server/studies")
        'postgresql://me@server/studies'
    """
    scheme, colon, rest = url.partition("://")
    if scheme == "postgres":
        scheme = "postgresql"
    if not colon or scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise UsageError(
            f"A study is kept in SQLite (sqlite:///path/to/file) or PostgreSQL (postgresql://user@server/database); "
            f"received '{url}'."
        )
    return f"{scheme}://{rest}"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A database and what keeps its users from each other's feet.

    Attributes:
        storage: Optuna's.
        mutex: Held while trials are handed out and written down.
        publishing: Held while the outcome is written.
    """

    storage: Any
    mutex: Mutex
    publishing: Mutex


def open_storage(place: Place) -> Opened:
    """Open a study's database; its tables are made if need be.

    Raises:
        LearnetError: If the database cannot be reached.
        MissingDependencyError: If Optuna or the database's driver is not installed.
    """
    storages = optuna().storages
    url = place.address
    engine_kwargs: dict[str, Any] = {"pool_pre_ping": True}
    if not place.is_shared:
        engine_kwargs = {"creator": lambda: _connect(url.removeprefix("sqlite:///"))}
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    mutex: Mutex
    publishing: Mutex = FileMutex(place.folder / "publish.lock")
    try:
        if place.is_shared:
            mutex = DatabaseMutex(create_engine(url, pool_pre_ping=True), f"study {place.name}")
            made: Mutex = DatabaseMutex(create_engine(url), "tables")
        else:
            mutex = FileMutex(_beside(url, place))
            made = mutex
        with made.hold():  # two processes that make the tables at once are in each other's way
            storage = storages.RDBStorage(url, engine_kwargs=engine_kwargs)
    except ImportError as error:
        raise MissingDependencyError(
            f"The driver for this database is not installed ({error}). For PostgreSQL: pip install 'psycopg[binary]', "
            "and begin the URL with postgresql+psycopg://"
        ) from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise LearnetError(f"The study's database cannot be opened: {reason}. Check the URL and its rights.") from error
    return Opened(storage=storages.get_storage(storage), mutex=mutex, publishing=publishing)


def _connect(path: str) -> sqlite3.Connection:
    """Open an SQLite file so that an entry costs no wait for the disk and survives every kill.

    A power failure may take the last few entries, never the file: their trials are done again.
    """
    connection = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _beside(url: str, place: Place) -> Path:
    from pathlib import Path

    file = Path(url.removeprefix("sqlite:///"))
    if place.url is not None and not file.parent.is_dir():
        raise UsageError(f"The folder of the study's database does not exist: '{file.parent}'. Make it first.")
    return file.with_name(f"{file.name}.lock")
