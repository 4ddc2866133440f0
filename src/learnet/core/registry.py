"""A table of frozen records by name: listable, describable, raising on duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from learnet.core.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The name by which users ask for it."""


RecordT = TypeVar("RecordT", bound=Named)


class Registry(Generic[RecordT]):
    """Records by name; names are matched without regard to case, ``-`` and ``_``.

    Args:
        kind: What the records are, for error messages, e.g. ``"backbone"``.
        records: The table.
        aliases: Other names for some of them.

    Raises:
        ValueError: If two records have the same name.
    """

    def __init__(self, kind: str, records: Iterable[RecordT], *, aliases: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self._records: dict[str, RecordT] = {}
        for record in records:
            key = _normal(record.name)
            if key in self._records:
                raise ValueError(f"Two {kind}s are named '{record.name}'.")
            self._records[key] = record
        self.aliases = tuple(aliases or ())
        self._aliases = {_normal(alias): _normal(name) for alias, name in (aliases or {}).items()}

    def __getitem__(self, name: str) -> RecordT:
        """Return the record named ``name``; raise ``UsageError`` with the nearest match if there is none."""
        try:
            return self._records[self._key(name)]
        except KeyError:
            raise unknown_name(self.kind, name, self.names()) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._key(name) in self._records

    def __iter__(self) -> Iterator[RecordT]:
        return iter(self._records.values())

    def names(self) -> list[str]:
        """Return the names in the table's order."""
        return [record.name for record in self]

    def _key(self, name: str) -> str:
        key = _normal(name)
        return self._aliases.get(key, key)


def _normal(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
