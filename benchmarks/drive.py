"""PilotNet in closed loop on tracks that were never recorded, beside the expert and beside itself without moved views.

What is aimed at, on 20 tracks, for the network that was trained on 4 recorded tracks with shifted and rotated views:

* a mean reward of at least 800 and an autonomy of at least 95 %;
* the same network, trained as long on the same recording without these views, is worse in both.

Also told: the same with 16 recorded tracks, and with knocks that push and turn the cars every 1.2 seconds. A second
call goes on where the first one was stopped. Writes docs/drive.md and docs/drive.gif.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from learnet.applications.drive import (
    Conditions,
    Driven,
    Judged,
    Knocks,
    judge,
    load_pilot,
    record,
    train_driver,
    watch,
)
from learnet.core import default_progress, probe, write_text
from learnet.inference import Predictor

if TYPE_CHECKING:
    from learnet.core import Progress

WANTED_REWARD, WANTED_AUTONOMY = 800.0, 95.0
BATCH = 64
MOMENTS_A_TRACK = 215
TIMED = 200


@dataclass(frozen=True, kw_only=True)
class Case:
    """One network: how many tracks were recorded for it, and whether it saw them from elsewhere too."""

    recorded: int
    moved: bool

    @property
    def name(self) -> str:
        return f"{self.recorded}-{'moved' if self.moved else 'plain'}"

    @property
    def title(self) -> str:
        return f"PilotNet, {self.recorded} tracks, {'with' if self.moved else 'without'} moved views"


def epochs_of(case: Case, steps: int) -> int:
    """Return how long it is trained: both of a pair take about as many steps, whatever was recorded."""
    return max(1, round(steps * BATCH / (MOMENTS_A_TRACK * (case.recorded - max(1, round(0.1 * case.recorded))))))


def trained(case: Case, asked: argparse.Namespace, progress: Progress) -> Path:
    """Return a network's bundle; one that is there is kept, a training that was stopped goes on."""
    run = asked.out / case.name
    if (run / "bundle").is_dir():
        return Path(run / "bundle")
    recording = record(
        asked.out / f"drives-{case.recorded}",
        tracks=case.recorded,
        seed=asked.seed,
        workers=asked.workers,
        most_steps=asked.most_steps,
        progress=progress,
    )
    epochs = epochs_of(case, asked.steps)
    return train_driver(
        recording, augment=case.moved, epochs=epochs, batch_size=BATCH, out=run, progress=progress
    ).bundle


def judged(bundle: Path, asked: argparse.Namespace, knocks: Knocks | None, progress: Progress) -> Judged:
    return judge(
        bundle,
        tracks=asked.tracks,
        seed=asked.seed,
        workers=asked.workers,
        out=asked.out / "laps",
        conditions=Conditions(knocks=knocks, most_steps=asked.most_steps),
        progress=progress,
    )


def row(title: str, plain: Driven, knocked: Driven) -> str:
    told = [title]
    for driven in (plain, knocked):
        rewards = [lap.reward for lap in driven.laps]
        interventions = sum(lap.interventions for lap in driven.laps)
        told += [f"{np.mean(rewards):.0f} ({min(rewards):.0f})", f"{driven.autonomy:.1f} % ({interventions})"]
    return f"| {' | '.join(told)} |"


def milliseconds(bundle: Path, engine: Literal["openvino", "keras"]) -> float:
    """Return how long one picture takes, from pixels to an answer; the median of many."""
    predictor = Predictor.compile(load_pilot(bundle).model, engine=engine, latency=True)
    picture, seconds = np.zeros((1, 66, 200, 3), np.uint8), []
    for _ in range(TIMED):
        since = time.perf_counter()
        predictor.predict(picture)
        seconds.append(time.perf_counter() - since)
    return 1000 * float(np.median(seconds))


def page(rows: list[str], asked: argparse.Namespace, times: tuple[float, float], seconds: float) -> str:
    quick, slow = times
    return "\n".join(
        [
            "# Driving by pixels",
            "",
            f"{asked.tracks} tracks of Gymnasium's CarRacing-v3 that were never recorded. Mean reward (lowest), and",
            "autonomy (interventions): undisturbed, and pushed and turned every 1.2 seconds. Both networks of a pair",
            f"were trained for about {asked.steps} steps of {BATCH} pictures.",
            "",
            "| driver | reward | autonomy | reward, knocked | autonomy, knocked |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"A picture takes {quick:.2f} ms by OpenVINO and {slow:.2f} ms by Keras: {slow / quick:.1f} times.",
            "",
            "![What the network sees and steers by](drive.gif)",
            "",
            f"`python benchmarks/drive.py`, {seconds / 60:.0f} minutes in the last call. {probe().describe()}",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=20, help="that judge")
    parser.add_argument("--steps", type=int, default=800, help="of each training")
    parser.add_argument("--few", type=int, default=4, help="recorded tracks of the first pair, which is judged")
    parser.add_argument("--many", type=int, default=16, help="recorded tracks of the second pair; 0: no second pair")
    parser.add_argument("--most-steps", type=int, default=None, help="of the simulator in each lap, to try this script")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/drive"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    asked = parser.parse_args()
    progress, begun = default_progress(), time.perf_counter()
    cases = [Case(recorded=count, moved=moved) for count in (asked.few, asked.many) if count for moved in (True, False)]
    results: dict[str, tuple[Judged, Judged]] = {}
    for case in cases:
        bundle = trained(case, asked, progress)
        results[case.name] = (judged(bundle, asked, None, progress), judged(bundle, asked, Knocks(), progress))
    moved, plain = (results[Case(recorded=asked.few, moved=flag).name] for flag in (True, False))
    rows = [row("the expert, who knows the road", moved[0].expert, moved[1].expert)]
    rows += [row(case.title, *(each.pilot for each in results[case.name])) for case in cases]
    bundle = moved[0].bundle
    film = watch(bundle, asked.out / "drive.gif", seed=asked.seed, progress=progress)
    asked.docs.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(film.path, asked.docs / "drive.gif")
    times = milliseconds(bundle, "openvino"), milliseconds(bundle, "keras")
    text = page(rows, asked, times, time.perf_counter() - begun)
    write_text(asked.docs / "drive.md", text)
    print(text)
    ours, other = moved[0].pilot, plain[0].pilot
    reached = ours.mean_reward >= WANTED_REWARD and ours.autonomy >= WANTED_AUTONOMY
    worse = other.mean_reward < ours.mean_reward and other.autonomy < ours.autonomy
    print(f"Reward and autonomy reached: {reached}. Worse without moved views: {worse}.")
    sys.exit(0 if reached and worse else 1)


if __name__ == "__main__":
    main()
