"""``learnet check``: what is wrong with this dataset, before anything is trained on it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.bundles import CheckConfig, CsvOption

if TYPE_CHECKING:
    from learnet.cli.build import Call

_SHOWN_PER_KIND = 10


def _run(call: Call) -> dict[str, Any]:
    from learnet.data import check, open_dataset

    config, csv = call.config, call.also["csv"]
    dataset = open_dataset(
        config.data, label_depth=config.label_depth, group_by=config.group_by, progress=call.progress
    )
    call.progress.say(dataset.layout)
    report = check(dataset, max_pixels=config.max_pixels, progress=call.progress)
    if csv is not None:
        report.write_csv(Path(csv))
        call.progress.say(f"Findings written to {csv}.")
    return report.to_json()


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


VERB = Verb(config=CheckConfig, also=(CsvOption,), run=_run, show=_show)
