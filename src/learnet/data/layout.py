"""From a list of paths to labelled photos: class folders, given splits, deeper nesting, or a sentence why not."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError, UsageError
from learnet.data.dataset import (
    NO_PART,
    Dataset,
    Finding,
    Part,
    Skipped,
    count,
    encode_labels,
    listing,
    natural_key,
    printable,
    require_classes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.data.sources import ImageSource
    from learnet.data.walk import Listing

PART_WORDS = {
    "train": Part.TRAIN,
    "training": Part.TRAIN,
    "val": Part.VAL,
    "valid": Part.VAL,
    "validation": Part.VAL,
    "test": Part.TEST,
    "testing": Part.TEST,
}
"""What folders and manifests call the parts of a split, in lower case."""

_PHOTO_SUFFIXES = frozenset(
    ["jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "gif", "webp", "tif", "tiff", "avif", "heic", "heif"]
)


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """The photos of a listing with their labels.

    Attributes:
        names: Their paths below the root, in order.
        top: The folder that all of them lie in below the root, usually none (an empty string).
        labels: As in ``Dataset``, like the fields below.
    """

    names: list[str]
    top: str
    labels: np.ndarray
    class_names: tuple[str, ...]
    parts: np.ndarray
    layout: str
    skipped: tuple[Skipped, ...]
    notices: tuple[Finding, ...]

    def dataset(self, name: str, source: ImageSource) -> Dataset:
        """Return the dataset of these photos; ``source`` reads them in the order of ``names``."""
        return Dataset(
            name=name,
            source=source,
            labels=self.labels,
            class_names=self.class_names,
            parts=self.parts,
            layout=self.layout,
            skipped=self.skipped,
            notices=self.notices,
        )


def arrange(found: Listing, *, where: str, label_depth: int | None = None) -> Arrangement:
    """Find out how a tree of photos is laid out.

    Args:
        found: The files below the root.
        where: The root as the user calls it, for messages.
        label_depth: Which folder level below the root (or below ``train/``, ``val/``, ``test/``) names the class,
            from 1. None: level 1, provided that photos lie directly in every such folder.

    Returns:
        The photos in the order of their paths.

    Raises:
        DataError: If the layout is empty, flat, ambiguous or has one class; the sentence says what would work.
        UsageError: If ``label_depth`` is below 1.
    """
    if label_depth is not None and label_depth < 1:
        raise UsageError(f"--label-depth is {label_depth}; it counts folder levels from 1.")
    if not found.names:
        hidden = f" ({count(len(found.skipped), 'hidden or unusable file')} aside)" if found.skipped else ""
        raise DataError(f"'{where}' holds no photos{hidden}. {_how_to(where)}")
    paths = [name.split("/") for name in found.names]
    photos = [path for path in paths if _looks_like_photo(path[-1])] or paths
    top = [] if label_depth is not None else _single_folders(photos)
    base = len(top)
    given = _given_parts(photos, base=base, where=where)
    start = base + 1 if given else base
    depth = label_depth or _choose_depth(photos, start=start, where=where, split=bool(given))
    return _label(found, paths, top=top, given=given, level=start + depth - 1, where=where)


def _label(
    found: Listing, paths: list[list[str]], *, top: list[str], given: dict[str, Part], level: int, where: str
) -> Arrangement:
    """Give each path the folder at ``level`` as its class; skip what lies outside such folders."""
    kept: list[int] = []
    skipped = list(found.skipped)
    base = len(top)
    for index, path in enumerate(paths):
        if len(path) > level + 1 and path[:base] == top and (not given or path[base] in given):
            kept.append(index)
        else:
            skipped.append(Skipped(printable(found.names[index]), "It does not lie in a class folder."))
    raw = [paths[index][level] for index in kept]
    spelt, notices = _spelling(raw)
    labels, class_names = encode_labels(spelt)
    require_classes(class_names, where=f"'{where}'", hint=_how_to(where))
    parts = np.full(len(kept), NO_PART, np.int8)
    if given:
        parts[:] = [given[paths[index][base]] for index in kept]
    notices += list(found.notices) + _missing_classes(labels, parts, class_names)
    skipped.sort(key=lambda item: item.path)
    return Arrangement(
        names=[found.names[index] for index in kept],
        top="/".join(top),
        labels=labels,
        class_names=class_names,
        parts=parts,
        layout=_describe(where, parts, class_names, top=top, level=level - base - bool(given) + 1, notices=notices),
        skipped=tuple(skipped),
        notices=tuple(notices),
    )


def _looks_like_photo(name: str) -> bool:
    """A hint only, for telling layouts apart; content decides what a file is."""
    return name.rpartition(".")[2].lower() in _PHOTO_SUFFIXES


def _single_folders(photos: list[list[str]]) -> list[str]:
    """Return the folders that everything lies in and that are no class: ``photos/photos/cat/1.jpg``."""
    top: list[str] = []
    while all(len(path) > len(top) + 2 for path in photos):
        names = {path[len(top)] for path in photos}
        if len(names) > 1 or names <= _part_folders(names):
            break
        top.append(names.pop())
    return top


def _part_folders(names: set[str]) -> set[str]:
    return {name for name in names if name.lower() in PART_WORDS}


def _given_parts(photos: list[list[str]], *, base: int, where: str) -> dict[str, Part]:
    """Return the part of each split folder at level ``base``; empty if there is no given split.

    ``train`` beside ``car`` and ``bus`` is a class: split folders are such only if class folders lie inside them.
    """
    tops = {path[base] for path in photos if len(path) > base + 1}
    words = _part_folders(tops)
    if not words:
        return {}
    nested = any(path[base] in words and len(path) > base + 2 for path in photos)
    others = tops - words
    if nested and others:
        raise DataError(
            f"'{where}' has the split folders {listing(sorted(words))} and beside them {listing(sorted(others))}. "
            f"Keep either split folders or class folders there: move the others away."
        )
    if others:
        return {}
    if not nested:
        example = min(words)
        raise DataError(
            f"'{where}' has {listing(sorted(words))} but no class folders inside, so nothing tells which photo shows "
            f"what. Make one folder for each class in it, for example {where}/{example}/cat and {where}/{example}/dog."
        )
    return {name: PART_WORDS[name.lower()] for name in words}


def _choose_depth(photos: list[list[str]], *, start: int, where: str, split: bool) -> int:
    """Return 1 if photos lie directly in every first-level folder; refuse what could be read in two ways."""
    folders: dict[str, list[int]] = {}
    for path in photos:
        if len(path) > start + 1:
            folders.setdefault("/".join(path[: start + 1]), []).append(len(path) - 1 - start)
    if not folders:
        raise DataError(
            f"'{where}' holds {count(len(photos), 'photo')} but no class folders, so nothing tells which photo shows "
            f"what. {_how_to(where)}"
        )
    if all(min(depths) == 1 for depths in folders.values()):
        return 1
    deepest = max(max(depths) for depths in folders.values())
    below = " below the split folders" if split else ""
    options = "; ".join(_depth_option(photos, start=start, depth=depth) for depth in range(1, min(deepest, 4) + 1))
    raise DataError(
        f"The photos in '{where}' lie {deepest} folders deep{below}, so which folder names the class is ambiguous. "
        f"Choose with {options}."
    )


def _depth_option(photos: list[list[str]], *, start: int, depth: int) -> str:
    names = Counter(path[start + depth - 1] for path in photos if len(path) > start + depth)
    left_out = len(photos) - names.total()
    shown = listing(sorted(names, key=natural_key), limit=3)
    lost = f", leaving out {count(left_out, 'photo')}" if left_out else ""
    return f"--label-depth {depth} ({count(len(names), 'class')}: {shown}{lost})"


def _spelling(raw: Sequence[str]) -> tuple[list[str], list[Finding]]:
    """Write class names in Unicode's composed form, in which "é" is one way of writing; notice look-alikes."""
    spelt = {name: printable(unicodedata.normalize("NFC", name)) for name in set(raw)}
    notices = []
    if len(set(spelt.values())) < len(spelt):
        twice = sorted(name for name, times in Counter(spelt.values()).items() if times > 1)
        notices = [
            Finding("one class, two spellings", name, "Folders that differ only in Unicode form are one class.")
            for name in twice
        ]
    alike: dict[str, list[str]] = {}
    for name in sorted(set(spelt.values())):
        alike.setdefault(" ".join(name.casefold().split()), []).append(name)
    notices += [
        Finding("similar class names", names[0], f"It differs from '{names[1]}' only in case or spaces.", names[1])
        for names in alike.values()
        if len(names) > 1
    ]
    return [spelt[name] for name in raw], notices


