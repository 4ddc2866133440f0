"""The page of reproductions: every row with the paper's number, ours, and whether the claim holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from learnet.core import DataError, write_bytes, write_json, write_text
from learnet.experiments.record import Row
from learnet.experiments.table import EXPERIMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

_HEAD = """# Reproductions

Each published experiment as one function, the paper's number beside ours. Thresholds were fixed before the experiments
were run; one that is not reached is reported as such. `learnet reproduce NAME` runs a row again, and
`learnet reproduce --all` writes this page.
"""


class Document:
    """A Markdown page, its figures, and its rows as JSON, from which it can be written on.

    Args:
        path: The page, e.g. ``docs/REPRODUCTIONS.md``; figures and ``rows.json`` go to ``docs/reproductions/``.
        rows: The rows that it has, by name.
    """

    def __init__(self, path: Path, rows: dict[str, Row]) -> None:
        self.path, self.rows = path, rows

    @classmethod
    def open(cls, path: Path) -> Document:
        """Return the document at ``path``, with the rows it holds already, if any.

        Raises:
            DataError: If its rows cannot be read.
        """
        stored = cls(path, {}).folder / "rows.json"
        if not stored.exists():
            return cls(path, {})
        try:
            rows = [Row.from_json(told) for told in json.loads(stored.read_text(encoding="utf-8"))]
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"The rows of the reproductions in '{stored}' cannot be read ({error}). Remove the file to begin anew."
            ) from error
        return cls(path, {row.name: row for row in rows})

    @property
    def folder(self) -> Path:
        """Where figures and rows are."""
        return self.path.parent / self.path.stem.lower()

    def find(self, name: str, *, seeds: int, quick: bool) -> Row | None:
        """Return the row of that name, if it was made with so many seeds in that mode."""
        row = self.rows.get(name)
        return row if row is not None and (row.seeds, row.quick) == (seeds, quick) else None

    def add(self, row: Row, figure: Figure | None) -> None:
        """Add a row, or replace it, and write everything."""
        self.rows[row.name] = row
        picture = self.folder / f"{row.name}.png"
        if figure is not None:
            from learnet.plots import to_png

            write_bytes(picture, to_png(figure, dots_per_inch=100))
        else:
            picture.unlink(missing_ok=True)
        write_json(self.folder / "rows.json", [row.to_json() for row in self._ordered()])
        write_text(self.path, self.text())

    def text(self) -> str:
        """Return the page."""
        rows = self._ordered()
        holding = sum(row.holds for row in rows)
        missing = [name for name in EXPERIMENTS.names() if name not in self.rows]
        lines = [
            _HEAD,
            f"{holding} of {len(rows)} claims hold.",
            *([f"Not run yet: {', '.join(missing)}."] if missing else []),
            "",
            "| experiment | the paper | here | threshold | holds |",
            "|---|---|---|---|---|",
            *(
                f"| [{row.name}](#{row.name}) | {_cell(row.paper)} | {_cell(row.measured)} | {_cell(row.threshold)} "
                f"| {_answer(row)} |"
                for row in rows
            ),
            *(line for row in rows for line in self._section(row)),
        ]
        return "\n".join(lines) + "\n"

    def _section(self, row: Row) -> list[str]:
        seeds = "1 seed" if row.seeds == 1 else f"{row.seeds} seeds"
        quick = ", quick mode" if row.quick else ""
        command = f"learnet reproduce {row.name} --seeds {row.seeds}{' --quick' if row.quick else ''}"
        has_figure = (self.folder / f"{row.name}.png").exists()
        return [
            "",
            f"## {row.name}",
            "",
            f"{row.title}. {row.reference}.",
            "",
            f"- The paper: {row.paper}.",
            f"- Here: {row.measured} ({seeds}{quick}, {row.seconds:.1f} s; `{command}`).",
            f"- Threshold: {row.threshold}: {_answer(row)}.",
            *([f"- {row.remark}"] if row.remark else []),
            *(["", f"![{row.title}]({self.folder.name}/{row.name}.png)"] if has_figure else []),
        ]

    def _ordered(self) -> list[Row]:
        return [self.rows[name] for name in EXPERIMENTS.names() if name in self.rows]


def _answer(row: Row) -> str:
    return "yes" if row.holds else "**no**"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
