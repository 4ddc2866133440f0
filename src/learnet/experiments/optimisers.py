"""The classic minimisers on the functions and regressions that they have been tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.optimizers import (
    TEST_FUNCTIONS,
    MethodOptions,
    certified_regressions,
    least_squares,
    log_relative_error,
    minimize_function,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from learnet.core import Progress
    from learnet.optimizers import Minimum

_NEWTON = (24.2, 4.731884, 1411.845, 0.05596552, 0.3131891, 1.8527e-11, 3.4326e-20)  # f of Newton's six pure steps
_METHODS = ("cg", "bfgs", "l-bfgs")
_FUNCTIONS = ("rosenbrock", "beale", "wood", "helical-valley")
_DIMENSIONS = 20
_CONDITION = 10  # with 30, rounding costs conjugate gradients a step more, by the textbook's formula too
_MOST_EVALUATIONS = 5_000


def newton(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Take Newton's pure steps through Rosenbrock's valley and hold each value against the published one."""
    found = _minimised("rosenbrock", "newton")
    deviation = max(abs(ours / known - 1) for ours, known in zip(found.history, _NEWTON, strict=False))

    def figure() -> Figure:
        values = np.maximum(found.history, 1e-25)
        return lines_figure(
            [Line(x=range(len(values)), y=values, style="o-")], x_label="step", y_label="value", log_y=True
        )

    return Outcome(
        measured={"steps": [found.iterations], "largest relative deviation of a value": [deviation]}, figure=figure
    )


def functions(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Minimise the classic functions from their usual starts."""
    found = {(name, method): _minimised(name, method) for method in _METHODS for name in _FUNCTIONS}
    powell = [
        minimize_function(
            (record := TEST_FUNCTIONS["powell-singular"]).value,
            record.start,
            gradient=record.gradient,
            method=method,
            target=1e-10,
            gradient_tolerance=0.0,
        ).value
        for method in _METHODS
    ]
    iterations = {
        f"iterations of {method}": [float(found[name, method].iterations) for name in _FUNCTIONS] for method in _METHODS
    }

    def figure() -> Figure:
        lines = [
            Line(
                x=range(len(found["rosenbrock", method].history)),
                y=np.maximum(found["rosenbrock", method].history, 1e-25),
                label=method,
            )
            for method in _METHODS
        ]
        return lines_figure(lines, x_label="iteration", y_label="Rosenbrock's function", log_y=True)

    return Outcome(
        measured={
            "largest gradient": [max(each.gradient_norm for each in found.values())],
            "Powell's function": [max(powell)],
            **iterations,
        },
        figure=figure,
        remark=f"Iterations are on {', '.join(_FUNCTIONS)}, in this order of the spread.",
    )


def quadratics(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001
    """Minimise random quadratics with exact line searches: as many steps as dimensions are enough."""
    measured: dict[str, list[float]] = {}
    for method in ("cg", "bfgs"):
        for seed in seeds:
            distance = _distance(*_quadratic(seed), method=method)
            measured.setdefault(f"distance after {_DIMENSIONS} steps of {method}", []).append(distance)
    return Outcome(measured=measured)


def _distance(matrix: np.ndarray, centre: np.ndarray, *, method: str) -> float:
    """Return how far from its minimum a quadratic's last point is after as many steps as it has dimensions."""
    found = minimize_function(
        lambda v: float((v - centre) @ matrix @ (v - centre) / 2),
        np.zeros(_DIMENSIONS),
        gradient=lambda v: matrix @ (v - centre),
        method=method,
        max_iterations=_DIMENSIONS,
        gradient_tolerance=0.0,
        options=MethodOptions(line_search="exact"),
    )
    return float(np.abs(found.point - centre).max())


def nist(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Fit NIST's certified regressions by Levenberg and Marquardt from both starts, by both solvers."""
    digits, sums, evaluations = [], [], []
    for regression in certified_regressions():
        for start in regression.starts:
            for method in ("minpack", "normal-equations"):
                fit = least_squares(
                    regression.residual,
                    start,
                    jacobian=regression.jacobian,
                    method="minpack" if method == "minpack" else "normal-equations",
                    max_evaluations=_MOST_EVALUATIONS,
                )
                digits.append(float(log_relative_error(fit.point, regression.certified).min()))
                sums.append(float(log_relative_error(fit.sum_of_squares, regression.sum_of_squares)))
                evaluations.append(float(fit.residual_evaluations))
    names = [regression.name for regression in certified_regressions()]
    return Outcome(
        measured={
            "right digits of the parameters": digits,
            "right digits of the sum of squares": sums,
            "evaluations": evaluations,
        },
        remark=f"{', '.join(names)}; each from two starts, by MINPACK and by the normal equations.",
    )


def _minimised(name: str, method: str) -> Minimum:
    function = TEST_FUNCTIONS[name]
    return minimize_function(
        function.value, function.start, gradient=function.gradient, hessian=function.hessian, method=method
    )


def _quadratic(seed: int) -> tuple[np.ndarray, np.ndarray]:
    from learnet.core import generator

    random = generator(seed, "quadratic")
    axes, _ = np.linalg.qr(random.normal(size=(_DIMENSIONS, _DIMENSIONS)))
    return axes * np.geomspace(1, _CONDITION, _DIMENSIONS) @ axes.T, random.normal(size=_DIMENSIONS)


EXPERIMENTS = (
    Experiment(
        name="newton-rosenbrock",
        title="Newton's pure steps through Rosenbrock's valley",
        paper="six steps from (-1.2, 1), the value rising to 1,412 on the way",
        reference="Rosenbrock, 1960; Dennis and Schnabel, Numerical Methods for Unconstrained Optimization, 1983",
        thresholds=(
            Threshold(of="steps", at_least=6, at_most=6),
            Threshold(of="largest relative deviation of a value", at_most=1e-4),
        ),
        run=newton,
        seeds=1,
        quick_seeds=1,
    ),
    Experiment(
        name="classic-functions",
        title="Conjugate gradients, BFGS and L-BFGS on Rosenbrock, Beale, Wood, helical valley and Powell",
        paper="all find the minimum from the usual starts",
        reference="More, Garbow and Hillstrom, Testing Unconstrained Optimization Software, 1981",
        thresholds=(
            Threshold(of="largest gradient", at_most=1e-6),
            Threshold(of="Powell's function", at_most=1e-10),
        ),
        run=functions,
        seeds=1,
        quick_seeds=1,
    ),
    Experiment(
        name="quadratic-termination",
        title="Conjugate gradients and BFGS with exact line searches on quadratics of 20 dimensions",
        paper="the minimum is reached in as many steps as there are dimensions",
        reference="Hestenes and Stiefel, 1952; Nocedal and Wright, Numerical Optimization, 2006, theorems 5.1 and 6.4",
        thresholds=tuple(
            Threshold(of=f"distance after {_DIMENSIONS} steps of {method}", at_most=1e-8) for method in ("cg", "bfgs")
        ),
        run=quadratics,
    ),
    Experiment(
        name="nist-regressions",
        title="Levenberg-Marquardt on NIST's certified nonlinear regressions, from both starts",
        paper="certified to 11 digits",
        reference="NIST, Statistical Reference Datasets, nonlinear regression, 2003; Marquardt, 1963",
        thresholds=(
            Threshold(of="right digits of the parameters", at_least=6),
            Threshold(of="right digits of the sum of squares", at_least=8),
            Threshold(of="evaluations", at_most=_MOST_EVALUATIONS),
        ),
        run=nist,
        seeds=1,
        quick_seeds=1,
    ),
)
