"""Support vectors: the dual problem solved as it should be, and polynomial kernels of growing degree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold

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
    from sklearn.svm import SVC

    count, bound = (24 if quick else 40), 1.0
    gaps, distances, broken = [], [], []
    with progress.stage("Dual problems", 3 * len(seeds)) as task:
        for seed in seeds:
            for x, signs, kernel in _toy_sets(generator(seed, "toy sets"), count):
                gram = kernel(x, x)
                machine = SVC(C=bound, kernel="precomputed", tol=1e-4).fit(gram, signs)
                alphas = np.zeros(count)
                alphas[machine.support_] = np.abs(machine.dual_coef_[0])
                gaps.append(kkt_gap(alphas, signs, gram, bound=bound))
                distances.append(_distance_from_optimum(alphas, signs, gram, bound))
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


def dual_objective(alphas: Floats, signs: Floats, gram: Floats) -> float:
    """Return ``sum of a - 1/2 sum of a_i a_j y_i y_j K_ij``, which the support vectors maximise."""
    signed = alphas * signs
    return float(alphas.sum() - 0.5 * signed @ gram @ signed)


def kkt_gap(alphas: Floats, signs: Floats, gram: Floats, *, bound: float) -> float:
    """Return by how much the pair that breaks the optimality conditions most breaks them; 0 or less at the optimum.

    Args:
        alphas: Multipliers in [0, bound], ``(n,)``.
        signs: Classes, ±1 ``(n,)``.
        gram: Kernel of each pair of examples, ``(n, n)``.
        bound: The largest multiplier, ``C``.

    Source:
        Keerthi et al., Improvements to Platt's SMO Algorithm, 2001; Fan, Chen and Lin, 2005, equation 6.
    """
    slopes = signs - gram @ (alphas * signs)
    near = 1e-12 * bound
    up = ((alphas < bound - near) & (signs > 0)) | ((alphas > near) & (signs < 0))
    down = ((alphas < bound - near) & (signs < 0)) | ((alphas > near) & (signs > 0))
    return float(slopes[up].max() - slopes[down].min())


def _distance_from_optimum(alphas: Floats, signs: Floats, gram: Floats, bound: float) -> float:
    from scipy.optimize import minimize

    hessian = gram * np.outer(signs, signs)

    def slope(a: Floats) -> Floats:
        return np.asarray(hessian @ a - 1)

    best = minimize(
        lambda a: -dual_objective(a, signs, gram),
        np.full(len(signs), 0.1 * bound),
        jac=slope,
        method="SLSQP",
        bounds=[(0, bound)] * len(signs),
        constraints={"type": "eq", "fun": lambda a: a @ signs, "jac": lambda _: signs},
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    reference = -float(best.fun)
    return abs(dual_objective(alphas, signs, gram) - reference) / abs(reference)


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


def polynomial_kernel(u: Floats, v: Floats, *, degree: int, scale: float = 1.0) -> Floats:
    """Return ``(scale u.v + 1)^degree`` for each pair of rows, ``(len(u), len(v))``."""
    return np.asarray((scale * (u @ v.T) + 1) ** degree)


def xor(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Separate XOR by the polynomial kernel of degree 2, whose multipliers are known."""
    from sklearn.svm import SVC

    corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float64)
    signs = np.array([-1, 1, 1, -1])
    machine = SVC(C=1e3, kernel="poly", degree=2, gamma=1.0, coef0=1.0, tol=1e-10).fit(corners, signs)
    return Outcome(
        measured={
            "errors": [int((machine.predict(corners) != signs).sum())],
            "support vectors": [len(machine.support_)],
            "largest distance of a multiplier from 1/8": [float(np.abs(np.abs(machine.dual_coef_) - 0.125).max())],
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
    from sklearn.svm import SVC

    gram = polynomial_kernel(x, x, degree=degree, scale=1 / 64)
    across = polynomial_kernel(tests, x, degree=degree, scale=1 / 64)
    scores, counts = [], []
    for digit in range(10):
        machine = SVC(C=10.0, kernel="precomputed").fit(gram, labels == digit)
        scores.append(machine.decision_function(across))
        counts.append(len(machine.support_))
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
