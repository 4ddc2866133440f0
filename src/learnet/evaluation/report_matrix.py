"""The confusion matrix of the report: a picture whose cells are links, and a sheet of photos behind each cell.

It works without a script: a cell links to its sheet, and the style sheet shows the sheet that is the page's target.
Only cells with photos are drawn, so that a hundred classes cost hundreds of elements, not ten thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import visible
from learnet.evaluation.markup import Html, count, join, number, percent, table, tag
from learnet.evaluation.report_photos import RIGHT_PER_CLASS, photo_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.evaluation.report_data import ReportData

    Array = np.ndarray[Any, Any]

_LISTED_PER_CELL = 48
_LISTED_IN_ALL = 4000
_TOP_PAIRS = 12
_LONGEST_LABEL = 22
_WRITTEN = 22  # pixels from which on a cell holds its count


def confusion_section(data: ReportData) -> Html:
    """Return the picture, the most frequent confusions as a table, and the sheets."""
    hint = (
        "A row is what the photos show, a column what the classifier said; orange cells are mistakes. "
        "Choose a cell to see its photos."
    )
    confusion = data.metrics.confusion
    return join(tag("p", hint), _picture(data, confusion), _pairs(data, confusion), _sheets(data, confusion))


def _label(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _LONGEST_LABEL else shown[: _LONGEST_LABEL - 1] + "…"


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where things stand in the picture, in pixels.

    Attributes:
        side: A cell's width; a hundred classes fill the page, more of them scroll.
        font: The names' size.
        margin: Room for the names, left of the rows and above the columns.
        extent: The picture's width.
    """

    side: int
    font: float
    margin: int
    extent: int

    @classmethod
    def of(cls, names: Sequence[str]) -> _Layout:
        side = min(44, max(9, 940 // len(names)))
        font = min(13.0, side * 0.86)
        margin = round(font * 0.6 * max(len(_label(name)) for name in names)) + 10
        return cls(side=side, font=font, margin=margin, extent=margin + len(names) * side + 2)


def _picture(data: ReportData, confusion: Array) -> Html:
    names = data.class_names
    layout = _Layout.of(names)
    end = layout.extent - 2
    lines = range(layout.margin, layout.extent, layout.side)
    grid = "".join(f"M{layout.margin} {at}H{end}M{at} {layout.margin}V{end}" for at in lines)
    picture = tag(
        "svg",
        tag("path", d=grid, class_="grid"),
        *(_name(name, at=position, layout=layout) for position, name in enumerate(names)),
        *(_cell(data, row, column, confusion, layout) for row, column in np.argwhere(confusion).tolist()),
        viewBox=f"0 0 {layout.extent} {layout.extent}",
        width=layout.extent,
        height=layout.extent,
        class_="matrix",
        font_size=f"{layout.font:.1f}",
        role="group",
        aria_label=f"Confusion matrix of {len(names)} classes; rows show the true class, columns the answer.",
    )
    return tag("div", picture, class_="scroll")


def _name(name: str, *, at: int, layout: _Layout) -> Html:
    """Return the name of one class before its row and above its column."""
    edge, middle = layout.margin - 6, layout.margin + (at + 0.5) * layout.side
    children = (tag("title", name), _label(name))
    above = f"translate({middle} {edge}) rotate(-90)"
    return join(
        tag("text", *children, x=edge, y=middle, text_anchor="end", dominant_baseline="central"),
        tag("text", *children, transform=above, dominant_baseline="central"),
    )


def _cell(data: ReportData, row: int, column: int, confusion: Array, layout: _Layout) -> Html:
    """Return one cell: a square shaded by its share of its row, its count if there is room, and a link to its sheet."""
    amount = int(confusion[row, column])
    share = amount / int(confusion[row].sum())
    x, y, side = layout.margin + column * layout.side, layout.margin + row * layout.side, layout.side
    square = tag(
        "rect", x=x + 0.5, y=y + 0.5, width=side - 1, height=side - 1, fill_opacity=f"{0.25 + 0.75 * share**0.5:.2f}"
    )
    written = None
    if side >= _WRITTEN:
        place = {"x": x + side / 2, "y": y + side / 2, "text_anchor": "middle", "dominant_baseline": "central"}
        written = tag("text", amount, class_="strong" if share > 0.7 else None, **place)
    told = _told(data, row, column, amount)
    return tag(
        "a",
        tag("title", told),
        square,
        written,
        href=f"#c{row}-{column}",
        id=f"m{row}-{column}",
        class_="right" if row == column else "wrong",
        aria_label=told,
    )


def _told(data: ReportData, row: int, column: int, amount: int) -> str:
    photos = count(amount, "photo")
    if row == column:
        return f"{data.class_names[row]}: {photos} recognised"
    return f"{data.class_names[row]} taken for {data.class_names[column]}: {photos}"


def _pairs(data: ReportData, confusion: Array) -> Html | None:
    """Return the most frequent confusions as a table, for those who cannot use the picture."""
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_TOP_PAIRS]
    cells = [(int(row), int(column)) for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True)]
    rows = [
        (
            data.class_names[row],
            data.class_names[column],
            number(f"{wrong[row, column]:,}"),
            number(percent(wrong[row, column] / confusion[row].sum())),
            tag("a", "photos", href=f"#c{row}-{column}", aria_label=_told(data, row, column, int(wrong[row, column]))),
        )
        for row, column in cells
        if wrong[row, column]
    ]
    if not rows:
        return None
    header = ("The photo shows", "The classifier said", "Photos", "Of its class", "See them")
    return table("Most frequent confusions", header, rows)


