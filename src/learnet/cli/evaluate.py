"""``learnet evaluate``: how good is a bundle on these photos?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines
from learnet.options.bundles import EvaluateConfig
from learnet.options.common import OutOption

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _run(call: Call) -> dict[str, Any]:
    from learnet.bundle.evaluate import run

    return run(call.config, out=call.also["out"], progress=call.progress).to_json()


def _show(result: dict[str, Any]) -> None:
    low, high = result["accuracy_interval"]
    print_lines(
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos; "
        f"mean class recall {result['mean_class_recall']:.1%}; macro-F1 {result['macro_f1']:.3f}; "
        f"calibration error {result['ece']:.3f}; {result['n_skipped']} skipped.",
        f"Report   {result['report']}",
    )


VERB = Verb(config=EvaluateConfig, also=(OutOption,), run=_run, show=_show)
