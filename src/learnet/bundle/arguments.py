"""The arguments of a system as ``bundle.json`` gives them: read one by one, each checked, none left over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from learnet.bundle.document import describe, exactly
from learnet.core import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TextT = TypeVar("TextT", bound=str)

_LARGEST = 2**31 - 1
_MOST_SIZES = 8


class Arguments:
    """An object of exactly these names, from JSON that nobody vouches for.

    Args:
        value: The object.
        names: The names that it should have.
        place: Where it was found, for the errors' sentences.

    Raises:
        BundleError: If it is anything else.

    Example:
        >>> Arguments({"units": 0}, ["units"]).whole("units")
        Traceback (most recent call last):
        learnet.core.errors.BundleError: arguments['units'] should be a whole number from 1 up, but is 0.
    """

    def __init__(self, value: object, names: Iterable[str], *, place: str = "arguments") -> None:
        self._values: Mapping[str, Any] = exactly(value, set(names), place)
        self._place = place

    def __getitem__(self, name: str) -> Any:
        """Return a value as it is."""
        return self._values[name]

    def whole(self, name: str, *, least: int = 1) -> int:
        """Return a whole number of ``least`` or more, below 2^31."""
        return self._whole(self._values[name], self._called(name), least)

    def sizes(self, name: str) -> tuple[int, ...]:
        """Return one to eight whole numbers from 1 up."""
        values = self.items(name)
        if not 1 <= len(values) <= _MOST_SIZES:
            raise BundleError(f"{self._called(name)} should hold 1 to {_MOST_SIZES} numbers, but holds {len(values)}.")
        return tuple(self._whole(value, self._called(name), 1) for value in values)

    def items(self, name: str) -> list[Any]:
        """Return the items of a list as they are."""
        value = self._values[name]
        if not isinstance(value, list):
            raise BundleError(f"{self._called(name)} should be a list, but is {describe(value)}.")
        return value

    def number(self, name: str) -> float:
        """Return a finite number."""
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BundleError(f"{self._called(name)} should be a number, but is {describe(value)}.")
        return float(value)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._values[name]
        if not isinstance(value, bool):
            raise BundleError(f"{self._called(name)} should be true or false, but is {describe(value)}.")
        return value

    def choice(self, name: str, choices: Iterable[TextT]) -> TextT:
        """Return one of some texts."""
        value, known = self._values[name], tuple(choices)
        if not isinstance(value, str) or value not in known:
            raise BundleError(f"{self._called(name)} should be one of {', '.join(known)}, but is {describe(value)}.")
        return known[known.index(value)]

    def _called(self, name: str) -> str:
        return f"{self._place}['{name}']"

    def _whole(self, value: object, called: str, least: int) -> int:
        if type(value) is not int or not least <= value <= _LARGEST:
            raise BundleError(f"{called} should be a whole number from {least} up, but is {describe(value)}.")
        return value
