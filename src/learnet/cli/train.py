"""``learnet train``: a network from random weights to a proven classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines
from learnet.options.common import RUN, OutOption, ResumeOption
from learnet.options.schema import Schema, option
from learnet.options.train import TrainConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


class LookOptions(Schema):
    """Looking before training."""

    find_lr: bool = option(False, group=RUN)
    """Try learning rates, suggest one with a plot, and exit."""
    preview: bool = option(False, group=RUN)
    """Show training photos as they are augmented, as a picture, and exit."""


def _plan(call: Call) -> dict[str, Any]:
    from learnet.training.plan import plan

    return plan(call.config, progress=call.progress)


def _run(call: Call) -> dict[str, Any]:
    from learnet.training.looks import run_preview, run_rate_search
    from learnet.training.train import resume, run

    out = call.also["out"]
    if (folder := call.also["resume"]) is not None:
        call.changes()
        return resume(folder, progress=call.progress).to_json()
    if call.also["find_lr"]:
        return run_rate_search(call.config, out=out, progress=call.progress).to_json()
    if call.also["preview"]:
        return {"preview": str(run_preview(call.config, out=out, progress=call.progress))}
    return run(call.config, out=out, progress=call.progress).to_json()


def _show(result: dict[str, Any]) -> None:
    if "preview" in result:
        print_lines("", f"Picture  {result['preview']}")
        return
    if "suggestion" in result:
        print_lines(
            "",
            f"Suggested learning rate: {result['suggestion']:.2g} (--learning-rate {result['suggestion']:.2g})",
            f"Plot     {result['plot']}",
        )
        return
    low, high = result["accuracy_interval"]
    how = _solved(result) if "support_vectors" in result else _descended(result)
    print_lines(
        "",
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos it "
        f"had never seen; mean class recall {result['mean_class_recall']:.1%}; calibration error {result['ece']:.3f}.",
        f"{how}; {result['n_skipped']} skipped.",
        f"Report   {result['report']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet predict {result['bundle']} path/to/new/photos",
    )


def _descended(result: dict[str, Any]) -> str:
    return (
        f"Trained {result['model']} on {result['n_train']} photos of {result['n_classes']} classes for "
        f"{result['epochs']} epochs in {result['train_seconds']:.0f} s ({result['seconds']:.0f} s in all), "
        f"{result['waited_share']:.1%} of that waiting for data"
    )


def _solved(result: dict[str, Any]) -> str:
    return (
        f"Solved {result['model']} (kernel {result['kernel']}, C {result['c']:.3g}) for {result['n_train']} photos of "
        f"{result['n_classes']} classes in {result['train_seconds']:.0f} s ({result['seconds']:.0f} s in all); "
        f"{result['support_vectors']} of them are support vectors, shown in support-vectors.png"
    )


VERB = Verb(config=TrainConfig, also=(OutOption, ResumeOption, LookOptions), run=_run, show=_show, plan=_plan)
