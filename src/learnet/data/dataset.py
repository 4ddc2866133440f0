"""The dataset: where photos come from, what they show, and which part of the split each belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from learnet.data.sources import ImageSource


class Part(IntEnum):
    """The part of a split that a photo belongs to."""

    TRAIN = 0
    VAL = 1
    TEST = 2


NO_PART = -1
"""In ``Dataset.parts``: no part was given for this photo."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was found and is not used.

    Attributes:
        path: Its path below the dataset's root.
        reason: Why, as a sentence.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a dataset that a person should know.

    Attributes:
        kind: What sort of finding, e.g. ``"exact duplicate"``.
        path: The photo, folder or class concerned.
        detail: What was found, as a sentence.
        other: The second photo of a pair, else empty.
    """

    kind: str
    path: str
    detail: str
    other: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled images and how they are split. Nothing is decoded yet: an entry may turn out to be unreadable.

    Attributes:
        name: What reports call it.
        source: Where the photos' bytes come from, ``n`` of them.
        labels: int32 ``(n,)``, positions in ``class_names``.
        class_names: The classes in natural order, as in ``1, 2, 10``.
        parts: int8 ``(n,)``, the given ``Part`` of each photo or ``NO_PART``.
        groups: A name for each photo; photos of one name never straddle a split. None if there are no groups.
        layout: One line that tells what was found.
        skipped: Files that were found and are no candidates. Found files = ``len(dataset) + len(skipped)``.
        notices: What the scan noticed beside single files: empty folders, links, classes missing from a part.
    """

    name: str
    source: ImageSource
    labels: np.ndarray
    class_names: tuple[str, ...]
    parts: np.ndarray
    groups: tuple[str, ...] | None = None
    layout: str = ""
    skipped: tuple[Skipped, ...] = ()
    notices: tuple[Finding, ...] = field(default=())

    def __post_init__(self) -> None:
        lengths = {len(self.source), len(self.labels), len(self.parts)}
        if self.groups is not None:
            lengths.add(len(self.groups))
        if len(lengths) != 1:
            raise ValueError(f"source, labels, parts and groups differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def found(self) -> int:
        """How many files were found: those in the dataset and those skipped."""
        return len(self) + len(self.skipped)

    def names(self) -> list[str]:
        """Return every photo's path below the root, in order."""
        return [self.source.name(index) for index in range(len(self))]

    def subset(self, indices: Sequence[int] | np.ndarray) -> Dataset:
        """Return the dataset of the photos at ``indices``, in that order; class names stay as they are."""
        chosen = np.asarray(indices, dtype=np.int64)
        return replace(
            self,
            source=_Selection(self.source, chosen),
            labels=self.labels[chosen],
            parts=self.parts[chosen],
            groups=None if self.groups is None else tuple(self.groups[i] for i in chosen),
        )


class _Selection:
    """Some of another source's images."""

    def __init__(self, source: ImageSource, indices: np.ndarray) -> None:
        self._source, self._indices = source, indices

    def __len__(self) -> int:
        return len(self._indices)

    def name(self, index: int) -> str:
        """Return the image's path below the root."""
        return self._source.name(int(self._indices[index]))

    def location(self, index: int) -> str:
        """Return the image's full path."""
        return self._source.location(int(self._indices[index]))

    def read(self, index: int) -> bytes | np.ndarray:
        """Return the image's encoded bytes or its pixels."""
        return self._source.read(int(self._indices[index]))


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(text: str) -> tuple[list[str | tuple[int, str]], str]:
    """Return a sorting key by which numbers inside names count as numbers and case matters last.

    Example:
        >>> sorted(["10", "9", "a2", "a10", "B", "01"], key=natural_key)
        ['01', '9', '10', 'a2', 'a10', 'B']
    """
    pieces: list[str | tuple[int, str]] = list(_DIGITS.split(text.casefold()))
    for position in range(1, len(pieces), 2):
        number = str(pieces[position]).lstrip("0")
        pieces[position] = (len(number), number)
    return pieces, text


def encode_labels(values: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Turn class names, one a photo, into int32 labels and the class names in natural order.

    Example:
        >>> labels, names = encode_labels(["10", "9", "10"])
        >>> labels.tolist(), names
        ([1, 0, 1], ('9', '10'))
    """
    names = sorted(set(values), key=natural_key)
    position = {name: index for index, name in enumerate(names)}
    return np.fromiter((position[value] for value in values), np.int32, count=len(values)), tuple(names)


def require_classes(class_names: Sequence[str], *, where: str, hint: str) -> None:
    """Refuse a dataset of fewer than two classes.

    Raises:
        DataError: The sentence says what was found in ``where`` and ends with ``hint``.
    """
    if len(class_names) < 2:
        found = f"only one class, '{class_names[0]}'" if class_names else "no class"
        raise DataError(f"{where} has {found}; a classifier needs at least two. {hint}")


def printable(text: str) -> str:
    r"""Return ``text`` with bytes that are not valid UTF-8 escaped, so that it can be shown and written anywhere.

    Example:
        >>> print(printable("caf\udce9.jpg"))
        caf\udce9.jpg
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def listing(items: Iterable[str], *, limit: int = 6) -> str:
    """Return names joined by commas, the tail counted.

    Example:
        >>> listing(["a", "b", "c"], limit=2)
        'a, b and 1 more'
    """
    shown = [printable(item) for item in items]
    if len(shown) <= limit:
        return ", ".join(shown)
    return f"{', '.join(shown[:limit])} and {len(shown) - limit} more"


def count(number: int, noun: str) -> str:
    """Return a number and its noun.

    Example:
        >>> count(1, "photo"), count(2, "class")
        ('1 photo', '2 classes')
    """
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"
