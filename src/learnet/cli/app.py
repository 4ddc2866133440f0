"""The program ``learnet``: its verbs, each imported when it is first used, and how failures are told."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from learnet.core.backends import leave_out_of_keras
from learnet.version import __version__

if TYPE_CHECKING:
    from learnet.cli.build import Verb

_VERBS = {
    "transfer": "Turn photos into a classifier: train, test, report, and a bundle that proves itself.",
    "train": "Train a network from random weights: train, test, report, and a bundle that proves itself.",
    "tune": "Search for the settings that train best: the validation part chooses, the test part only reports.",
    "predict": 'Classify photos: the likeliest classes with calibrated probabilities, or "not sure".',
    "evaluate": "Measure a bundle on labelled photos; where DATA has a test part, on that part only.",
    "check": "Report what is damaged, duplicated, mislabelled, leaking or lopsided in a dataset. Changes nothing.",
    "models": "List the networks: parameters, multiply-accumulates, input, paper, published accuracy, weights.",
    "compare": "Compare ways of transfer: accuracy, time, memory, speed, and whether the differences are real.",
    "chart": "Measure the networks here and draw accuracy against operations and time: PNG, CSV, and a linear fit.",
    "reproduce": "List the published experiments, or do some of them again: the paper's number beside ours.",
    "labs": "List the labs, or open one of them in Jupyter.",
    "cache": "Show what the feature cache holds, or clear it.",
    "doctor": "Tell what this machine has (CPU flags, cores, backend, engine, versions), and what is missing.",
    "colourise": "Give grey photos colours: train on colour photos, apply to grey ones.",
    "translate": "Translate sentences: train on pairs of them, apply to new ones.",
    "drive": "Record an expert's driving, train PilotNet to do the same by pixels, judge it on new tracks, film it.",
}


class Later(TyperCommand):
    """A command that is known by name and summary, and imported when it is run.

    Args:
        name: Of the command; its ``VERB``, or a table of several by name, is in a module of that name.
        summary: What it does.
    """

    def __init__(self, name: str, summary: str) -> None:
        super().__init__(name, callback=None, params=[], help=summary)

    def load(self) -> Verb | dict[str, Verb]:
        """Import what the command is."""
        found: Verb | dict[str, Verb] = import_module(f"learnet.cli.{self.name}").VERB
        return found

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Let the command itself parse the words."""
        from learnet.cli.build import command_of, group_of

        found = self.load()
        command = group_of(found, help_text=self.help or "") if isinstance(found, dict) else command_of(found)
        return command.make_context(info_name, args, parent, **extra)


class _Verbs(TyperGroup):
    """All commands, none of which is imported before it is run."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = {name: Later(name, summary) for name, summary in _VERBS.items()}


app = typer.Typer(
    name="learnet",
    cls=_Verbs,
    help="A folder of photos becomes a tuned, explained, honest image classifier, on an ordinary laptop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (the signature of a Typer callback)
    if wanted:
        sys.stdout.write(f"learnet {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and leave with its exit code: 0, 1 (failed), 2 (wrong use), 130 (interrupted)."""
    leave_out_of_keras("matplotlib.pyplot", "pandas", "sklearn")
    app()
