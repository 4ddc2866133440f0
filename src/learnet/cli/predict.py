"""``learnet predict``: what is on these photos?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_table
from learnet.options.bundles import FormatOption, PredictConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _run(call: Call) -> dict[str, Any]:
    from learnet.bundle.predict import run

    config, how = call.config, call.also["format"]
    rows = [prediction.to_json() for prediction in run(config, progress=call.progress)]
    problems = sum(row["problem"] is not None for row in rows)
    return {"predictions": rows, "n": len(rows), "n_problems": problems, "top": config.top, "format": how}


def _show(result: dict[str, Any]) -> None:
    rows, top = result["predictions"], result["top"]
    if result["format"] == "jsonl":
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
    elif result["format"] == "csv":
        _write_csv(rows, top)
    else:
        print_table(
            ["photo", "answer", *(f"#{place + 1}" for place in range(top))], [_table_row(row, top) for row in rows]
        )


def _table_row(row: dict[str, Any], top: int) -> list[str]:
    if row["problem"] is not None:
        return [row["path"], f"skipped: {row['problem']}", *[""] * top]
    names = [f"{entry['class']} {entry['probability']:.1%}" for entry in row["top"]]
    answer = row["top"][0]["class"] if row["sure"] else "not sure"
    return [row["path"], answer, *names, *[""] * (top - len(names))]


def _write_csv(rows: list[dict[str, Any]], top: int) -> None:
    import csv

    writer = csv.writer(sys.stdout)
    places = [column for place in range(1, top + 1) for column in (f"class_{place}", f"probability_{place}")]
    writer.writerow(["path", "sure", *places, "problem"])
    for row in rows:
        cells = [cell for entry in row["top"] for cell in (entry["class"], f"{entry['probability']:.6f}")]
        cells += [""] * (2 * top - len(cells))
        writer.writerow([row["path"], "" if row["sure"] is None else row["sure"], *cells, row["problem"] or ""])


VERB = Verb(config=PredictConfig, also=(FormatOption,), run=_run, show=_show)
