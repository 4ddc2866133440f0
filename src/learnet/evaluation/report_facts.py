"""The sections of the report on the data, the costs and the way to repeat it; one with nothing to say is ``None``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.evaluation.markup import Html, bar, count, join, number, table, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.evaluation.report_data import ReportData

_LISTED = 200


def data_facts(data: ReportData) -> Html | None:
    """Return what was found, used and skipped, and what its owner should know about the data."""
    parts = (_counts(data), _findings(data), _skipped(data))
    return join(*parts) if any(part is not None for part in parts) else None


def _counts(data: ReportData) -> Html | None:
    sentences = []
    if data.found is not None:
        used = data.found - len(data.skipped)
        sentences.append(f"{count(data.found, 'file')} found = {used:,} used + {len(data.skipped):,} skipped.")
    if data.train_counts is not None and len(data.train_counts):
        counts = np.asarray(data.train_counts)
        most, least = int(counts.argmax()), int(counts.argmin())
        spread = (
            f"from {counts[least]:,} ({data.class_names[least]}) to {counts[most]:,} ({data.class_names[most]}) a class"
        )
        if counts[least] == counts[most]:
            spread = f"{counts[least]:,} of each class"
        sentences.append(f"Trained on {count(int(counts.sum()), 'photo')}: {spread}.")
    return tag("p", " ".join(sentences)) if sentences else None


def _findings(data: ReportData) -> Html | None:
    if not data.findings:
        return None
    kinds: dict[str, int] = {}
    for finding in data.findings:
        kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
    summary = tag("ul", *(tag("li", tag("strong", f"{amount:,}"), f" {kind}") for kind, amount in kinds.items()))
    rows = [(finding.path, finding.kind, finding.detail) for finding in data.findings[:_LISTED]]
    listing = table("What was noticed in the data", ("File or class", "Finding", "Detail"), rows)
    more = len(data.findings) - len(rows)
    rest = tag("p", f"And {more:,} more; “learnet check” lists them all.", class_="note") if more > 0 else None
    return join(tag("h3", "Noticed"), summary, tag("details", tag("summary", "Every finding"), listing, rest))


def _skipped(data: ReportData) -> Html | None:
    if not data.skipped:
        return None
    rows = [(skipped.path, skipped.reason) for skipped in data.skipped[:_LISTED]]
    listing = table("Files that were not used", ("File", "Why it was skipped"), rows)
    more = len(data.skipped) - len(rows)
    rest = tag("p", f"And {more:,} more; the full list is in {data.skipped_file}.", class_="note") if more > 0 else None
    opened = "" if len(rows) <= 20 else None
    title = tag("summary", f"{count(len(data.skipped), 'file')} and the reason for each")
    return join(tag("h3", "Skipped"), tag("details", title, listing, rest, open=opened))


def costs(data: ReportData) -> Html | None:
    """Return seconds and images a second for each stage, memory, and the machine."""
    facts = [
        f"Machine: {data.machine}." if data.machine else "",
        f"Peak memory: {data.peak_memory_bytes / 1e6:,.0f} MB." if data.peak_memory_bytes else "",
    ]
    told = tag("p", " ".join(fact for fact in facts if fact)) if any(facts) else None
    if not data.costs:
        return told
    total = sum(stage.seconds for stage in data.costs)
    rows: list[Sequence[object]] = [
        [
            stage.name,
            bar(stage.seconds / total if total else 0.0),
            number(f"{stage.seconds:.1f}", value=stage.seconds),
            number("-" if not stage.images else f"{stage.images:,}", value=stage.images or 0),
            number(_rate(stage.images, stage.seconds)),
        ]
        for stage in data.costs
    ]
    images = max(stage.images or 0 for stage in data.costs)
    rows.append(
        [
            "All together",
            tag("td"),
            number(tag("strong", f"{total:.1f}"), value=total),
            number(f"{images:,}" if images else "-", value=images),
            number(tag("strong", _rate(images, total))),
        ]
    )
    header = ("Stage", "Share", "Seconds", "Images", "Images/s")
    return join(told, table("Time by stage", header, rows))


def _rate(images: int | None, seconds: float) -> str:
    return f"{images / seconds:,.0f}" if images and seconds > 0 else "-"


def commands(data: ReportData) -> Html | None:
    """Return what to do with the bundle."""
    if not data.commands:
        return None
    return join(
        *(tag("div", tag("p", purpose), tag("pre", tag("code", line))) for purpose, line in data.commands.items())
    )


def provenance(data: ReportData) -> Html | None:
    """Return what it takes to get the same result again."""
    command = None if data.reproduce is None else tag("pre", tag("code", data.reproduce))
    rows = list(data.provenance.items())
    facts = table("What the result depends on", ("Item", "Value"), rows) if rows else None
    return join(command, facts) if command or facts else None
