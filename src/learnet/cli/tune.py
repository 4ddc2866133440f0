"""``learnet tune``: a search for the settings that train best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from learnet.cli.options import GroupBy, LabelDepth, MaxPixels, Out, Seed
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress

_Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="Labelled photos, as for 'learnet transfer'; not needed with --join where the study began.",
        show_default=False,
    ),
]
_UNITS = {"s": 1, "m": 60, "h": 3600}


def tune(
    data: _Data = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(help="A network to train from random weights; 'learnet models' lists them.", show_default=False),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            help="A pretrained network: its features are computed once, and trials of heads take seconds at most.",
            show_default=False,
        ),
    ] = None,
    mode: Annotated[
        Literal["head", "partial"],
        typer.Option(help="For --backbone, what a trial trains: the head, or upper layers too; unfreeze is searched."),
    ] = "head",
    search: Annotated[
        Literal["manual", "grid", "random", "tpe", "hyperband"], typer.Option(help="How settings are chosen.")
    ] = "random",
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many, of all processes together.  [default: 20; the whole grid or list; until --time-limit]",
            show_default=False,
        ),
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="T", help="Such as 90s, 10m, 1h: trials end then.", show_default=False),
    ] = None,
    space: Annotated[
        Path | None, typer.Option(help="What is searched, a TOML file; see --show-space.", show_default=False)
    ] = None,
    show_space: Annotated[
        bool, typer.Option("--show-space", help="Print the built-in space as TOML, and leave.")
    ] = False,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A database for processes on several machines: postgresql://…  [default: SQLite in the run]",
            show_default=False,
        ),
    ] = None,
    join: Annotated[
        str | None,
        typer.Option(
            metavar="STUDY",
            help="Work on this study (a run's folder; with --storage, a name) with others, or go on with it.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="Weights of so many best trials stay on disk.")] = 3,
    disk_limit: Annotated[float, typer.Option(min=0.0, help="What these may take, in GB.")] = 2.0,
    recipe: Annotated[
        str, typer.Option(help="For --model, what holds where the space says nothing: plain, cifar10-fast, …")
    ] = "plain",
    weights: Annotated[str, typer.Option(help="Of --backbone: 'imagenet', or 'random' (for tests).")] = "imagenet",
    weights_dir: Annotated[
        Path | None,
        typer.Option(help="A folder with weight files, for machines without a network.", show_default=False),
    ] = None,
    cache_limit: Annotated[float, typer.Option(min=0.0, help="Size of the feature cache in GB; 0 uses none.")] = 10.0,
    validation_fraction: Annotated[float, typer.Option(help="Share of the training photos that chooses.")] = 0.2,
    train_per_class: Annotated[
        int | None,
        typer.Option(min=1, help="Photos a class to train and choose with; all others test.", show_default=False),
    ] = None,
    test_fraction: Annotated[float, typer.Option(help="The share of photos to test with, between 0 and 1.")] = 0.2,
    label_depth: LabelDepth = None,
    group_by: GroupBy = None,
    max_pixels: MaxPixels = 100_000_000,
    seed: Seed = 0,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Search for the settings that train best: the validation part chooses, the test part only reports."""

    def work(progress: Progress) -> dict[str, Any]:
        if show_space:
            return {"space": _built_in(model, backbone, mode, search)}
        from learnet.tuning import Keep
        from learnet.tuning import tune as run_tune

        tuned = run_tune(
            data,
            model=model,
            backbone=backbone,
            mode=mode,
            search=search,
            space=space,
            trials=trials,
            time_limit=None if time_limit is None else seconds_of(time_limit),
            storage=storage,
            join=join,
            keep=Keep(trials=keep, limit_bytes=round(disk_limit * 1e9)),
            recipe=recipe,
            weights=weights,
            weights_dir=weights_dir,
            cache_limit_bytes=round(cache_limit * 1e9),
            validation_fraction=validation_fraction,
            train_per_class=train_per_class,
            test_fraction=test_fraction,
            label_depth=label_depth,
            group_by=group_by,
            max_pixels=max_pixels,
            seed=seed,
            out=out,
            progress=progress,
        )
        return tuned.to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def seconds_of(text: str) -> float:
    """Return a time such as ``"90s"``, ``"10m"``, ``"1h"`` or ``"90"`` in seconds.

    Raises:
        UsageError: If it is none.

    Example:
        >>> seconds_of("1.5m")
        90.0
    """
    number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    try:
        return float(number) * unit
    except ValueError:
        raise UsageError(f"--time-limit takes a time such as 90s, 10m or 1h; received '{text}'.") from None


def _built_in(model: str | None, backbone: str | None, mode: Any, search: Any) -> str:
    from learnet.tuning import TuneConfig, built_in_space, write_space

    if (model is None) == (backbone is None):
        raise UsageError("Of what? Give --model NAME or --backbone NAME with --show-space.")
    return write_space(built_in_space(TuneConfig(data="", model=model, backbone=backbone, mode=mode, search=search)))


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
