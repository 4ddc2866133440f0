"""Support vectors: the dual problem solved as it should be, and polynomial kernels of growing degree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.neurons import dual_objective, polynomial_kernel, support_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.core import Progress

    Floats = NDArray[np.float64]

_CORTES = "Cortes and Vapnik, Support-Vector Networks, Machine Learning 20, 1995"
_DEGREES = range(1, 8)
_FLAT = (3, 4, 5, 6, 7)


def dual(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Solve the dual of three toy sets by libsvm's SMO and by a general solver (SLSQP), and check the conditions."""
    count, bound = (24 if quick else 40), 1.0
    gaps, distances, broken = [], [], []
    with progress.stage("Dual problems", 3 * len(seeds)) as task:
        for seed in seeds:
            for x, signs, kernel in _toy_sets(generator(seed, "toy sets"), count):
                gram = kernel(x, x)
                found = support_vectors(gram, signs, bound=bound, tolerance=1e-4)
                best, alphas = _best_objective(signs, gram, bound), found.multipliers
                gaps.append(found.gap)
                distances.append(abs(found.objective - best) / abs(best))
                broken.append(float(max(abs(alphas @ signs), -alphas.min(), (alphas - bound).max())))
                task.advance()
    return Outcome(
        measured={
            "largest KKT gap": gaps,
            "relative distance of the dual objective": distances,
            "violation of the constraints": broken,
        },
        remark=f"{count} points each: two clouds with a linear kernel, two rings with an RBF one, two half moons with "
        "a polynomial of degree 3; C = 1.",
    )


