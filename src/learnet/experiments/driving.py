"""PilotNet: the network as published, its measure of autonomy, and what shifted and rotated views are good for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from learnet.applications.drive import (
    Conditions,
    Driven,
    Knocks,
    autonomy,
    autonomy_of,
    judge,
    new_network,
    record,
    train_driver,
)
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.models import network, profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.core import Progress

_BOJARSKI = "Bojarski et al., End to End Learning for Self-Driving Cars, arXiv 1604.07316, 2016"
_TRACKS, _JUDGING = 4, 6
_EPOCHS = 60


def counts(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Count what PilotNet has to learn and to multiply, and take the paper's example of autonomy."""
    pilotnet = network("pilotnet").model
    return Outcome(
        measured={
            "weights": [pilotnet.count_params()],
            "multiplications": [profile("pilotnet").macs],
            "numbers after the convolutions": [int(pilotnet.get_layer("flatten").output.shape[1])],
            "weights with a second output for the speed": [new_network().count_params()],
            "autonomy of 10 interventions in 600 s, %": [autonomy(10, 600)],
        },
        remark="The paper rounds to 250 thousand and 27 million; its figure says 1,164 where 64 maps of 1 x 18 are "
        "1,152 numbers.",
    )


def views(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Train the same network on the same few recorded tracks with and without shifted and rotated views, and judge."""
    autonomies: dict[str, list[float]] = {"with": [], "without": []}
    rewards: dict[str, list[float]] = {"with": [], "without": []}
    knocked: dict[str, list[float]] = {"with": [], "without": []}
    together: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory(prefix="learnet-") as folder:
        for seed in seeds:
            for name in ("with", "without"):
                plain, pushed = _driven(Path(folder) / str(seed), name, seed=seed, quick=quick, progress=progress)
                rewards[name].append(plain.mean_reward)
                autonomies[name].append(plain.autonomy)
                knocked[name].append(pushed.autonomy)
                together[name].append(autonomy_of((*plain.laps, *pushed.laps)))
    gained = [one - other for one, other in zip(together["with"], together["without"], strict=True)]
    return Outcome(
        measured={
            "autonomy with moved views, %": autonomies["with"],
            "autonomy gained by them, all laps together, %": gained,
            "autonomy without, %": autonomies["without"],
            **{f"mean reward {name} moved views": values for name, values in rewards.items()},
            **{f"autonomy {name} them under knocks, %": values for name, values in knocked.items()},
        },
        remark=f"Gymnasium's CarRacing-v3: {2 if quick else _TRACKS} recorded tracks, {1 if quick else _JUDGING} "
        "others to judge; knocks push and turn the car every 1.2 seconds.",
    )


def _driven(folder: Path, name: str, *, seed: int, quick: bool, progress: Progress) -> tuple[Driven, Driven]:
    """Return how the network drives undisturbed, and how under knocks."""
    most = 40 if quick else None
    recording = record(folder / "drives", tracks=2 if quick else _TRACKS, seed=seed, most_steps=most, progress=progress)
    run = train_driver(
        recording,
        augment=name == "with",
        epochs=1 if quick else _EPOCHS,
        validation_fraction=0.25,
        seed=seed,
        out=folder / name,
        progress=progress,
    )
    plain, pushed = (
        judge(
            run.bundle,
            tracks=1 if quick else _JUDGING,
            seed=seed,
            conditions=Conditions(knocks=knocks, most_steps=most),
            out=folder / "laps",
            progress=progress,
        ).pilot
        for knocks in (None, Knocks())
    )
    return plain, pushed


EXPERIMENTS = (
    Experiment(
        name="pilotnet-counts",
        title="PilotNet's weights and multiplications, and its measure of autonomy",
        paper="about 250 thousand weights and 27 million connections; 10 interventions in 600 s are 90 % autonomy",
        reference=f"{_BOJARSKI}, section 4, figure 4 and section 7.1",
        thresholds=(
            Threshold(of="weights", at_least=252_219, at_most=252_219),
            Threshold(of="multiplications", at_least=26_876_342, at_most=26_876_342),
            Threshold(of="numbers after the convolutions", at_least=1152, at_most=1152),
            Threshold(of="autonomy of 10 interventions in 600 s, %", at_least=90, at_most=90),
        ),
        run=counts,
        seeds=1,
        quick_seeds=1,
    ),
    Experiment(
        name="pilotnet-views",
        title="PilotNet trained with and without shifted and rotated views, driving in closed loop",
        paper="data of a human driver alone is not sufficient: shifts and rotations teach to recover from mistakes",
        reference=f"{_BOJARSKI}, sections 2 and 5.2",
        thresholds=(
            Threshold(of="autonomy with moved views, %", at_least=95),
            Threshold(of="autonomy gained by them, all laps together, %", at_least=0.1),
        ),
        run=views,
        seeds=1,
        quick_seeds=1,
        quick_reaches=False,
    ),
)
