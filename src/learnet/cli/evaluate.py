"""``learnet evaluate``: how good is a bundle on these photos?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.options import DataArgument, LabelDepth, MaxPixels, Out
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, run_verb

if TYPE_CHECKING:
    from learnet.core.progress import Progress


def evaluate(
    bundle: Annotated[Path, typer.Argument(help="The bundle that training left.", show_default=False)],
    data: DataArgument,
    *,
    label_depth: LabelDepth = None,
    max_pixels: MaxPixels = 100_000_000,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Measure a bundle on labelled photos; where DATA has a test part, on that part only."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.bundle import evaluate as run_evaluation

        return run_evaluation(
            bundle, data, label_depth=label_depth, max_pixels=max_pixels, out=out, progress=progress
        ).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def _show(result: dict[str, Any]) -> None:
    low, high = result["accuracy_interval"]
    print_lines(
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos; "
        f"mean class recall {result['mean_class_recall']:.1%}; macro-F1 {result['macro_f1']:.3f}; "
        f"calibration error {result['ece']:.3f}; {result['n_skipped']} skipped.",
        f"Report   {result['report']}",
    )
