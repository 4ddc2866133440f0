"""``learnet drive``: a network learns to drive from an expert, in a simulator, by pixels alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.common import OutOption, ResumeOption
from learnet.options.drive import ImitationConfig, JudgeConfig, RecordConfig, WatchConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _record(call: Call) -> dict[str, Any]:
    from learnet.applications.drive import record

    config: RecordConfig = call.config
    made = record(
        config.out,
        tracks=config.tracks,
        seed=config.seed,
        workers=config.workers,
        time_limit=config.time_limit,
        progress=call.progress,
    )
    return {**made.to_json(), "wanted": config.tracks}


def _train(call: Call) -> dict[str, Any]:
    from learnet.applications.drive.train import resume_driver, run

    if (folder := call.also["resume"]) is not None:
        return resume_driver(folder, progress=call.progress, **call.changes()).to_json()
    return run(call.config, out=call.also["out"], progress=call.progress).to_json()


def _plan(call: Call) -> dict[str, Any]:
    from learnet.applications.drive.lesson import plan

    return plan(call.config)


def _judge(call: Call) -> dict[str, Any]:
    from learnet.applications.drive import Conditions, Knocks, judge

    config: JudgeConfig = call.config
    return judge(
        config.bundle,
        tracks=config.tracks,
        seed=config.seed,
        workers=config.workers,
        out=config.out,
        conditions=Conditions(knocks=Knocks() if config.knocks else None),
        time_limit=config.time_limit,
        progress=call.progress,
    ).to_json()


def _watch(call: Call) -> dict[str, Any]:
    from learnet.applications.drive import watch

    config: WatchConfig = call.config
    return watch(config.bundle, config.out, seed=config.seed, seconds=config.seconds, progress=call.progress).to_json()


def _show_recording(result: dict[str, Any]) -> None:
    missing = result["wanted"] - result["tracks"]
    print_lines("", f"Recorded {result['tracks']} tracks in {result['recording']}")
    if missing > 0:
        print_lines(f"Missing  {missing} tracks: the same command records them")
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


RECORD = Verb(config=RecordConfig, run=_record, show=_show_recording)
TRAIN = Verb(config=ImitationConfig, also=(OutOption, ResumeOption), run=_train, show=_show_run, plan=_plan)
EVALUATE = Verb(config=JudgeConfig, run=_judge, show=_show_judged)
WATCH = Verb(config=WatchConfig, run=_watch, show=_show_video)
VERB = {"record": RECORD, "train": TRAIN, "evaluate": EVALUATE, "watch": WATCH}