def _missing_classes(labels: np.ndarray, parts: np.ndarray, class_names: tuple[str, ...]) -> list[Finding]:
    """Notice classes that one given part has and another lacks; labels are right all the same."""
    present = {part: set(np.unique(labels[parts == part]).tolist()) for part in Part}
    return [
        Finding("class missing from a part", class_names[label], f"It has no photos in the {part.name.lower()} part.")
        for part in Part
        if present[part]
        for label in range(len(class_names))
        if label not in present[part]
    ]


def _describe(
    where: str,
    parts: np.ndarray,
    class_names: tuple[str, ...],
    *,
    top: list[str],
    level: int,
    notices: Sequence[Finding],
) -> str:
    """Return the one line that tells what was found."""
    pieces = [f"{count(len(class_names), 'class')}, {count(len(parts), 'photo')}"]
    given = [(part, int((parts == part).sum())) for part in Part]
    if (parts != NO_PART).any():
        pieces.append("given split: " + ", ".join(f"{n:,} {part.name.lower()}" for part, n in given if n))
    pieces.append("one folder a class" if level == 1 else f"the folder at level {level} is the class")
    if top:
        pieces.append(f"inside '{printable('/'.join(top))}'")
    empty = [notice.path for notice in notices if notice.kind == "empty folder"]
    if empty:
        pieces.append(f"{count(len(empty), 'empty folder')} ignored ({listing(empty, limit=3)})")
    return f"{printable(where)}: {'; '.join(pieces)}."


def _how_to(where: str) -> str:
    return (
        f"Make one folder for each class and move its photos there, for example: mkdir '{where}/cat' '{where}/dog'. "
        f"(A CSV file with the columns path and label works too.)"
    )
