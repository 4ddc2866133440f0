"""Hopfield's associative memory, the Boltzmann machine and the restricted one, as they were published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.energy import (
    Hopfield,
    ModernHopfield,
    RestrictedBoltzmannMachine,
    bars_and_stripes,
    corrupt,
    distinct_codes,
    encoder,
    overlap,
    random_patterns,
)
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from learnet.core import Progress

_HOPFIELD = (
    "Hopfield, Neural Networks and Physical Systems with Emergent Collective Computational Abilities, PNAS, 1982"
)
_LOADS = (0.08, 0.10, 0.12, 0.14, 0.17, 0.20, 0.25)
_MOST_CYCLES = 2_000
_RBMS: Mapping[str, dict[str, object]] = {
    "CD-1": {"method": "cd"},
    "CD-10": {"method": "cd", "k": 10},
    "PCD": {"n_chains": 100},
}


def stability(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001
    """Store random patterns in networks of 100 units and count those that stay exactly as they are."""
    networks = 50 if quick else 200
    measured: dict[str, list[float]] = {}
    for count in (5, 10):
        for seed in seeds:
            patterns = random_patterns(count, 100, networks=networks, coding="binary", seed=seed)
            stable = Hopfield(coding="binary", networks=networks).fit(patterns).stable().mean()
            measured.setdefault(f"stable of {count} patterns", []).append(float(stable))
    return Outcome(measured=measured)


def energy(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001
    """Watch the energy over a million asynchronous updates."""
    wanted = 50_000 if quick else 1_000_000
    rises, counts = [], []
    for seed in seeds:
        updates, rise, part = 0, -np.inf, 0
        while updates < wanted:
            stream = seed * 1_000_000 + part
            patterns = random_patterns(15, 100, networks=20, coding="binary", seed=stream)
            starts = random_patterns(100, 100, networks=20, coding="binary", seed=stream + 500_000)
            recall = Hopfield(coding="binary", networks=20).fit(patterns).recall(starts, trace=True, seed=stream)
            assert recall.energies is not None  # noqa: S101 (a trace was asked for)
            updates, part = updates + int(recall.updates.sum()), part + 1
            rise = max(rise, float(np.diff(recall.energies).max()))
        rises.append(rise)
        counts.append(float(updates))
    return Outcome(measured={"largest rise of the energy": rises, "updates": counts})


def capacity(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Recall patterns of networks of 500 units from themselves, with ever more of them stored."""
    networks = 3 if quick else 10
    measured: dict[str, list[float]] = {}
    with progress.stage("Loads", len(_LOADS) * len(seeds)) as task:
        for load in _LOADS:
            for seed in seeds:
                patterns = random_patterns(int(500 * load), 500, networks=networks, seed=seed)
                states = Hopfield(networks=networks).fit(patterns).recall(patterns).states
                measured.setdefault(f"overlap at {load:.2f} N", []).append(float(overlap(states, patterns).mean()))
                task.advance()

    def figure() -> Figure:
        means = [np.mean(values) for values in measured.values()]
        return lines_figure(
            [Line(x=_LOADS, y=means, style="o-", label="500 units"), Line(x=[0.138, 0.138], y=[0, 1], style="--")],
            x_label="patterns / units (dashed: 0.138)",
            y_label="overlap with the pattern",
        )

    return Outcome(measured=measured, figure=figure)