def _sheets(data: ReportData, confusion: Array) -> Html:
    """Return the sheet of photos behind each cell, wrong answers first, the surest photos first in each."""
    predicted, confidence = data.probabilities.argmax(axis=1), data.probabilities.max(axis=1)
    classes = len(data.class_names)
    keys = data.labels.astype(np.int64) * classes + predicted
    order = np.lexsort((-confidence, keys))
    ends = np.cumsum(confusion, axis=None)
    sheets: list[Html] = []
    budget = _LISTED_IN_ALL
    for row, column in sorted(np.argwhere(confusion).tolist(), key=lambda cell: cell[0] == cell[1]):
        end = int(ends[row * classes + column])
        indices = order[end - int(confusion[row, column]) : end]
        chosen = _chosen(data, indices, right=row == column, room=min(budget, _LISTED_PER_CELL))
        budget -= len(chosen)
        sheets.append(_sheet(data, row, column, len(indices), chosen))
    return join(*sheets)


def _chosen(data: ReportData, indices: Array, *, right: bool, room: int) -> list[int]:
    """Return the photos of one cell to list: of right answers a few with thumbnails, of wrong ones all that fit."""
    every = [int(index) for index in indices]
    if right:
        seen = [index for index in every if index in data.thumbnails][:RIGHT_PER_CLASS]
        return (seen or every[-RIGHT_PER_CLASS:])[:room]
    return sorted(every, key=lambda index: index not in data.thumbnails)[:room]


def _sheet(data: ReportData, row: int, column: int, amount: int, chosen: list[int]) -> Html:
    left_out = amount - len(chosen)
    without = sum(index not in data.thumbnails for index in chosen)
    remarks = [
        f"{left_out:,} not listed" if left_out else "",
        f"{without:,} without preview, to keep the page small" if without else "",
    ]
    remark = "; ".join(remark for remark in remarks if remark)
    return tag(
        "section",
        tag(
            "header",
            tag("h3", _told(data, row, column, amount)),
            tag("a", "Close", href=f"#m{row}-{column}", class_="close"),
        ),
        tag("div", *(photo_card(data, index) for index in chosen), class_="photos"),
        tag("p", remark[0].upper() + remark[1:] + ".", class_="note") if remark else None,
        id=f"c{row}-{column}",
        class_="sheet",
        aria_label=_told(data, row, column, amount),
    )
