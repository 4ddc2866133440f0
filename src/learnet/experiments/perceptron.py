"""Rosenblatt's perceptron: what it learns, how long that takes at most, what it cannot learn, and how much it holds."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.neurons import Perceptron, novikoff_bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.core import Progress

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
_GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "nand": (1, 1, 1, 0)}
_XOR = (0, 1, 1, 0)
_INPUTS = 20


def logic(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Learn AND, OR and NAND, in an order of the examples drawn from each seed."""
    wrong = [
        sum(
            int((Perceptron(shuffle=True, seed=seed).fit(CORNERS, gate).predict(CORNERS) != gate).sum())
            for gate in _GATES.values()
        )
        for seed in seeds
    ]
    return Outcome(measured={"errors": wrong})


def bound(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Count mistakes on random separable sets and divide by Novikoff's bound; a set differs in size and margin."""
    sets = 100 if quick else 1000
    points: list[tuple[float, int]] = []
    with progress.stage("Separable sets", sets * len(seeds)) as task:
        for seed in seeds:
            random = generator(seed, "separable sets")
            for _ in range(sets):
                points.append(_mistakes_beside_bound(random))
                task.advance()
    limits, mistakes = np.array(points).T
    ratios = (mistakes / limits).reshape(len(seeds), sets)

    def figure() -> Figure:
        ends = [limits.min(), limits.max()]
        return lines_figure(
            [Line(x=limits, y=mistakes, style=".", label="one set"), Line(x=ends, y=ends, label="the bound")],
            x_label="(R / gamma)²",
            y_label="mistakes until none was left",
            log_x=True,
            log_y=True,
        )

    return Outcome(
        measured={
            "largest mistakes / bound": ratios.max(axis=1).tolist(),
            "median mistakes / bound": np.median(ratios, axis=1).tolist(),
        },
        figure=figure,
        remark=f"{sets} sets a seed, of 10 to 200 points in 2 to 30 dimensions.",
    )


def _mistakes_beside_bound(random: np.random.Generator) -> tuple[float, int]:
    """Return the bound of one random set, from the plane that made it, and the mistakes made."""
    count, dimensions = int(random.integers(10, 201)), int(random.integers(2, 31))
    plane = random.normal(size=dimensions + 1)
    plane /= np.linalg.norm(plane)
    x, margin = random.normal(size=(count, dimensions)), random.uniform(0.05, 0.5)
    distances = x @ plane[:-1] + plane[-1]
    signs = np.where(distances > 0, 1, -1)
    signs[:2] = 1, -1  # so that there are two classes
    short = np.maximum(0.0, margin - signs * distances)
    x += np.outer(signs * short, plane[:-1]) / (plane[:-1] @ plane[:-1])  # every point is pushed out of the margin
    unit = Perceptron(max_epochs=100_000).fit(x, signs)
    return novikoff_bound(x, signs, plane), int(unit.mistakes_[0])


def xor(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Train on XOR in an order drawn anew each epoch, and look after each epoch."""
    epochs = 2_000 if quick else 10_000
    best, growth, largest = [], [], []
    with progress.stage("Epochs of XOR", epochs * len(seeds)) as task:
        for seed in seeds:
            random, unit = generator(seed, "xor"), Perceptron()
            norms, scores = np.zeros(epochs), np.zeros(epochs)
            for epoch in range(epochs):
                order = random.permutation(4)
                unit.partial_fit(CORNERS[order], np.array(_XOR)[order])
                norms[epoch] = np.hypot(np.linalg.norm(unit.coef_), unit.intercept_[0])
                scores[epoch] = unit.score(CORNERS, _XOR)
                task.advance()
            best.append(float(scores.max()))
            largest.append(float(norms.max()))
            growth.append(float(norms[epochs // 2 :].max() / norms[: epochs // 2].max()))
    return Outcome(
        measured={
            "best accuracy": best,
            "largest norm": largest,
            "largest norm of the second half / of the first": growth,
        },
        remark=f"{epochs:,} epochs; the norm is that of weights and bias, at a learning rate of 1.",
    )


def capacity(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Ask of random points with random signs whether a plane through 0 separates them, by linear programming."""
    sets = 60 if quick else 200
    loads = (1.0, 2.0, 3.0) if quick else (1.0, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0)
    shares = np.zeros((len(loads), len(seeds)))
    with progress.stage("Linear programmes", shares.size) as task:
        for column, seed in enumerate(seeds):
            random = generator(seed, "capacity")
            for row, load in enumerate(loads):
                shares[row, column] = np.mean([_separable(random, int(load * _INPUTS)) for _ in range(sets)])
                task.advance()

    def figure() -> Figure:
        counts = np.arange(_INPUTS, 3 * _INPUTS + 1)
        theory = [cover_probability(int(count), _INPUTS) for count in counts]
        return lines_figure(
            [
                Line(x=counts / _INPUTS, y=theory, label="Cover's formula"),
                Line(x=loads, y=shares.mean(axis=1), style="o", label="measured"),
            ],
            x_label=f"points for each of {_INPUTS} inputs",
            y_label="share of sets that a plane separates",
        )

    named = {f"separable at P = {load:g}N": shares[row].tolist() for row, load in enumerate(loads)}
    expected = np.array([cover_probability(int(load * _INPUTS), _INPUTS) for load in loads])
    distance = np.abs(shares.mean(axis=1) - expected).max()
    return Outcome(
        measured={
            **{name: named[name] for name in list(named) if name.endswith(("= 1N", "= 2N", "= 3N"))},
            "largest distance from the formula": [float(distance)],
        },
        figure=figure,
        remark=f"N = {_INPUTS} inputs without a bias, {sets} sets of each size a seed.",
    )


def cover_probability(points: int, inputs: int) -> float:
    """Return the probability that random signs of points in general position are separable by a plane through 0.

    Args:
        points: How many, at least 1.
        inputs: Dimensions, at least 1.

    Source:
        Cover, Geometrical and Statistical Properties of Systems of Linear Inequalities, 1965, theorem 1.

    Example:
        >>> cover_probability(20, 20), cover_probability(40, 20)
        (1.0, 0.5)
    """
    return float(sum(comb(points - 1, k) for k in range(min(inputs, points))) / 2 ** (points - 1))


def _separable(random: np.random.Generator, points: int) -> bool:
    from scipy.optimize import linprog

    signs = random.choice([-1.0, 1.0], points)
    x: NDArray[np.float64] = random.normal(size=(points, _INPUTS)) * signs[:, None]
    found = linprog(np.zeros(_INPUTS), A_ub=-x, b_ub=-np.ones(points), bounds=(None, None), method="highs")
    return bool(found.status == 0)


EXPERIMENTS = (
    Experiment(
        name="perceptron-logic",
        title="A perceptron learns AND, OR and NAND",
        paper="what a plane separates is learnt without an error",
        reference="Rosenblatt, The Perceptron, Psychological Review 65, 1958; Minsky and Papert, Perceptrons, 1969",
        thresholds=(Threshold(of="errors", at_most=0),),
        run=logic,
    ),
    Experiment(
        name="perceptron-bound",
        title="Mistakes of a perceptron on random separable sets",
        paper="at most (R / gamma)² mistakes, whatever the set and the order",
        reference="Novikoff, On Convergence Proofs on Perceptrons, 1962",
        thresholds=(Threshold(of="largest mistakes / bound", at_most=1),),
        run=bound,
    ),
    Experiment(
        name="perceptron-xor",
        title="A perceptron on XOR",
        paper="no perceptron computes XOR: at most 3 of 4 right; its weights stay bounded and cycle",
        reference="Minsky and Papert, Perceptrons, 1969 (XOR, and the cycling theorem)",
        thresholds=(
            Threshold(of="best accuracy", at_most=0.75),
            Threshold(of="largest norm of the second half / of the first", at_most=1),
        ),
        run=xor,
    ),
    Experiment(
        name="cover-capacity",
        title="How many random points a perceptron of 20 inputs separates",
        paper="all sets of P = N points, half of those of P = 2N, hardly any of P = 3N",
        reference="Cover, Geometrical and Statistical Properties of Systems of Linear Inequalities, 1965",
        thresholds=(
            Threshold(of="separable at P = 1N", at_least=1),
            Threshold(of="separable at P = 2N", at_least=0.45, at_most=0.55, judge="mean"),
            Threshold(of="separable at P = 3N", at_most=0.1, judge="mean"),
        ),
        run=capacity,
        seeds=10,
        quick_seeds=4,
    ),
)
