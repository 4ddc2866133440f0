import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.optimizers import (
    TEST_FUNCTIONS,
    CertifiedRegression,
    certified_regressions,
    least_squares,
    log_relative_error,
    numeric_jacobian,
)
from learnet.optimizers.methods import Solver

REGRESSIONS = list(certified_regressions())
SOLVERS: list[Solver] = ["minpack", "normal-equations"]


def test_the_regressions_are_nists() -> None:
    assert certified_regressions().names() == [
        "Bennett5", "BoxBOD", "Chwirut2", "DanWood", "Gauss1", "MGH09", "Misra1a", "Thurber",
    ]  # fmt: skip
    assert [len(regression.x) for regression in REGRESSIONS] == [154, 6, 54, 6, 250, 11, 14, 37]
    misra = certified_regressions()["misra1a"]
    assert (misra.y[0], misra.x[0], misra.y[-1], misra.x[-1]) == (10.07, 77.6, 81.78, 760.0)
    assert misra.certified.tolist() == [2.3894212918e02, 5.5015643181e-04]
    assert misra.starts.tolist() == [[500, 1e-4], [250, 5e-4]]
    thurber = certified_regressions()["Thurber"]
    assert thurber.standard_deviations[-1] == 6.5842344623e-03
    assert thurber.sum_of_squares == 5.6427082397e03


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.name)
def test_certified_values_and_models_belong_together(regression: CertifiedRegression) -> None:
    residual = regression.residual(regression.certified)
    assert residual @ residual == pytest.approx(regression.sum_of_squares, rel=1e-9)
    jacobian = regression.jacobian(regression.certified)
    steps = np.abs(regression.certified) * 1e-5  # the parameters differ by ten orders of magnitude

    def scaled(units: np.ndarray) -> np.ndarray:
        return regression.residual(regression.certified + units * steps)

    differences = numeric_jacobian(scaled, np.zeros(len(steps)), step=1.0) / steps
    assert differences == pytest.approx(jacobian, abs=1e-7 * float(np.abs(jacobian * steps).max() / steps.min()))
    for column in range(len(steps)):
        assert differences[:, column] == pytest.approx(
            jacobian[:, column], abs=1e-7 * np.abs(jacobian[:, column]).max()
        )


@pytest.mark.parametrize("start", [0, 1], ids=["far", "near"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.name)
def test_nists_answers_are_found(regression: CertifiedRegression, solver: Solver, start: int) -> None:
    fit = least_squares(
        regression.residual,
        regression.starts[start],
        jacobian=regression.jacobian,
        method=solver,
        max_evaluations=5_000,
    )
    assert fit.converged
    assert fit.residual_evaluations <= 5_000
    assert log_relative_error(fit.point, regression.certified).min() >= 6
    assert log_relative_error(fit.sum_of_squares, regression.sum_of_squares) >= 8
    assert fit.standard_deviations is not None
    assert log_relative_error(fit.standard_deviations, regression.standard_deviations).min() >= 6
    assert fit.history[0] == pytest.approx(np.square(regression.residual(regression.starts[start])).sum())
    rounding = 1e-14 * np.array(fit.history[:-1]) if solver == "minpack" else 0.0  # MINPACK compares norms, not squares
    assert (np.diff(fit.history) <= rounding).all()
    assert fit.history[-1] == fit.sum_of_squares


@pytest.mark.parametrize("name", ["rosenbrock", "beale", "wood", "helical-valley", "freudenstein-roth"])
def test_both_solvers_agree_on_the_classic_functions(name: str) -> None:
    function = TEST_FUNCTIONS[name]
    assert function.residual is not None
    fits = [least_squares(function.residual, function.start, jacobian=function.jacobian, method=s) for s in SOLVERS]
    assert fits[0].point == pytest.approx(fits[1].point, abs=1e-5)
    assert fits[0].sum_of_squares == pytest.approx(fits[1].sum_of_squares, rel=1e-9, abs=1e-15)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.sampled_from(SOLVERS))
def test_a_linear_model_has_the_closed_solution(seed: int, solver: Solver) -> None:
    random = np.random.default_rng(seed)
    matrix, wanted = random.normal(size=(12, 3)), random.normal(size=12)
    fit = least_squares(lambda b: matrix @ b - wanted, np.ones(3), jacobian=lambda _: matrix, method=solver)
    solution, squares, _, _ = np.linalg.lstsq(matrix, wanted)
    assert fit.point == pytest.approx(solution, abs=1e-7)
    assert fit.sum_of_squares == pytest.approx(squares[0], rel=1e-10)
    covariance = np.linalg.inv(matrix.T @ matrix) * squares[0] / 9
    assert fit.standard_deviations == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-8)


@pytest.mark.parametrize("solver", SOLVERS)
def test_without_a_jacobian_differences_are_taken(solver: Solver) -> None:
    regression = certified_regressions()["DanWood"]
    fit = least_squares(regression.residual, regression.starts[1], method=solver)
    assert log_relative_error(fit.point, regression.certified).min() >= 6
    assert fit.jacobian_evaluations > 0


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_number_of_evaluations_is_limited(solver: Solver) -> None:
    regression = certified_regressions()["MGH09"]
    fit = least_squares(
        regression.residual, regression.starts[0], jacobian=regression.jacobian, method=solver, max_evaluations=20
    )
    assert (fit.converged, fit.residual_evaluations) == (False, 20)
    assert "20 evaluations" in fit.reason
    assert fit.sum_of_squares == pytest.approx(np.square(regression.residual(fit.point)).sum(), rel=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_cannot_be_told_is_left_out(solver: Solver) -> None:
    fit = least_squares(lambda b: np.array([b[0] - 1, b[1] - 2]), [0.5, 0.5], method=solver)
    assert fit.point == pytest.approx([1, 2])
    assert fit.standard_deviations is None  # no more residuals than parameters
    fit = least_squares(lambda b: np.full(3, b[0] + b[1] - 1), [0.5, 0.2], method=solver)
    assert fit.sum_of_squares == pytest.approx(0, abs=1e-15)
    assert fit.standard_deviations is None  # only the sum of the two can be told
    fit = least_squares(lambda b: np.full(3, np.nan) * b[0], [1.0], jacobian=lambda _: np.ones((3, 1)), method=solver)
    assert not fit.converged


def test_mistakes_get_a_sentence() -> None:
    with pytest.raises(UsageError, match="Did you mean 'minpack'"):
        least_squares(lambda b: b, [1.0], method="minpac")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least as many residuals as there are parameters, 2"):
        least_squares(lambda b: b[:1], [1.0, 2.0])
    with pytest.raises(UsageError, match=r"2 columns; received \(2, 1\)"):
        least_squares(lambda b: b, [1.0, 2.0], jacobian=lambda _: np.ones((2, 1)))
    with pytest.raises(UsageError, match=r"tolerance in \[0, 1\)"):
        least_squares(lambda b: b, [1.0], tolerance=2.0)


def test_log_relative_error_counts_digits() -> None:
    assert log_relative_error(np.nan, 1.0) == 0
    assert log_relative_error(1.0, 1.0) == 11
    assert log_relative_error(1.0, 1.0, digits=4) == 4
    assert log_relative_error(-1.0, 1.0) == 0
    assert log_relative_error([1e-5, 123.4561], [0.0, 123.4560]).tolist() == pytest.approx([5, 6.0915], abs=1e-3)
