"""``learnet tune``: a search for the settings that train best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines
from learnet.core.errors import UsageError
from learnet.options.common import OutOption
from learnet.options.tune import JoinConfig, JoinOptions, TuneConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _plan(call: Call) -> dict[str, Any]:
    from learnet.tuning.plan import plan

    return plan(call.config, progress=call.progress)


def _run(call: Call) -> dict[str, Any]:
    from learnet.tuning.tune import run, run_join

    if call.also["show_space"]:
        return {"space": _built_in(call)}
    out, study = call.also["out"], call.also["join"]
    if study is None:
        return run(call.config, out=out, progress=call.progress).to_json()
    if "data" in call.given:
        return run(call.config, out=study if out is None else out, progress=call.progress).to_json()
    call.refuse_others("join", "out")  # refuses what a study has of its own
    joined = call.of(JoinConfig, study=study)
    return run_join(joined, out=out, progress=call.progress).to_json()


def _built_in(call: Call) -> str:
    from learnet.tuning import built_in_space, write_space

    if ("model" in call.given) == ("backbone" in call.given):
        raise UsageError("Of what? Give --model NAME or --backbone NAME with --show-space.")
    return write_space(built_in_space(call.of(TuneConfig, data="")))


def _show(result: dict[str, Any]) -> None:
    if "space" in result:
        print_lines(result["space"].rstrip("\n"))
        return
    low, high = result["accuracy_interval"]
    best, count = result["best_trial"], result["trials"]
    values = ", ".join(f"{name} {value}" for name, value in best["values"].items())
    told = ", ".join(f"{number} {state}" for state, number in count.items() if number)
    print_lines(
        "",
        f"Trials   {told}; search '{result['search']}'",
        f"Best     trial {best['number']}: {best['accuracy']:.1%} of the {result['n_val']} validation photos, which "
        f"chose it; {values}",
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos it "
        "had never seen and that chose nothing",
        f"Table    {result['table']}",
        f"Search   {result['tuning']}",
        f"Report   {result['report']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet predict {result['bundle']} path/to/new/photos",
    )


VERB = Verb(config=TuneConfig, also=(OutOption, JoinOptions), run=_run, show=_show, plan=_plan)
