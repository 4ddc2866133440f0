"""A comparison as one page that opens offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.evaluation.markup import join, number, percent, table, tag

if TYPE_CHECKING:
    from learnet.comparison.compare import ComparedRow, Comparison

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid #ccc;text-align:left}"
    "caption{text-align:left;font-weight:600;padding:.5rem 0}"
)
COLUMNS = (
    "Way",
    "Accuracy",
    "95 % interval",
    "Macro-F1",
    "Minutes",
    "Peak memory, MB",
    "On disk, MB",
    "Images/s",
    "Latency, ms",
)


def cells(row: ComparedRow) -> list[str]:
    """Return a row as it is shown; what was not measured is a dash."""
    measured = [
        f"{value:.{digits}f}" if value else "-"
        for value, digits in (
            (row.minutes, 1),
            (row.peak_memory_mb, 0),
            (row.disk_mb, 1),
            (row.images_per_second, 0),
            (row.latency_ms, 1),
        )
    ]
    f1 = "-" if row.macro_f1 is None else f"{row.macro_f1:.3f}"
    return [row.name, percent(row.accuracy), f"{percent(row.low)} to {percent(row.high)}", f1, *measured]


def render_page(made: Comparison) -> str:
    """Return the page as HTML."""
    lines = [[cell if place == 0 else number(cell) for place, cell in enumerate(cells(row))] for row in made.rows]
    body = join(
        tag("h1", "Compared"),
        tag("p", tag("strong", "Take "), made.pick),
        table("The same photos, splits and seeds", COLUMNS, lines, sortable=False),
        table("Neighbours, photo by photo", ("Better", "Other", "Difference"), made.neighbours),
    )
    head = join(tag("meta", charset="utf-8"), tag("title", "Compared"), tag("style", _STYLE))
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"
