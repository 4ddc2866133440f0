"""``learnet compare``: modes and backbones in one fair table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.common import OutOption, ResumeOption
from learnet.options.compare import CompareConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _plan(call: Call) -> dict[str, Any]:
    from learnet.comparison.plan import plan

    return plan(call.config, progress=call.progress)


def _run(call: Call) -> dict[str, Any]:
    from learnet.comparison.compare import resume, run

    if (folder := call.also["resume"]) is not None:
        made = resume(folder, progress=call.progress, **call.changes())
    else:
        made = run(call.config, out=call.also["out"], progress=call.progress)
    return {**made.to_json(), "shown": _shown(made)}


def _shown(made: Any) -> list[list[str]]:
    from learnet.comparison.page import cells, failed_cells

    return [*map(cells, made.rows), *map(failed_cells, made.failed)]


def _show(result: dict[str, Any]) -> None:
    from learnet.comparison.page import COLUMNS

    print_table(list(COLUMNS), result["shown"])
    for pair in result["neighbours"]:
        print_lines(f"{pair['row']} against {pair['next']}: {pair['difference']}")
    for row in result["failed"]:
        seed = "" if row["seed"] is None else f", seed {row['seed']}"
        print_lines(f"{row['name']}{seed} failed: {row['reason']}")
    print_lines(f"Take     {result['pick']}", f"Report   {result['report']}", f"Table    {result['table']}")


VERB = Verb(config=CompareConfig, also=(OutOption, ResumeOption), run=_run, show=_show, plan=_plan)
