"""``learnet reproduce``: published experiments done again, the paper's number beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.session import INTERRUPTED, JsonFlag, QuietFlag, print_lines, print_table, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress
    from learnet.experiments import Row

_PAGE = Path("docs/REPRODUCTIONS.md")


def reproduce(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAMES]...", help="The experiments; none lists them.", show_default=False),
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Run all experiments, and write the page.")] = False,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds; each experiment's own number if not given.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few seconds each, with the same thresholds.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The page that gets the rows and figures.  [default with --all: docs/REPRODUCTIONS.md]",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take over the rows that the page holds from an earlier call.")
    ] = False,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List the published experiments, or do some of them again: what the paper reports, what comes out here."""
    rows: list[Row] = []
    interrupted = False

    def work(progress: Progress) -> dict[str, Any]:
        nonlocal interrupted
        from learnet.experiments import EXPERIMENTS
        from learnet.experiments import reproduce as run

        if everything and names:
            raise UsageError(f"--all runs all experiments: leave out {', '.join(names)}, or leave out --all.")
        if not everything and not names:
            return {"experiments": [_listed(experiment) for experiment in EXPERIMENTS]}
        page = _PAGE if everything and out is None else out
        try:
            run(names, seeds=seeds, quick=quick, out=page, resume=resume, on_row=rows.append, progress=progress)
        except KeyboardInterrupt:
            interrupted = True
            progress.say(f"Interrupted. Done so far: {len(rows)}.")
        told = {"experiments": [row.to_json() for row in rows]}
        return told if page is None else {**told, "page": str(page)}

    run_verb(work, as_json=as_json, quiet=quiet, show=_show if everything or names else _list)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _listed(experiment: Any) -> dict[str, Any]:
    threshold = "; ".join(threshold.describe() for threshold in experiment.thresholds)
    return {
        "name": experiment.name,
        "title": experiment.title,
        "paper": experiment.paper,
        "reference": experiment.reference,
        "measured": None,
        "threshold": threshold,
        "holds": None,
    }


def _list(told: dict[str, Any]) -> None:
    rows = [[row["name"], row["title"], row["paper"], row["reference"]] for row in told["experiments"]]
    print_table(["Experiment", "What is done", "The paper", "Reference"], rows)
    print_lines("Run one: learnet reproduce NAME")


def _show(told: dict[str, Any]) -> None:
    rows = [
        [
            row["name"],
            row["paper"],
            row["reference"],
            row["measured"],
            row["threshold"],
            "yes" if row["holds"] else "NO",
        ]
        for row in told["experiments"]
    ]
    print_table(["Experiment", "The paper", "Reference", "Here", "Threshold", "Holds"], rows)
    for row in told["experiments"]:
        if row["remark"]:
            print_lines(f"{row['name']}: {row['remark']}")
    if "page" in told and rows:
        print_lines(f"Page     {told['page']}")
