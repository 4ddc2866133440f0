"""The report of a colouriser: one HTML page, in the manner and with the parts of the classifiers' report."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from learnet.evaluation.markup import Html, count, join, number, table, tag
from learnet.evaluation.report import render_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.applications.colourise.examine import Summary
    from learnet.applications.colourise.publish import ColouriseRun
    from learnet.data import Skipped

_LISTED = 100


def render_colour_report(run: ColouriseRun, *, sheet: bytes, name: str, skipped: Sequence[Skipped]) -> str:
    """Return the page as text.

    Args:
        run: What was measured.
        sheet: The PNG of the best, the median and the worst photos.
        name: Of the photos.
        skipped: Files that were not used, and why.
    """
    title = f"Colours for {name}"
    parts = [
        ("sheet", "Best, median and worst", _sheet(sheet)),
        ("baselines", "Beside grey and one mean colour", _summaries(run.summaries)),
        ("temperature", "How the temperature was chosen", _temperatures(run)),
        ("data", "The photos", _photos(run, skipped)),
        ("use", "Use the bundle", _commands(run)),
        ("reproduce", "How to reproduce it", tag("pre", tag("code", run.config.command()))),
    ]
    told = [(name, title, content) for name, title, content in parts if content is not None]
    body = join(
        tag(
            "header",
            tag("p", "learnet report", class_="brand"),
            tag("h1", title),
            _verdict(run),
            _figures(run),
        ),
        tag("nav", *(tag("a", title, href=f"#{name}") for name, title, _ in told), aria_label="Sections"),
        tag(
            "main",
            *(tag("section", tag("h2", title), content, id=name, class_="part") for name, title, content in told),
        ),
    )
    return render_page(title, body)


def _verdict(run: ColouriseRun) -> Html:
    network, mean = run.summaries["network"], run.summaries["mean colour"]
    gap = network.psnr - mean.psnr
    return tag(
        "p",
        f"On {count(run.n_test, 'photo')} it had never seen, its colours are ",
        tag("strong", f"{abs(gap):.2f} dB {'nearer to' if gap >= 0 else 'farther from'}"),
        " the true ones than the mean colour of the training photos is, with ",
        tag("strong", f"{network.colourfulness:.1f} of colourfulness"),
        f" (the true photos have {run.summaries['true colours'].colourfulness:.1f}).",
        class_="verdict",
    )


def _figures(run: ColouriseRun) -> Html:
    network = run.summaries["network"]
    figures = [
        ("PSNR in U and V", f"{network.psnr:.2f} dB", f"mean colour {run.summaries['mean colour'].psnr:.2f} dB"),
        ("Saturation", f"{network.saturation:.3f}", f"true {run.summaries['true colours'].saturation:.3f}"),
        ("Colourfulness", f"{network.colourfulness:.1f}", "Hasler and Süsstrunk: 0 is grey, 45 is average"),
        (
            "Training",
            f"{run.train_seconds / 60:.1f} min",
            f"{count(run.epochs, 'epoch')}, the best one {run.best_epoch}",
        ),
    ]
    if run.temperatures:
        figures.append(("Temperature", f"{run.temperature:g}", "chosen on the validation photos"))
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", value), tag("dd", told, class_="note"))
            for name, value, told in figures
        ),
        class_="figures",
    )


def _sheet(png: bytes) -> Html:
    source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    note = (
        "Ranked by how much nearer to the true colours than grey the network came. Three pictures a photo: what it was "
        "shown, what it made of that, and what was true."
    )
    picture = tag("img", src=source, alt="Grey, coloured and true photos", style="max-width:100%")
    return join(tag("p", note, class_="note"), picture)


def _summaries(summaries: dict[str, Summary]) -> Html:
    rows = [
        (
            name,
            number(f"{summary.psnr:.2f}" if summary.psnr < float("inf") else "-"),
            number(f"{summary.saturation:.3f}"),
            number(f"{summary.colourfulness:.1f}"),
        )
        for name, summary in summaries.items()
    ]
    note = (
        "PSNR is of the mean squared error in U and V over all test photos, for a peak of 1: more is nearer to the "
        "truth. It favours pale guesses: whoever is not sure and says grey is never far off."
    )
    header = ("Colours", "PSNR in UV, dB", "Saturation", "Colourfulness")
    return join(table("Test photos, coloured in four ways", header, rows), tag("p", note, class_="note"))


def _temperatures(run: ColouriseRun) -> Html | None:
    if not run.temperatures:
        return None
    rows = [
        (
            f"{row.temperature:g}{' (chosen)' if row.temperature == run.temperature else ''}",
            number(f"{row.psnr:.2f}"),
            number(f"{row.saturation:.3f}"),
        )
        for row in run.temperatures
    ]
    note = (
        "Chosen is the most saturated one whose colours are surely nearer to the truth than the mean colour; where "
        "none is, the nearest one. The test photos had no say."
    )
    header = ("Temperature", "PSNR in UV, dB", "Saturation")
    return join(table("Temperatures on the validation photos", header, rows), tag("p", note, class_="note"))


def _photos(run: ColouriseRun, skipped: Sequence[Skipped]) -> Html:
    told = tag(
        "p",
        f"Trained on {count(run.n_train, 'photo')}, epoch and temperature chosen on {run.n_val:,}, measured on "
        f"{run.n_test:,}. {count(len(skipped), 'file')} not used.",
    )
    if not skipped:
        return told
    rows = [(item.path, item.reason) for item in skipped[:_LISTED]]
    listing = table("Files that were not used", ("File", "Why it was skipped"), rows)
    more = len(skipped) - len(rows)
    rest = tag("p", f"And {more:,} more; the full list is in skipped.csv.", class_="note") if more > 0 else None
    return join(told, tag("details", tag("summary", "Which ones, and why"), listing, rest))


def _commands(run: ColouriseRun) -> Html:
    line = f"learnet colourise apply {run.bundle} PHOTOS --out coloured"
    return join(tag("p", "Colour photos"), tag("pre", tag("code", line)))
