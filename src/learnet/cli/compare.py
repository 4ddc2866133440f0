"""``learnet compare``: modes and backbones in one fair table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from learnet.cli.options import Out, seconds_of
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress
    from learnet.transfer_learning.config import Mode

_Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="Labelled photos, as for 'learnet transfer'; not given with --resume.",
        show_default=False,
    ),
]
_WITH_RESUME = ("resume", "as_json", "quiet")


def compare(
    context: typer.Context,
    data: _Data = None,
    *,
    modes: Annotated[str, typer.Option(help="Of transfer, with commas between.")] = "head,partial,full",
    backbones: Annotated[
        str, typer.Option(help="Names or folders of bundles, with commas between.")
    ] = "efficientnet_lite0",
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 0.")] = 1,
    weights: Annotated[str, typer.Option(help="'imagenet', or 'random' (it has learnt nothing).")] = "imagenet",
    weights_dir: Annotated[Path | None, typer.Option(help="A folder with weight files.", show_default=False)] = None,
    train_per_class: Annotated[
        int | None, typer.Option(min=1, help="Photos a class to train with; all others test.", show_default=False)
    ] = None,
    test_fraction: Annotated[float, typer.Option(help="The share of photos to test with, between 0 and 1.")] = 0.2,
    time_limit: Annotated[str | None, typer.Option(help="For each run: 90s, 10m, 1h.", show_default=False)] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="A comparison that was interrupted: go on with what is missing, and try again what failed. The same "
            "command with the same --out does so, too.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Compare ways of transfer: accuracy, time, memory, speed, and whether the differences are real."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.comparison import compare as run
        from learnet.comparison import resume as run_resume

        if resume is not None:
            if _given(context):
                raise UsageError("--resume goes on with the comparison's own settings: give it nothing but its folder.")
            made = run_resume(resume, progress=progress)
        elif data is None:
            raise UsageError("On which photos? Give a folder, a manifest or the name of a data set, or --resume RUN.")
        else:
            made = run(
                data,
                modes=cast("list[Mode]", _listed(modes)),
                backbones=_listed(backbones),
                seeds=seeds,
                weights=weights,
                weights_dir=weights_dir,
                train_per_class=train_per_class,
                test_fraction=test_fraction,
                time_limit=None if time_limit is None else seconds_of(time_limit),
                out=out,
                progress=progress,
            )
        return {**made.to_json(), "shown": _shown(made)}

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def _given(context: typer.Context) -> list[str]:
    """Return the names of what was said on the command line and does not go with --resume."""
    sources = {name: context.get_parameter_source(name) for name in context.params if name not in _WITH_RESUME}
    return [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


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
