"""``learnet colourise``: a network learns colours from photos, and gives them to grey ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from learnet.cli.options import MaxPixels, Out, Seed, seconds_of
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress

app = typer.Typer(help="Give grey photos colours: train on colour photos, apply to grey ones.", no_args_is_help=True)


@app.command()
def train(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="Colour photos: a folder, however they lie in it, or a known data set, e.g. caltech101 or cifar10; "
            "not given with --resume.",
            show_default=False,
        ),
    ] = None,
    *,
    network: Annotated[
        Literal["classification", "regression"],
        typer.Option(help="classification chooses among colours (ColorUNet); regression averages, to compare with."),
    ] = "classification",
    size: Annotated[int, typer.Option(help="Of the photos that the network sees, in pixels: a multiple of 8.")] = 64,
    photos: Annotated[int, typer.Option(help="The most photos to use, chosen by chance.")] = 20_000,
    lam: Annotated[
        float | None,
        typer.Option("--lambda", help="In (0, 1]: the smaller, the more rare colours count.", show_default=False),
    ] = None,
    kept: Annotated[
        int | None, typer.Option(help="Colours to choose from, 2 to 100.  [default: 32]", show_default=False)
    ] = None,
    centres: Annotated[
        bool, typer.Option("--centres", help="A colour is the middle of its cell, not the mean of its pixels.")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Passes over the training photos.  [default: 20, or as many as fit into --time-limit]",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Photos a step.", show_default=False)] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The largest rate of the schedule.", show_default=False)
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="How long the training may take, such as 90s, 15m or 1h.", show_default=False
        ),
    ] = None,
    max_pixels: MaxPixels = 100_000_000,
    seed: Seed = 0,
    resume: Annotated[
        Path | None, typer.Option(help="A run that was interrupted: go on with it, exactly.", show_default=False)
    ] = None,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train a network to colour photos: train, test, report, and a bundle that proves itself."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.colourise import resume_colouriser, train_colouriser

        if resume is not None:
            if data is not None:
                raise UsageError("--resume goes on with the run's own photos and settings: give it the run's folder.")
            return resume_colouriser(resume, progress=progress).to_json()
        settings: Any = {
            name: value
            for name, value in (
                ("lam", lam),
                ("kept", kept),
                ("centres", centres),
                ("batch_size", batch_size),
                ("learning_rate", learning_rate),
                ("max_pixels", max_pixels),
            )
            if value is not None
        }
        if data is None:
            raise UsageError("On which photos? Give a folder or the name of a data set, or --resume RUN.")
        return train_colouriser(
            data,
            network=network,
            size=size,
            photos=photos,
            epochs=epochs,
            time_limit=None if time_limit is None else seconds_of(time_limit),
            seed=seed,
            out=out,
            progress=progress,
            **settings,
        ).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_trained)


@app.command()
def apply(
    bundle: Annotated[Path, typer.Argument(help="The bundle that training left.", show_default=False)],
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="The folder for the coloured photos.")] = Path("coloured"),
    temperature: Annotated[
        float | None,
        typer.Option(help="Small is vivid, 1 is pale.  [default: the bundle's own]", show_default=False),
    ] = None,
    max_pixels: MaxPixels = 100_000_000,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Colour photos of any size, and draw a sheet of the first ones before and after."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.colourise import colourise

        return colourise(
            bundle, photos, out=out, temperature=temperature, max_pixels=max_pixels, progress=progress
        ).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_coloured)


def _show_trained(result: dict[str, Any]) -> None:
    network, mean = result["summaries"]["network"], result["summaries"]["mean colour"]
    true = result["summaries"]["true colours"]
    print_lines(
        "",
        f"PSNR in UV {network['psnr']:.2f} dB on {result['n_test']} photos it had never seen (mean colour "
        f"{mean['psnr']:.2f} dB); colourfulness {network['colourfulness']:.1f} (true {true['colourfulness']:.1f}), "
        f"saturation {network['saturation']:.3f} (true {true['saturation']:.3f}).",
        f"Trained the {result['network']} network on {result['n_train']} photos for {result['epochs']} epochs in "
        f"{result['train_seconds']:.0f} s ({result['seconds']:.0f} s in all); {result['n_skipped']} files not used.",
        *(
            [f"Temperature {result['temperature']:g}, chosen on {result['n_val']} validation photos."]
            if result["temperatures"]
            else []
        ),
        f"Report   {result['report']}",
        f"Sheet    {result['sheet']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet colourise apply {result['bundle']} path/to/grey/photos --out coloured",
    )


def _show_coloured(result: dict[str, Any]) -> None:
    from learnet.core.text import visible

    problems = [photo for photo in result["photos"] if photo["problem"] is not None]
    print_lines(
        "",
        f"Coloured {result['n'] - len(problems)} of {result['n']} photos at temperature {result['temperature']:g}.",
        *(f"Skipped  {visible(photo['path'])}: {photo['problem']}" for photo in problems),
        *([f"Sheet    {result['sheet']}"] if result["sheet"] else []),
    )
