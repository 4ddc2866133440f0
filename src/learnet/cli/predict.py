"""``learnet predict``: what is on these photos?"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.options import MaxPixels
from learnet.cli.session import JsonFlag, QuietFlag, print_table, run_verb

if TYPE_CHECKING:
    from learnet.core.progress import Progress


class Format(StrEnum):
    """How predictions are printed."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


def predict(
    bundle: Annotated[Path, typer.Argument(help="The bundle that training left.", show_default=False)],
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    *,
    top: Annotated[int, typer.Option(min=1, help="How many classes to name for a photo.")] = 3,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.TABLE,  # noqa: A002 (the option's name)
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Below it an answer is 'not sure'.  [default: the bundle's own]", show_default=False
        ),
    ] = None,
    max_pixels: MaxPixels = 100_000_000,
    prove: Annotated[bool, typer.Option(help="Replay the bundle's golden outputs first.")] = False,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Classify photos: the likeliest classes with calibrated probabilities, and "not sure" where that is the truth."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.bundle import load_bundle

        classifier = load_bundle(bundle, prove=prove).classifier()
        predictions = classifier.predict_files(
            photos, top=top, threshold=threshold, max_pixels=max_pixels, progress=progress
        )
        rows = [prediction.to_json() for prediction in predictions]
        return {"predictions": rows, "n": len(rows), "n_problems": sum(row["problem"] is not None for row in rows)}

    run_verb(work, as_json=as_json, quiet=quiet, show=lambda result: _show(result["predictions"], format, top))


def _show(rows: list[dict[str, Any]], form: Format, top: int) -> None:
    if form is Format.JSONL:
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
    elif form is Format.CSV:
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
