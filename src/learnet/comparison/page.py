"""A comparison as one page that opens offline, and its rows as they are shown anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import probe
from learnet.evaluation.markup import Html, count, join, number, percent, table, tag
from learnet.evaluation.report import render_page as render_report
from learnet.plots import Measured, intervals_figure
from learnet.plots.style import to_svg

if TYPE_CHECKING:
    from learnet.comparison.compare import Comparison
    from learnet.comparison.table import ComparedRow, FailedRow

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
_NOTES = (
    (
        "Accuracy and macro-F1 are means over the seeds, on photos that nothing was trained on or chosen by; the "
        "interval is of all seeds together, and a photo that several seeds test counts once, with all answers to it."
    ),
    (
        "Minutes are a training's from its first photo to its report, the mean of the seeds; of a simple method, all "
        "seeds together. Peak memory is the most that a row's own process held, Python and libraries included."
    ),
    (
        "On disk is the bundle. Images/s is prediction with many photos on their way, latency one photo at a time, "
        "both from pixels to probabilities. A dash stands for what a method does not have."
    ),
)


def cells(row: ComparedRow) -> list[str]:
    """Return a row as it is shown; what it does not have is a dash.

    Args:
        row: Which one; its figures' units are in ``COLUMNS``.
    """
    measured = [
        _measured(row.minutes, 2 if row.minutes < 1 else 1),
        _measured(row.peak_memory_mb, 0),
        _measured(row.disk_mb, 1),
        _measured(row.images_per_second, 0 if row.images_per_second >= 10 else 1),
        _measured(row.latency_ms, 1),
    ]
    return [
        row.name,
        percent(row.accuracy),
        f"{percent(row.low)} to {percent(row.high)}",
        f"{row.macro_f1:.3f}",
        *measured,
    ]


def failed_cells(row: FailedRow) -> list[str]:
    """Return a failed row as it is shown among the others."""
    return [_named(row), "failed", *["-"] * (len(COLUMNS) - 2)]


def render_page(made: Comparison) -> str:
    """Return the page as HTML, in the manner of all reports."""
    sections = [
        (
            "table",
            "The same photos, splits and seeds",
            join(_figure(made), _table(made), *(_note(text) for text in _notes(made))),
        ),
        ("neighbours", "Neighbours, photo by photo", _neighbours(made)),
        ("failed", "What failed", _failed(made)),
        ("reports", "Each run's own report", _reports(made)),
        ("reproduce", "How to repeat it", tag("pre", tag("code", made.config.command()))),
    ]
    name, separator, reason = made.pick.partition(": ")
    told = [(place, title, content) for place, title, content in sections if content is not None]
    body = join(
        tag(
            "header",
            tag("p", "learnet comparison", class_="brand"),
            tag("h1", f"{len(made.rows)} ways to classify {made.config.data}"),
            tag("p", "Take ", tag("strong", name), separator, reason, class_="verdict"),
        ),
        tag("nav", *(tag("a", title, href=f"#{place}") for place, title, _ in told), aria_label="Sections"),
        tag(
            "main",
            *(tag("section", tag("h2", title), content, id=place, class_="part") for place, title, content in told),
        ),
    )
    return render_report(f"{made.config.data}, compared", body)


def _figure(made: Comparison) -> Html:
    label = "Accuracy of each way with its 95 % interval"
    rows = [
        Measured(name=row.name, accuracy=row.accuracy, low=row.low, high=row.high, simple=not row.trained)
        for row in made.rows
    ]
    drawn = Html(to_svg(intervals_figure(rows), label=label))
    return tag("div", drawn, class_="plot wide", tabindex="0", role="region", aria_label=label)


def _table(made: Comparison) -> Html:
    lines: list[list[object]] = []
    for row in made.rows:
        name, *figures = cells(row)
        costs = (row.minutes, row.peak_memory_mb, row.disk_mb, row.images_per_second, row.latency_ms)
        worth = (row.accuracy, row.low, row.macro_f1, *costs)
        lines.append([name, *(number(cell, value=value) for cell, value in zip(figures, worth, strict=True))])
    for failed in made.failed:
        name, *figures = failed_cells(failed)
        lines.append([name, *(number(cell, value=-1) for cell in figures)])
    return table(f"The best accuracy first; {count(made.config.seeds, 'seed')}", COLUMNS, lines, sortable=True)


def _notes(made: Comparison) -> list[str]:
    machine = f"Measured on {probe().describe()}."
    computed = [f"{row.name} ({count(row.computed, 'photo')})" for row in made.rows if row.computed]
    if not computed:
        return [*_NOTES, machine]
    cached = (
        f"Features are computed once and kept: their time is in the minutes of {', '.join(computed)}; every other row "
        "took them from the cache."
    )
    return [*_NOTES, cached, machine]


def _neighbours(made: Comparison) -> Html | None:
    if not made.neighbours:
        return None
    caption = "Each row against the next one below it, on the photos that both were asked"
    return join(
        table(caption, ("Row", "Next one", "Difference"), made.neighbours),
        _note("McNemar's exact test at 5 %; the interval of the difference is a paired bootstrap's."),
    )


def _failed(made: Comparison) -> Html | None:
    if not made.failed:
        return None
    return table(
        "Rows that could not be had, and why", ("Row", "Reason"), [(_named(row), row.reason) for row in made.failed]
    )


def _reports(made: Comparison) -> Html:
    runs = sorted(path.parent.name for path in made.folder.glob("*/report.html"))
    return tag("ul", *(tag("li", tag("a", run, href=f"{run}/report.html")) for run in runs))


def _note(text: str) -> Html:
    return tag("p", text, class_="note")


def _named(row: FailedRow) -> str:
    return row.name if row.seed is None else f"{row.name}, seed {row.seed}"


def _measured(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if value else "-"