def basin(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001
    """Start 30 units with 5 memories ever further from a memory and see which memory is nearest in the end."""
    networks, distances = (100, (1, 5, 12)) if quick else (500, (1, 2, 3, 4, 5, 6, 8, 10, 12))
    measured: dict[str, list[float]] = {}
    for coding in ("bipolar", "binary"):
        for distance in distances:
            for seed in seeds:
                patterns = random_patterns(5, 30, networks=networks, coding=coding, seed=seed)
                starts = corrupt(patterns, flips=distance, coding=coding, seed=seed)
                states = Hopfield(coding=coding, networks=networks).fit(patterns).recall(starts, seed=seed).states
                differ = (states[:, :, None] != patterns[:, None]).sum(axis=-1)
                own = (differ.argmin(axis=-1) == np.arange(5)).mean()
                measured.setdefault(f"{coding}: own memory from distance {distance}", []).append(float(own))

    def figure() -> Figure:
        lines = [
            Line(
                x=distances,
                y=[np.mean(measured[f"{coding}: own memory from distance {each}"]) for each in distances],
                style="o-",
                label=f"{coding} coding",
            )
            for coding in ("bipolar", "binary")
        ]
        return lines_figure(lines, x_label="units that were wrong", y_label="share that ended at its own memory")

    return Outcome(measured=measured, figure=figure, remark="The thresholds are held against the bipolar coding.")


def rules(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001
    """Compare learning rules, and the modern network's single step."""
    networks = 10 if quick else 50
    measured: dict[str, list[float]] = {}
    for seed in seeds:
        for rule, count in (("hebb", 20), ("storkey", 20), ("pseudo-inverse", 90)):
            patterns = random_patterns(count, 100, networks=networks, seed=seed)
            stable = Hopfield(rule=rule, networks=networks).fit(patterns).stable().mean()
            measured.setdefault(f"{rule}: stable of {count}", []).append(float(stable))
        many = random_patterns(1_000, 100, seed=seed)
        states = ModernHopfield(beta=1.0).fit(many).recall(corrupt(many[:300], flips=10, seed=seed)).states
        exact = (np.sign(states) == many[:300]).all(axis=-1).mean()
        measured.setdefault("modern: exact of 1,000 after one step", []).append(float(exact))
    return Outcome(measured=measured)


def boltzmann(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001
    """Learn the 4-2-4 encoder with the paper's schedule, one machine a seed, all at once."""
    machine, vectors = encoder(4, 2, machines=len(seeds), seed=seeds[0])
    learnt = machine.fit(vectors, cycles=_MOST_CYCLES, until=lambda some: distinct_codes(some, vectors))
    cycles = learnt.cycles.astype(np.float64)

    def figure() -> Figure:
        return lines_figure(
            [Line(x=np.sort(cycles[learnt.reached]), y=np.arange(1, learnt.reached.sum() + 1) / len(cycles))],
            x_label="learning cycles",
            y_label="share of machines with four codes",
            log_x=True,
        )

    return Outcome(
        measured={"found four codes": [bool(each) for each in learnt.reached], "cycles": cycles.tolist()},
        figure=figure,
    )


def restricted(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Learn bars and stripes of 3 x 3 pixels; the likelihood is exact, the partition function estimated beside it."""
    pictures = bars_and_stripes(3)
    measured: dict[str, list[float]] = {}
    with progress.stage("Machines", len(_RBMS) * len(seeds)) as task:
        for name, options in _RBMS.items():
            for seed in seeds:
                machine = RestrictedBoltzmannMachine(
                    n_components=16,
                    batch_size=14,
                    n_iter=10_000,
                    learning_rate=0.1,
                    schedule="linear",
                    seed=seed,
                    **options,  # type: ignore[arg-type]  # the values of _RBMS are those of the arguments
                ).fit(pictures)
                likelihood = float(machine.log_likelihood(pictures).mean())
                measured.setdefault(f"{name}: mean log-likelihood", []).append(likelihood)
                estimate = machine.estimate_log_partition(
                    temperatures=200 if quick else 1_000, chains=100 if quick else 500, data=pictures, seed=seed
                )
                error = abs(estimate.log_z - machine.log_partition())
                measured.setdefault("error of the estimated log Z", []).append(float(error))
                task.advance()
    gains = zip(measured["PCD: mean log-likelihood"], measured["CD-1: mean log-likelihood"], strict=True)
    measured["PCD less CD-1"] = [pcd - cd for pcd, cd in gains]
    return Outcome(measured=measured, remark="The best possible mean log-likelihood is -ln 14 = -2.639.")


EXPERIMENTS = (
    Experiment(
        name="hopfield-stability",
        title="Exactly stable memories of 100 units in 0/1 coding",
        paper="nearly all of 5, about 0.6 of 10",
        reference=f"{_HOPFIELD}, table and figure 2",
        thresholds=(
            Threshold(of="stable of 5 patterns", at_least=0.95),
            Threshold(of="stable of 10 patterns", at_least=0.5, at_most=0.7),
        ),
        run=stability,
    ),
    Experiment(
        name="hopfield-energy",
        title="The energy under asynchronous updates",
        paper="it never rises where the weights are symmetric and no unit acts on itself",
        reference=f"{_HOPFIELD}, equation 8",
        thresholds=(Threshold(of="largest rise of the energy", at_most=0),),
        run=energy,
        seeds=1,
        quick_seeds=1,
    ),
    Experiment(
        name="hopfield-capacity",
        title="How many random patterns 500 units hold",
        paper="memory breaks down at 0.138 patterns a unit",
        reference="Amit, Gutfreund and Sompolinsky, Storing Infinite Numbers of Patterns, Phys. Rev. Letters, 1985",
        thresholds=(
            Threshold(of="overlap at 0.12 N", at_least=0.98, judge="mean"),
            Threshold(of="overlap at 0.25 N", at_most=0.55, judge="mean"),
        ),
        run=capacity,
        seeds=3,
    ),
    Experiment(
        name="hopfield-basin",
        title="Recall from a start that differs from a memory: 30 units, 5 memories",
        paper="more than 0.9 within a distance of 5, 0.2 at a distance of 12",
        reference=f"{_HOPFIELD}, text after figure 2",
        thresholds=(
            Threshold(of="bipolar: own memory from distance 5", at_least=0.9, judge="mean"),
            Threshold(of="bipolar: own memory from distance 12", at_most=0.5, judge="mean"),
        ),
        run=basin,
    ),
    Experiment(
        name="hopfield-rules",
        title="Learning rules: Hebb's, Storkey's, the pseudo-inverse, and the modern network",
        paper="Storkey's rule holds more than Hebb's, the pseudo-inverse up to N patterns, one softmax step recalls",
        reference="Storkey, 1997; Personnaz et al., 1986; Ramsauer et al., Hopfield Networks Is All You Need, 2020",
        thresholds=(
            Threshold(of="hebb: stable of 20", at_most=0.7),
            Threshold(of="storkey: stable of 20", at_least=0.95),
            Threshold(of="pseudo-inverse: stable of 90", at_least=1),
            Threshold(of="modern: exact of 1,000 after one step", at_least=0.99),
        ),
        run=rules,
    ),
    Experiment(
        name="boltzmann-encoder",
        title="The 4-2-4 encoder of the Boltzmann machine, by the paper's schedule",
        paper="250 of 250 runs found four codes; median 110 learning cycles, longest 1,810",
        reference="Ackley, Hinton and Sejnowski, A Learning Algorithm for Boltzmann Machines, Cognitive Science, 1985",
        thresholds=(
            Threshold(of="found four codes", at_least=1, share=0.98),
            Threshold(of="cycles", at_least=60, at_most=200, judge="median"),
        ),
        run=boltzmann,
        seeds=250,
        quick_seeds=50,
        quick_reaches=False,
    ),
    Experiment(
        name="rbm-bars",
        title="A restricted Boltzmann machine learns bars and stripes of 3 x 3 pixels",
        paper="persistent chains give better models than one step of contrastive divergence",
        reference="Tieleman, Training RBMs Using Approximations to the Likelihood Gradient, 2008; Hinton, 2002",
        thresholds=(
            Threshold(of="CD-10: mean log-likelihood", at_least=-2.9),
            Threshold(of="PCD: mean log-likelihood", at_least=-2.9),
            Threshold(of="PCD less CD-1", at_least=0),
            Threshold(of="error of the estimated log Z", at_most=0.1),
        ),
        run=restricted,
        seeds=3,
        quick_seeds=1,
    ),
)
