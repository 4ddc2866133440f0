"""``learnet reproduce``: published experiments done again, the paper's number beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.core.errors import UsageError
from learnet.options.others import PageOption, ReproduceConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call
    from learnet.experiments import Row

_PAGE = Path("docs/REPRODUCTIONS.md")


def _run(call: Call) -> dict[str, Any]:
    from learnet.experiments import EXPERIMENTS, reproduce

    rows: list[Row] = []
    config = call.config
    names, everything, out = list(config.names), config.everything, call.also["out"]
    if everything and names:
        raise UsageError(f"--all runs all experiments: leave out {', '.join(names)}, or leave out --all.")
    if not everything and not names:
        return {"experiments": [_listed(experiment) for experiment in EXPERIMENTS], "listed": True}
    page = _PAGE if everything and out is None else out
    told: dict[str, Any] = {} if page is None else {"page": str(page)}
    try:
        reproduce(
            names or None,
            seeds=config.seeds,
            quick=config.quick,
            out=page,
            resume=config.resume_page,
            on_row=rows.append,
            progress=call.progress,
        )
    except KeyboardInterrupt:
        told["interrupted"] = True
        call.progress.say(f"Interrupted. Done so far: {len(rows)}.")
    return {"experiments": [row.to_json() for row in rows], **told}


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


VERB = Verb(
    config=ReproduceConfig,
    also=(PageOption,),
    run=_run,
    show=lambda told: _list(told) if "listed" in told else _show(told),
)
