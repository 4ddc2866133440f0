"""A manifest: a CSV or Parquet table that names each photo's path and label."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError
from learnet.data.dataset import (
    NO_PART,
    Dataset,
    Part,
    Skipped,
    count,
    encode_labels,
    listing,
    printable,
    require_classes,
)
from learnet.data.layout import PART_WORDS
from learnet.data.sources import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANIFEST_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq")
_COLUMNS = ("path", "label", "split", "group")


@dataclass(kw_only=True)
class _Rows:
    """The usable rows of a manifest, column by column."""

    paths: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def read_manifest(manifest: Path) -> Dataset:
    """Open the photos that a table lists.

    Args:
        manifest: A CSV file (UTF-8; comma, semicolon or tab between fields) or a Parquet file with the columns ``path``
            (relative to the manifest's folder, or absolute) and ``label``, and if wanted ``split`` (train, val, test or
            empty) and ``group`` (photos of one group stay on one side of a split). Other columns are ignored.

    Returns:
        The dataset, in the order of the rows. Rows without a label or without a file, and second rows of one file, are
        in its ``skipped``.

    Raises:
        DataError: If the table cannot be read, lacks a column, names an unknown part, or gives no two classes.
    """
    table = _read_parquet(manifest) if manifest.suffix.lower() in {".parquet", ".pq"} else _read_csv(manifest)
    rows = _usable(table, manifest)
    if not rows.paths and rows.skipped:
        raise DataError(
            f"None of the {count(len(rows.skipped), 'row')} in '{manifest}' can be used; the first, "
            f"'{rows.skipped[0].path}': {rows.skipped[0].reason} Paths are relative to the manifest's folder."
        )
    labels, class_names = encode_labels(rows.labels)
    require_classes(class_names, where=f"'{manifest}'", hint="List photos of at least two labels.")
    parts = np.array(rows.parts, np.int8)
    pieces = [f"manifest, {count(len(class_names), 'class')}, {count(len(labels), 'photo')}"]
    given = [(part, int((parts == part).sum())) for part in Part]
    if (parts != NO_PART).any():
        pieces.append("given split: " + ", ".join(f"{n:,} {part.name.lower()}" for part, n in given if n))
    if rows.groups:
        pieces.append(count(len(set(rows.groups)), "group"))
    if rows.skipped:
        pieces.append(f"{count(len(rows.skipped), 'row')} skipped")
    return Dataset(
        name=manifest.stem,
        source=FileSource(manifest.parent, rows.paths),
        labels=labels,
        class_names=class_names,
        parts=parts,
        groups=tuple(rows.groups) or None,
        layout=f"{printable(str(manifest))}: {'; '.join(pieces)}.",
        skipped=tuple(rows.skipped),
    )


def _usable(table: dict[str, list[str]], manifest: Path) -> _Rows:
    """Sort rows into usable ones and skipped ones."""
    rows, first = _Rows(), dict[str, tuple[int, str]]()
    blank = [""] * len(table["path"])
    columns = zip(table["path"], table["label"], table.get("split", blank), table.get("group", blank), strict=True)
    for number, (given_path, label, part, group) in enumerate(columns, start=1):
        path = _find(manifest.parent, given_path)
        reason = _problem(path, given_path, label, first.get(path or ""))
        if reason:
            rows.skipped.append(Skipped(printable(given_path) or f"row {number}", reason))
            continue
        assert path is not None  # noqa: S101 (what _problem has established)
        first[path] = number, label
        rows.paths.append(path)
        rows.labels.append(printable(label))
        rows.parts.append(_part(part, number=number, manifest=manifest))
        rows.groups += [group or f"row {number}"] if "group" in table else []
    return rows


def _problem(path: str | None, given_path: str, label: str, earlier: tuple[int, str] | None) -> str:
    """Return why a row cannot be used; empty if it can."""
    if not given_path:
        return "The row has no path."
    if not label:
        return "The row has no label."
    if path is None:
        return "There is no such file."
    if earlier is not None and earlier[1] == label:
        return f"The file is listed already, in row {earlier[0]}."
    if earlier is not None:
        return f"The file is listed already in row {earlier[0]}, there with the label '{earlier[1]}', here '{label}'."
    return ""


def _find(folder: Path, given: str) -> str | None:
    """Return a file's path relative to ``folder`` (or absolute, if given so), with ``/``; None if there is none."""
    for path in (given, given.replace("\\", "/")):
        try:
            if path and os.path.isfile(folder / path):  # noqa: PTH113 (a hot path)
                return os.path.normpath(path).replace(os.sep, "/")
        except (OSError, ValueError):
            continue
    return None


def _part(word: str, *, number: int, manifest: Path) -> int:
    if not word:
        return NO_PART
    try:
        return PART_WORDS[word.lower()]
    except KeyError:
        raise DataError(
            f"Row {number} of '{manifest}' has the split '{word}'. Known are train, val and test; leave the field "
            f"empty for a photo that learnet is to place."
        ) from None


def _read_csv(manifest: Path) -> dict[str, list[str]]:
    try:
        text = manifest.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{manifest}' is not UTF-8 text (byte {error.start:,}). Save it as CSV in UTF-8.") from None
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"'{manifest}' is not a readable CSV file: {error}.") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise DataError(f"'{manifest}' is empty. {_expected()}")
    chosen = _choose_columns(rows[0], manifest)
    short = next((number for number, row in enumerate(rows[1:], 1) if len(row) <= max(chosen.values())), None)
    if short is not None:
        raise DataError(f"Row {short} of '{manifest}' has {len(rows[short])} fields, and the header {len(rows[0])}.")
    return {name: [row[position].strip() for row in rows[1:]] for name, position in chosen.items()}


def _read_parquet(manifest: Path) -> dict[str, list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(manifest)
        chosen = _choose_columns(file.schema_arrow.names, manifest)
        table = file.read(columns=[file.schema_arrow.names[position] for position in chosen.values()])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(f"'{manifest}' is not a readable Parquet file: {str(error).splitlines()[0]}.") from None
    return {
        name: ["" if value is None else str(value).strip() for value in column.to_pylist()]
        for name, column in zip(chosen, table.itercolumns(), strict=True)
    }


def _choose_columns(header: Iterable[str], manifest: Path) -> dict[str, int]:
    """Return where the columns that matter are; case and surrounding spaces do not count."""
    names = [name.strip().lower() for name in header]
    chosen = {name: names.index(name) for name in _COLUMNS if name in names}
    missing = [name for name in ("path", "label") if name not in chosen]
    if missing:
        raise DataError(f"'{manifest}' has no column '{missing[0]}'; its columns are {listing(names)}. {_expected()}")
    return chosen


def _expected() -> str:
    return "A manifest has the columns path and label, and if wanted split and group."
