"""``learnet labs``: the course's notebooks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb


def labs(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[LAB]", help="Copy this lab here and open it in Jupyter.", show_default=False),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder of your copy; one that exists is kept.")] = Path("labs"),
    open_it: Annotated[bool, typer.Option("--open/--no-open", help="Start Jupyter.")] = True,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List the labs, or open one of them in Jupyter."""

    def work(_progress: object) -> dict[str, Any]:
        from learnet.labs import LABS, take_lab

        if name is None:
            return {"labs": [{"name": lab.name, "title": lab.title} for lab in LABS]}
        return {"notebook": str(take_lab(name, out)), "jupyter": _jupyter()}

    run_verb(work, as_json=as_json, quiet=quiet, show=_list if name is None else lambda told: _open(told, open_it))


def _jupyter() -> str | None:
    """Return the program that opens notebooks, from this environment if it has one."""
    beside = Path(sys.executable).with_name("jupyter-lab")
    return str(beside) if beside.exists() else shutil.which("jupyter-lab")


def _list(told: dict[str, Any]) -> None:
    print_table(["Lab", "What you do"], [[lab["name"], lab["title"]] for lab in told["labs"]])
    print_lines("Open one: learnet labs 1")


def _open(told: dict[str, Any], wanted: bool) -> None:  # noqa: FBT001 (the flag of the command line)
    print_lines(f"Notebook {told['notebook']}")
    if told["jupyter"] is None:
        print_lines("Jupyter is not installed. Install it with: pip install 'learnet[cpu,labs]'")
    elif wanted:
        subprocess.run([told["jupyter"], told["notebook"]], check=False)  # noqa: S603 (a program of this environment)
