"""``learnet drive``: a network learns to drive from an expert, in a simulator, by pixels alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.options import Out, Seed, seconds_of
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress

app = typer.Typer(
    help="Record an expert's driving, train PilotNet to do the same by pixels, judge it on new tracks, and watch it.",
    no_args_is_help=True,
)

_Workers = Annotated[int, typer.Option(help="Processes that drive at the same time.")]
_TimeLimit = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Begin nothing new after so long, e.g. 90s or 10m.", show_default=False),
]
_Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="What 'learnet drive train' left.", show_default=False)]


@app.command()
def record(
    *,
    tracks: Annotated[int, typer.Option(help="How many; each is another one.")] = 8,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Where the recording goes; what is there is completed.")] = Path("drives"),
    workers: _Workers = 2,
    time_limit: _TimeLimit = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Let an expert drive who knows the road, and keep what the car saw; the same command goes on after a stop."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.drive import record as run_record

        made = run_record(
            out, tracks=tracks, seed=seed, workers=workers, time_limit=_seconds(time_limit), progress=progress
        )
        return {**made.to_json(), "wanted": tracks}

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_recording)


@app.command()
def train(
    recording: Annotated[
        Path | None,
        typer.Argument(
            metavar="RECORDING", help="What 'learnet drive record' made; not given with --resume.", show_default=False
        ),
    ] = None,
    *,
    augment: Annotated[
        bool, typer.Option(help="See each moment from elsewhere too, with the steering that leads back.")
    ] = True,
    epochs: Annotated[int, typer.Option(help="Passes over the recorded moments.")] = 40,
    batch_size: Annotated[int, typer.Option(help="Moments a step.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="The largest rate of the schedule.")] = 1e-3,
    seed: Seed = 0,
    time_limit: Annotated[
        str | None, typer.Option(metavar="TIME", help="Train no longer than this, e.g. 10m.", show_default=False)
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="A run that was interrupted: go on with it, exactly.", show_default=False)
    ] = None,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train PilotNet to do what the expert did, from pixels."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.drive import (
            NOWHERE_ELSE,
            Displacement,
            ImitationConfig,
            resume_driver,
            train_driver,
        )

        if (recording is None) == (resume is None):
            raise UsageError("On what? Give the folder of a recording, or --resume RUN, and not both.")
        if recording is None:
            return resume_driver(resume or Path(), time_limit=_seconds(time_limit), progress=progress).to_json()
        config = ImitationConfig(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            displacement=Displacement() if augment else NOWHERE_ELSE,
            seed=seed,
        )
        return train_driver(
            recording, config=config, time_limit=_seconds(time_limit), out=out, progress=progress
        ).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_run)


@app.command()
def evaluate(
    bundle: _Bundle,
    *,
    tracks: Annotated[int, typer.Option(help="How many; none of them can have been recorded.")] = 20,
    seed: Seed = 0,
    knocks: Annotated[
        bool, typer.Option("--knocks", help="Push and turn the car every 1.2 seconds: can it come back?")
    ] = False,
    workers: _Workers = 2,
    time_limit: _TimeLimit = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder that keeps each lap: the same command goes on after a stop.", show_default=False),
    ] = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Let the network drive tracks that were never recorded, and the expert beside it."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.drive import Knocks, judge

        return judge(
            bundle,
            tracks=tracks,
            seed=seed,
            workers=workers,
            out=out,
            knocks=Knocks() if knocks else None,
            time_limit=_seconds(time_limit),
            progress=progress,
        ).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_judged)


@app.command()
def watch(
    bundle: _Bundle,
    *,
    out: Annotated[Path, typer.Option(help="The film: .mp4 or .gif.")] = Path("drive.mp4"),
    seed: Seed = 0,
    seconds: Annotated[float, typer.Option(help="Length of the film; a lap takes 15 to 20.")] = 20.0,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Film the network on a track that was never recorded: what it sees, what it steers by, wheel and speed."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.drive import watch as run_watch

        return run_watch(bundle, out, seed=seed, seconds=seconds, progress=progress).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_video)


def _seconds(duration: str | None) -> float | None:
    return None if duration is None else seconds_of(duration)


def _show_recording(result: dict[str, Any]) -> None:
    missing = result["wanted"] - result["tracks"]
    print_lines("", f"Recorded {result['tracks']} tracks in {result['recording']}")
    if missing > 0:
        print_lines(f"Missing  {missing} tracks: the same command goes on with them")
    print_lines(f"Next     learnet drive train {result['recording']}")


def _show_run(result: dict[str, Any]) -> None:
    how = "with shifted and rotated views" if result["augmented"] else "without shifted and rotated views"
    print_lines(
        "",
        f"Trained on {result['moments']:,} moments of {result['tracks']} tracks {how}, {result['epochs']} epochs in "
        f"{result['seconds']:.0f} s. {result['reason']}",
        f"Validation loss {result['validation_loss']:.4f}; {result['validation_near']:.1%} of the answers near the "
        "expert's",
        f"Bundle   {result['bundle']}",
        f"Next     learnet drive evaluate {result['bundle']}",
    )


def _show_judged(result: dict[str, Any]) -> None:
    print_lines("", f"On {result['tracks']} tracks that were never recorded:")
    columns = ["driver", "mean reward", "lowest", "autonomy", "interventions", "farthest from the middle"]
    rows = [
        [
            name,
            f"{told['mean_reward']:.0f}",
            f"{told['lowest_reward']:.0f}",
            f"{told['autonomy']:.1f} %",
            f"{told['interventions']} in {told['seconds']:.0f} s",
            f"{told['largest_offset']:.1f}",
        ]
        for name, told in (("network", result["pilot"]), ("expert", result["expert"]))
    ]
    print_table(columns, rows)
    print_lines(f"Next     learnet drive watch {result['bundle']} --out drive.mp4")


def _show_video(result: dict[str, Any]) -> None:
    print_lines(
        "",
        f"Video    {result['video']}: {result['pictures']} pictures, reward {result['reward']:.0f}, put back "
        f"{result['interventions']} times",
    )
