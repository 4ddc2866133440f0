"""``learnet check``: what is wrong with this dataset, before anything is trained on it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.options import DataArgument, GroupBy, LabelDepth, MaxPixels
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb

if TYPE_CHECKING:
    from learnet.core.progress import Progress

_SHOWN_PER_KIND = 10


def check(
    data: DataArgument,
    *,
    label_depth: LabelDepth = None,
    group_by: GroupBy = None,
    max_pixels: MaxPixels = 100_000_000,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write every finding to this file.", show_default=False)
    ] = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Decode every photo and report what is damaged, duplicated, mislabelled, leaking or lopsided. Changes nothing."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.data import check as run_check
        from learnet.data import open_dataset

        dataset = open_dataset(data, label_depth=label_depth, group_by=group_by, progress=progress)
        progress.say(dataset.layout)
        report = run_check(dataset, max_pixels=max_pixels, progress=progress)
        if csv is not None:
            report.write_csv(csv)
            progress.say(f"Findings written to {csv}.")
        return report.to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def _show(result: dict[str, Any]) -> None:
    shown: dict[str, int] = {}
    rows = []
    for finding in result["findings"]:
        shown[finding["kind"]] = shown.get(finding["kind"], 0) + 1
        if shown[finding["kind"]] <= _SHOWN_PER_KIND:
            rows.append([finding["kind"], finding["path"], finding["detail"]])
    if rows:
        print_table(["finding", "where", "what"], rows)
    hidden = {kind: count - _SHOWN_PER_KIND for kind, count in shown.items() if count > _SHOWN_PER_KIND}
    if hidden:
        more = ", ".join(f"{count} more of '{kind}'" for kind, count in hidden.items())
        print_lines(f"Not shown: {more}. --csv FILE writes them all.")
    print_lines(
        f"Found {result['found']} files: {result['used']} used, {result['skipped']} skipped; "
        f"{len(result['findings'])} findings."
    )