def _best_objective(signs: Floats, gram: Floats, bound: float) -> float:
    from scipy.optimize import LinearConstraint, minimize

    hessian = gram * np.outer(signs, signs)

    best = minimize(  # type: ignore[call-overload]  # the stubs want functions that take anything
        lambda a: -dual_objective(a, signs, gram),
        0.1 * bound * np.ones(len(signs)),
        jac=lambda a: np.asarray(hessian @ a - 1),
        method="SLSQP",
        bounds=[(0.0, bound)] * len(signs),
        constraints=LinearConstraint(signs[None], 0, 0),
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    return -float(best.fun)


def _toy_sets(
    random: np.random.Generator, count: int
) -> list[tuple[Floats, Floats, Callable[[Floats, Floats], Floats]]]:
    half = count // 2
    signs = np.repeat([1.0, -1.0], half)
    angles = random.uniform(0, np.pi, count)
    clouds = random.normal(size=(count, 2)) + 0.8 * signs[:, None]
    rings = (1.5 + 0.7 * signs + 0.3 * random.normal(size=count))[:, None] * np.column_stack(
        [np.cos(2 * angles), np.sin(2 * angles)]
    )
    moons = np.column_stack([np.cos(angles), np.sin(angles)]) * signs[:, None]
    moons += np.where(signs > 0, 0.0, 0.5)[:, None] + 0.15 * random.normal(size=(count, 2))
    return [
        (clouds, signs, lambda u, v: u @ v.T),
        (rings, signs, lambda u, v: np.exp(-((u[:, None] - v[None]) ** 2).sum(axis=-1))),
        (moons, signs, lambda u, v: polynomial_kernel(u, v, degree=3)),
    ]


def xor(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Separate XOR by the polynomial kernel of degree 2, whose multipliers are known."""
    corners, signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]), np.array([-1, 1, 1, -1])
    gram = polynomial_kernel(corners, corners, degree=2)
    found = support_vectors(gram, signs, bound=1e3, tolerance=1e-10)
    return Outcome(
        measured={
            "errors": [int((np.sign(found.decide(gram)) != signs).sum())],
            "support vectors": [len(found.indices)],
            "largest distance of a multiplier from 1/8": [float(np.abs(found.multipliers - 0.125).max())],
        }
    )


def degrees(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Classify digits by ten machines, one against the rest, with polynomial kernels of degree 1 to 7."""
    train = 800 if quick else 1200
    errors, vectors = np.zeros((2, len(_DEGREES), len(seeds)))
    with progress.stage("Degrees", errors.size) as task:
        for column, seed in enumerate(seeds):
            parts = _split_digits(seed, train)
            for row, degree in enumerate(_DEGREES):
                errors[row, column], vectors[row, column] = _one_against_rest(*parts, degree=degree)
                task.advance()
    means, flat = errors.mean(axis=1), [degree - 1 for degree in _FLAT]

    def figure() -> Figure:
        paper = (12.0, 4.7, 4.4, 4.3, 4.3, 4.2, 4.3)
        return lines_figure(
            [
                Line(x=list(_DEGREES), y=100 * means, style="o-", label="here, digits of 8 x 8 pixels"),
                Line(x=list(_DEGREES), y=paper, style="s--", label="the paper, digits of 16 x 16 pixels"),
            ],
            x_label="degree of the polynomial",
            y_label="test error, %",
        )

    return Outcome(
        measured={
            "fall of the mean error from degree 1 to 2": [float(1 - means[1] / means[0])],
            "range of the mean errors at degrees 3 to 7": [float(np.ptp(means[flat]))],
            "support vectors at degree 7 / at degree 3": (vectors[6] / vectors[2]).tolist(),
            **{f"error at degree {degree}, %": (100 * errors[degree - 1]).tolist() for degree in _DEGREES},
            **{f"support vectors a machine at degree {degree}": vectors[degree - 1].tolist() for degree in _DEGREES},
        },
        figure=figure,
        remark=f"scikit-learn's digits, {train} to train with and {1797 - train} to test with, in place of the US "
        "postal service's; kernel (u.v / 64 + 1)^d on pixels in [-1, 1], C = 10, no preprocessing.",
    )


def _one_against_rest(
    x: Floats, labels: NDArray[np.int64], tests: Floats, wanted: NDArray[np.int64], *, degree: int
) -> tuple[float, float]:
    """Return the error on the tests, and the mean number of support vectors of a machine."""
    gram = polynomial_kernel(x, x, degree=degree, scale=1 / 64)
    across = polynomial_kernel(tests, x, degree=degree, scale=1 / 64)
    scores, counts = [], []
    for digit in range(10):
        machine = support_vectors(gram, np.where(labels == digit, 1, -1), bound=10.0)
        scores.append(machine.decide(across))
        counts.append(len(machine.indices))
    return float((np.argmax(scores, axis=0) != wanted).mean()), float(np.mean(counts))


def _split_digits(seed: int, train: int) -> tuple[Floats, NDArray[np.int64], Floats, NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = generator(seed, "digits for support vectors").permutation(len(labels))
    x, labels = images[order] / 8 - 1, labels[order]
    return x[:train], labels[:train], x[train:], labels[train:]


EXPERIMENTS = (
    Experiment(
        name="svm-dual",
        title="The dual problem of support-vector machines on three toy sets",
        paper="0 <= a <= C, the signed sum of a is 0, and the Kuhn-Tucker conditions hold at the one optimum",
        reference=f"{_CORTES}, section 2 and appendix A",
        thresholds=(
            Threshold(of="largest KKT gap", at_most=1e-3),
            Threshold(of="relative distance of the dual objective", at_most=1e-4),
            Threshold(of="violation of the constraints", at_most=1e-9),
        ),
        run=dual,
    ),
    Experiment(
        name="svm-xor",
        title="XOR by a polynomial kernel of degree 2",
        paper="a quadratic surface separates XOR: 4 support vectors with a multiplier of 1/8 each",
        reference=f"{_CORTES}, section 5.1; Haykin, Neural Networks, 1999, section 6.6, for the multipliers",
        thresholds=(
            Threshold(of="errors", at_most=0),
            Threshold(of="support vectors", at_least=4, at_most=4),
            Threshold(of="largest distance of a multiplier from 1/8", at_most=1e-6),
        ),
        run=xor,
        seeds=1,
        quick_seeds=1,
    ),
    Experiment(
        name="svm-degree",
        title="Digits by polynomial kernels of degree 1 to 7",
        paper="errors of 12.0, 4.7, 4.4, 4.3, 4.3, 4.2, 4.3 %; 200, 127, 148, 165, 175, 185, 190 support vectors",
        reference=f"{_CORTES}, table 2",
        thresholds=(
            Threshold(of="fall of the mean error from degree 1 to 2", at_least=0.4),
            Threshold(of="range of the mean errors at degrees 3 to 7", at_most=0.005),
            Threshold(of="support vectors at degree 7 / at degree 3", at_most=1.5, judge="mean"),
        ),
        run=degrees,
        seeds=10,
    ),
)
