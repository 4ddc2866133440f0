"""The report: one HTML page that opens offline, works without a script, and hides nothing."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from learnet.core import write_text
from learnet.evaluation import report_facts as facts
from learnet.evaluation import report_results as results
from learnet.evaluation.markup import Html, join, tag
from learnet.evaluation.report_matrix import confusion_section

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.evaluation.report_data import ReportData


def write_report(path: Path, data: ReportData) -> None:
    """Write the page, atomically.

    Args:
        path: The HTML file.
        data: What to tell.

    Raises:
        OSError: If the disk refuses; a previous page is then still whole.
    """
    write_text(path, render_report(data))


def render_report(data: ReportData) -> str:
    """Return the page as text.

    The same data give the same page, byte by byte. The page asks nothing from anywhere: its content policy allows
    inline style, images inside the page, and the one script whose hash it names.
    """
    parts = [
        ("calibration", "Can its probabilities be believed?", results.calibration(data)),
        ("classes", "Class by class", results.classes(data)),
        ("confusion", "What it confuses", confusion_section(data)),
        ("wrong", "Most confidently wrong", results.gallery(data)),
        ("baselines", "Beside simple methods", results.baselines(data)),
        ("data", "The data", facts.data_facts(data)),
        ("cost", "What it cost", facts.costs(data)),
        ("use", "Use the bundle", facts.commands(data)),
        ("reproduce", "How to reproduce it", facts.provenance(data)),
    ]
    told = [(name, title, content) for name, title, content in parts if content is not None]
    body = join(
        tag(
            "header",
            tag("p", "learnet report", class_="brand"),
            tag("h1", data.title),
            tag("p", data.description, class_="note") if data.description else None,
            results.verdict(data),
            results.key_figures(data),
        ),
        tag("nav", *(tag("a", title, href=f"#{name}") for name, title, _ in told), aria_label="Sections"),
        tag(
            "main",
            *(tag("section", tag("h2", title), content, id=name, class_="part") for name, title, content in told),
        ),
    )
    return render_page(data.title, body)


def render_page(title: str, body: Html) -> str:
    """Return the whole document around ``body``, with the style, script and policy of all reports."""
    package = files("learnet.evaluation")
    style = package.joinpath("report.css").read_text(encoding="utf-8")
    script = package.joinpath("report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = join(
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        Html('<meta name="color-scheme" content="light dark">'),
        tag("title", title, " - learnet report"),
        tag("style", Html(style)),
        separator="\n",
    )
    end = tag("script", Html(script))
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n{end}\n</body>\n</html>\n'
