"""``learnet transfer``: a folder of photos becomes a proven classifier."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines
from learnet.options.common import OutOption, ResumeOption
from learnet.options.transfer import TransferConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _process_age() -> float:
    """Return the seconds since this process began."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError, AttributeError):  # other systems: what it has computed since
        return time.process_time()


_STARTING = _process_age()  # seconds that count towards a time limit


def _plan(call: Call) -> dict[str, Any]:
    from learnet.transfer_learning.transfer import plan

    return plan(call.config, progress=call.progress)


def _run(call: Call) -> dict[str, Any]:
    from learnet.transfer_learning.transfer import resume, run

    if (folder := call.also["resume"]) is not None:
        return resume(folder, progress=call.progress, elapsed=_STARTING, **call.changes()).to_json()
    return run(call.config, out=call.also["out"], progress=call.progress, elapsed=_STARTING).to_json()


def _show(result: dict[str, Any]) -> None:
    low, high = result["accuracy_interval"]
    print_lines(
        "",
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos it "
        f"had never seen; mean class recall {result['mean_class_recall']:.1%}; calibration error {result['ece']:.3f}.",
        f"Trained on {result['n_train']} photos of {result['n_classes']} classes in {result['seconds']:.0f} s; "
        f"{result['n_skipped']} skipped. Mode: {result['mode']}.",
        *([f"Why      {result['reason']}"] if "reason" in result else []),
        f"Report   {result['report']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet predict {result['bundle']} path/to/new/photos",
    )


VERB = Verb(config=TransferConfig, also=(OutOption, ResumeOption), run=_run, show=_show, plan=_plan)
