"""``learnet labs``: the course's notebooks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.others import LabsConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _run(call: Call) -> dict[str, Any]:
    from learnet.labs import LABS, take_lab

    name, out = call.config.name, Path(call.config.out)
    if name is None:
        return {"labs": [{"name": lab.name, "title": lab.title} for lab in LABS]}
    return {"notebook": str(take_lab(name, out)), "jupyter": _jupyter(), "open": call.config.open_it}


def _jupyter() -> str | None:
    """Return the program that opens notebooks, from this environment if it has one."""
    beside = Path(sys.executable).with_name("jupyter-lab")
    return str(beside) if beside.exists() else shutil.which("jupyter-lab")


def _list(told: dict[str, Any]) -> None:
    print_table(["Lab", "What you do"], [[lab["name"], lab["title"]] for lab in told["labs"]])
    print_lines("Open one: learnet labs 1")


def _open(told: dict[str, Any]) -> None:
    print_lines(f"Notebook {told['notebook']}")
    if told["jupyter"] is None:
        print_lines("Jupyter is not installed. Install it with: pip install 'learnet[cpu,labs]'")
    elif told["open"]:
        subprocess.run([told["jupyter"], told["notebook"]], check=False)  # noqa: S603 (a program of this environment)


VERB = Verb(config=LabsConfig, run=_run, show=lambda told: _list(told) if "labs" in told else _open(told))
