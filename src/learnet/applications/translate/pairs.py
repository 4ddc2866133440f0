"""Pairs of sentences: from two files or one table, checked, and divided for training, choosing and testing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from learnet.applications.translate.texts import read_lines
from learnet.applications.translate.vocabulary import clean_text
from learnet.core import DataError, UsageError, fingerprint, generator
from learnet.data.download import data_folders, find

if TYPE_CHECKING:
    from collections.abc import Sequence

MULTI30K = "multi30k"
_PARTS = {"train": "train", "val": "val", "test": "test_2016_flickr"}
_MOST_HELD_BACK = 2000
_LONGEST_WORDS = 1000


@dataclass(frozen=True, kw_only=True)
class SkippedLine:
    """A line that is not used.

    Attributes:
        place: Its file.
        line: Its number, from 1.
        reason: Why.
        text: How it begins.
    """

    place: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Sentences and their translations.

    Attributes:
        source: Sentences.
        target: Their translations, as many.
        places: Where each stands, e.g. ``"train.de.gz:17"``.
    """

    source: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.source)

    def part(self, rows: Sequence[int]) -> Pairs:
        """Return some of them."""
        return Pairs(
            source=[self.source[row] for row in rows],
            target=[self.target[row] for row in rows],
            places=[self.places[row] for row in rows],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """Pairs for training, for choosing the best epoch, and for the test.

    Attributes:
        name: What the corpus is called.
        train: To learn from.
        val: To choose the best epoch by.
        test: To measure with, once.
        skipped: Lines that are not used.
        layout: What was found, as a sentence.
    """

    name: str
    train: Pairs
    val: Pairs
    test: Pairs
    skipped: tuple[SkippedLine, ...]
    layout: str

    def fingerprint(self) -> str:
        """Return a checksum of all sentences and their parts."""
        parts = (self.train, self.val, self.test)
        return fingerprint({name: [p.source, p.target] for name, p in zip(_PARTS, parts, strict=True)})


def open_corpus(
    data: Sequence[str | Path],
    *,
    encoding: str | None = None,
    swap: bool = False,
    validation_fraction: float = 0.05,
    test_fraction: float = 0.05,
    seed: int = 0,
) -> Corpus:
    """Open pairs of sentences.

    Args:
        data: Two text files whose lines belong together (source, target); or one table with a tab between sentence and
            translation; or ``"multi30k"``, German and English captions in ``LEARNET_DATA_DIR``.
        encoding: How the files are written; what their first bytes say, else UTF-8, if not given.
        swap: Translate from the second to the first.
        validation_fraction: Share that chooses the best epoch, in (0, 0.5), 2,000 pairs at most; not of Multi30k.
        test_fraction: Share to test with, likewise. The same source sentence is never in two parts.
        seed: Of the division.

    Raises:
        DataError: If the files do not fit each other, cannot be read, or hold too little.
        UsageError: If neither one nor two files are given.
    """
    for name, share in (("validation", validation_fraction), ("test", test_fraction)):
        if not 0 < share < 0.5:
            raise UsageError(f"The {name} fraction must be greater than 0 and less than 0.5; received {share}.")
    if len(data) not in (1, 2):
        raise UsageError(
            f"Pairs of sentences come as two text files, or as one table with tabs, or as '{MULTI30K}'; received "
            f"{len(data)} files."
        )
    if len(data) == 1 and str(data[0]).lower() == MULTI30K:
        return _multi30k(swap=swap)
    pairs, skipped = read_pairs([Path(file) for file in data], encoding=encoding)
    pairs = _swapped(pairs) if swap else pairs
    train, val, test = divide(pairs, validation=validation_fraction, test=test_fraction, seed=seed)
    name = Path(data[0]).name.split(".")[0] or "pairs"
    layout = (
        f"{len(pairs):,} pairs of sentences: {len(train):,} to train, {len(val):,} to choose the best epoch, "
        f"{len(test):,} to test; {len(skipped):,} lines skipped."
    )
    return Corpus(name=name, train=train, val=val, test=test, skipped=tuple(skipped), layout=layout)


def read_pairs(files: Sequence[Path], *, encoding: str | None = None) -> tuple[Pairs, list[SkippedLine]]:
    """Read pairs from two files, or one table; lines that cannot be used are listed.

    Raises:
        DataError: If the files do not fit each other, or no pair is left.
    """
    found, skipped = Pairs(), list[SkippedLine]()
    rows = _beside(files, encoding) if len(files) == 2 else _table(files[0], encoding)
    for number, row in enumerate(rows, 1):
        reason = _reason(row)
        if reason is None:
            found.source.append(clean_text(row[0]))
            found.target.append(clean_text(row[1]))
            found.places.append(f"{files[0].name}:{number}")
        else:
            skipped.append(SkippedLine(place=str(files[0]), line=number, reason=reason, text="\t".join(row)[:80]))
    if not found.source:
        why = f" The first: line {skipped[0].line}, {skipped[0].reason}." if skipped else ""
        raise DataError(f"No pair of sentences is left of the {len(rows)} lines of '{files[0]}'.{why}")
    return found, skipped


def _beside(files: Sequence[Path], encoding: str | None) -> list[tuple[str, ...]]:
    one, other = (read_lines(file, encoding=encoding) for file in files)
    if len(one) != len(other):
        longer, lines = (files[0], one) if len(one) > len(other) else (files[1], other)
        first = lines[min(len(one), len(other))]
        raise DataError(
            f"'{files[0]}' has {len(one):,} lines and '{files[1]}' {len(other):,}, but line for line they should "
            f"belong together. The first line of '{longer.name}' without a partner is {first[:60]!r}. Look whether "
            "a line is missing further up."
        )
    return list(zip(one, other, strict=True))


def _table(file: Path, encoding: str | None) -> list[tuple[str, ...]]:
    lines = read_lines(file, encoding=encoding)
    if lines and not any("\t" in line for line in lines):
        raise DataError(
            f"'{file}' has no tabs, so it is no table of sentences and translations. Give two text files, or one with "
            "a tab between sentence and translation."
        )
    return [tuple(line.split("\t")[:2]) for line in lines]  # what comes after is a remark


def _reason(row: tuple[str, ...]) -> str | None:
    if not any(text.strip() for text in row):
        return "empty line"
    if len(row) < 2:
        return "no tab"
    for text, what in zip(row, ("sentence", "translation"), strict=True):
        if not clean_text(text):
            return f"empty {what}"
        if text.count(" ") >= _LONGEST_WORDS or len(text) > 10 * _LONGEST_WORDS:
            return f"very long {what}"
        if "\ufffd" in text:
            return f"damaged characters in the {what}"
    return None


def divide(pairs: Pairs, *, validation: float, test: float, seed: int) -> tuple[Pairs, Pairs, Pairs]:
    """Divide pairs in three; the same source sentence stays on one side.

    Raises:
        DataError: If there are too few.
    """
    groups: dict[str, list[int]] = {}
    for row, text in enumerate(pairs.source):
        groups.setdefault(text, []).append(row)
    order = [list(groups.values())[place] for place in generator(seed, "split").permutation(len(groups))]
    n_test, n_val = (min(_MOST_HELD_BACK, max(1, round(share * len(order)))) for share in (test, validation))
    if len(order) < n_test + n_val + 1:
        raise DataError(
            f"{len(order)} different sentences are too few to train, choose and test with. Give at least 3, better "
            "10,000."
        )
    cuts = (order[n_test + n_val :], order[n_test : n_test + n_val], order[:n_test])
    train, val, tested = (pairs.part(sorted(row for group in part for row in group)) for part in cuts)
    return train, val, tested


def _swapped(pairs: Pairs) -> Pairs:
    return Pairs(source=pairs.target, target=pairs.source, places=pairs.places)


def _multi30k(*, swap: bool) -> Corpus:
    folder = find(MULTI30K)
    if folder is None or not folder.is_dir():
        places = ", ".join(f"'{place}'" for place in data_folders())
        raise DataError(
            f"Multi30k was not found: no folder '{MULTI30K}' with train.de.gz, train.en.gz and so on lies in {places}. "
            "Get it from https://github.com/multi30k/dataset, or set LEARNET_DATA_DIR."
        )
    made, skipped = {}, list[SkippedLine]()
    for part, stem in _PARTS.items():
        files = [_present(folder, f"{stem}.{language}") for language in ("de", "en")]
        pairs, left_out = read_pairs(files)
        made[part] = _swapped(pairs) if swap else pairs
        skipped += left_out
    layout = f"Multi30k, {'English to German' if swap else 'German to English'}: " + ", ".join(
        f"{len(pairs):,} {part}" for part, pairs in made.items()
    )
    return Corpus(name=MULTI30K, skipped=tuple(skipped), layout=f"{layout}; {len(skipped)} lines skipped.", **made)


def _present(folder: Path, name: str) -> Path:
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.is_file():
            return candidate
    raise DataError(f"Multi30k in '{folder}' has no file {name}.gz. Copy the folder again.")
