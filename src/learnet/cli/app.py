"""The program ``learnet``: its verbs, and how failures are told."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from learnet.cli import (
    cache,
    chart,
    check,
    colourise,
    compare,
    doctor,
    drive,
    evaluate,
    labs,
    models,
    predict,
    reproduce,
    train,
    transfer,
    translate,
    tune,
)
from learnet.core.backends import leave_out_of_keras
from learnet.version import __version__

app = typer.Typer(
    name="learnet",
    help="A folder of photos becomes a tuned, explained, honest image classifier, on an ordinary laptop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_VERBS = (
    *(transfer.transfer, train.train, tune.tune, predict.predict, evaluate.evaluate, check.check),
    *(models.models, compare.compare, chart.chart, reproduce.reproduce, labs.labs, cache.cache, doctor.doctor),
)
for verb in _VERBS:
    app.command()(verb)
app.add_typer(colourise.app, name="colourise")
app.add_typer(translate.app, name="translate")
app.add_typer(drive.app, name="drive")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (the signature of a Typer callback)
    if wanted:
        sys.stdout.write(f"learnet {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and leave with its exit code: 0, 1 (failed), 2 (wrong use), 130 (interrupted)."""
    leave_out_of_keras("matplotlib.pyplot", "pandas", "sklearn")
    app()
