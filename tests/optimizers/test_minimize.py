from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.optimizers import METHODS, TEST_FUNCTIONS, Iteration, MethodOptions, Minimum, minimize_function
from learnet.optimizers.descend import descend
from learnet.optimizers.directions import BFGS, LimitedBFGS
from learnet.optimizers.objective import Counted, PlainFunction
from learnet.optimizers.records import Stopping
from learnet.optimizers.steps import ExactStep
from learnet.optimizers.watch import Watch

EXACT = MethodOptions(line_search="exact")
SIZE = 20


def solved(name: str, method: str, **options: object) -> Minimum:
    function = TEST_FUNCTIONS[name]
    return minimize_function(
        function.value,
        function.start,
        gradient=function.gradient,
        hessian=function.hessian,
        method=method,
        **options,  # type: ignore[arg-type]
    )


def quadratic(condition: float, size: int = SIZE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a symmetric positive definite matrix, the minimum of its quadratic, and a start."""
    random = np.random.default_rng(1)
    basis = np.linalg.qr(random.normal(size=(size, size)))[0]
    matrix = basis * np.geomspace(1, condition, size) @ basis.T
    return (matrix + matrix.T) / 2, random.normal(size=size), np.zeros(size)


def of_quadratic(matrix: np.ndarray, centre: np.ndarray) -> PlainFunction:
    return PlainFunction(
        function=lambda v: float((v - centre) @ matrix @ (v - centre) / 2), gradient=lambda v: matrix @ (v - centre)
    )


def test_newton_takes_the_published_six_steps_through_rosenbrocks_valley() -> None:
    found = solved("rosenbrock", "newton", keep_path=True)
    assert found.iterations == 6
    published = (24.2, 4.731884, 1411.845, 0.05596552, 0.3131891, 1.8527e-11, 3.4326e-20)
    assert found.history == pytest.approx(published, rel=1e-4)
    assert found.hessian_evaluations == 6
    assert found.path is not None
    assert found.path[1] == pytest.approx([-1.1752809, 1.3806742], rel=1e-7)
    assert solved("rosenbrock", "newton", gradient_tolerance=1e-12).history[7] == 0


def test_newton_is_only_linear_where_the_hessian_is_singular() -> None:
    """Each step on Powell's function multiplies the distance by 2/3, the value by (2/3)^4."""
    history = solved("powell-singular", "newton").history
    assert np.divide(history[2:], history[1:-1]) == pytest.approx((2 / 3) ** 4, rel=1e-6)


@pytest.mark.parametrize("method", ["cg", "bfgs", "l-bfgs", "newton-cg"])
@pytest.mark.parametrize("name", ["rosenbrock", "beale", "wood", "helical-valley", "powell-singular"])
def test_every_method_solves_the_classic_functions(name: str, method: str) -> None:
    # Near Wood's saddle the last bits of a processor's sums decide how long SciPy's Newton-CG creeps.
    found = solved(name, method, max_iterations=5_000)
    function = TEST_FUNCTIONS[name]
    assert found.converged
    assert np.abs(function.gradient(found.point)).max() < 1e-6
    assert found.gradient_norm == pytest.approx(np.abs(function.gradient(found.point)).max(), rel=1e-12)
    if name == "powell-singular":
        if method != "newton-cg":  # it creeps where the Hessian is singular
            assert solved(name, method, target=1e-10, gradient_tolerance=0.0).converged
    else:
        assert found.point == pytest.approx(function.minimizers[0], abs=1e-4)


@pytest.mark.parametrize(("method", "iterations"), [("cg", 14), ("bfgs", 9), ("newton", 6)])
def test_freudenstein_and_roth_lead_into_the_local_minimum(method: str, iterations: int) -> None:
    found = solved("freudenstein-roth", method)
    assert found.value == pytest.approx(48.9842537, abs=1e-7)
    assert found.iterations == iterations


@pytest.mark.parametrize("method", ["newton", "newton-cg", "cg", "bfgs", "l-bfgs"])
def test_other_functions(method: str) -> None:
    himmelblau = TEST_FUNCTIONS["himmelblau"]
    found = solved("himmelblau", method)
    assert min(np.abs(found.point - place).max() for place in np.array(himmelblau.minimizers)) < 1e-6
    assert solved("goldstein-price", method).point == pytest.approx([0, -1], abs=1e-6)
    assert solved("brown-badly-scaled", method).point == pytest.approx([1e6, 2e-6], rel=1e-6)


@pytest.mark.parametrize(("method", "solver"), [("cg", "CG"), ("bfgs", "BFGS"), ("l-bfgs", "L-BFGS-B")])
@pytest.mark.parametrize("name", ["rosenbrock", "wood", "helical-valley"])
def test_the_steps_are_scipys(name: str, method: str, solver: str) -> None:
    function = TEST_FUNCTIONS[name]
    values = []
    oracle = scipy.optimize.minimize(
        function.value,
        function.start,
        jac=function.gradient,
        method=solver,
        options={"gtol": 1e-6, "maxiter": 500} | ({"ftol": 0.0} if method == "l-bfgs" else {}),
        callback=lambda point: values.append(function.value(point)),
    )
    found = solved(name, method)
    assert found.history[1:] == pytest.approx(values, rel=1e-12)
    assert (found.iterations, found.function_evaluations) == (oracle.nit, oracle.nfev)
    assert np.array_equal(found.point, oracle.x)


@pytest.mark.parametrize(("method", "condition"), [("cg", 10.0), ("bfgs", 100.0), ("l-bfgs", 100.0)])
def test_a_quadratic_takes_no_more_steps_than_it_has_dimensions(method: str, condition: float) -> None:
    """With a condition of 30, rounding costs conjugate gradients an extra step, by the textbook's formula, too."""
    matrix, centre, start = quadratic(condition)
    objective = of_quadratic(matrix, centre)
    found = minimize_function(
        objective.function,
        start,
        gradient=objective.gradient,
        method=method,
        max_iterations=SIZE,
        gradient_tolerance=0.0,
        options=replace(EXACT, memory=SIZE if method == "l-bfgs" else None),
    )
    assert found.iterations <= SIZE
    assert found.point == pytest.approx(centre, abs=1e-8)


def watched(direction: BFGS | LimitedBFGS, size: int = 8, steps: int = 8) -> Watch:
    matrix, centre, start = quadratic(10.0, size)
    watch = Watch(Stopping(max_iterations=steps, gradient_tolerance=0.0), keep_path=True)
    descend(Counted(of_quadratic(matrix, centre)), start, direction=direction, step=ExactStep(), watch=watch)
    return watch


def test_bfgs_walks_where_conjugate_gradients_walk_and_learns_the_inverse_hessian() -> None:
    matrix, centre, start = quadratic(10.0, 8)
    objective, direction = of_quadratic(matrix, centre), BFGS()
    conjugate = minimize_function(
        objective.function,
        start,
        gradient=objective.gradient,
        method="cg",
        options=EXACT,
        max_iterations=8,
        gradient_tolerance=0.0,
        keep_path=True,
    )
    watch = watched(direction)
    assert watch.path is not None
    assert conjugate.path is not None
    assert watch.path[:8] == pytest.approx(conjugate.path[:8], abs=1e-9)
    direction(watch.point, objective.slope(watch.point))  # takes the last pair in
    assert direction.inverse == pytest.approx(np.linalg.inv(matrix), abs=1e-6)


def test_limited_memory_bfgs_is_bfgs_when_it_forgets_nothing() -> None:
    assert watched(LimitedBFGS(8, scaled=False)).path == pytest.approx(watched(BFGS()).path, abs=1e-9)


@pytest.mark.parametrize("condition", [2.0, 10.0, 100.0])
def test_steepest_descent_contracts_as_cauchys_theorem_says(condition: float) -> None:
    """From the worst start, on the axes of the extreme curvatures, every step contracts by the bound exactly."""
    found = minimize_function(
        lambda v: float(v[0] ** 2 + condition * v[1] ** 2) / 2,
        [condition, 1.0],
        gradient=lambda v: v * [1, condition],
        method="gd",
        options=EXACT,
        max_iterations=20,
    )
    assert np.divide(found.history[1:], found.history[:-1]) == pytest.approx(
        ((condition - 1) / (condition + 1)) ** 2, rel=1e-6
    )


@settings(max_examples=25, deadline=None)
@given(
    rate=st.floats(0.01, 1.8),
    start=st.floats(-10, 10).filter(lambda value: abs(value) > 0.1),
    curvature=st.floats(0.1, 1.0),
)
def test_gradient_descent_on_a_parabola_is_a_geometric_series(rate: float, start: float, curvature: float) -> None:
    found = minimize_function(
        lambda v: float(curvature * v[0] ** 2 / 2),
        [start],
        gradient=lambda v: curvature * v,
        method="gd",
        options=MethodOptions(learning_rate=rate),
        max_iterations=5,
        gradient_tolerance=0.0,
        keep_path=True,
    )
    assert found.path is not None
    assert found.path[:, 0] == pytest.approx(start * (1 - rate * curvature) ** np.arange(6), rel=1e-9, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["cg", "bfgs", "l-bfgs", "gd", "newton"]), st.tuples(st.floats(-2, 2), st.floats(-2, 2)))
def test_line_searches_never_go_uphill(method: str, start: tuple[float, float]) -> None:
    function = TEST_FUNCTIONS["rosenbrock"]
    search = "backtracking" if method in ("gd", "newton") else None
    found = minimize_function(
        function.value,
        start,
        gradient=function.gradient,
        hessian=function.hessian,
        method=method,
        max_iterations=30,
        options=MethodOptions(line_search=search, damping=1e-3 if method == "newton" else None),
    )
    assert (np.diff(found.history) <= 0).all()


def test_damping_takes_newton_out_of_a_saddle() -> None:
    """Pure Newton goes from Beale's start to a saddle point in one step; damped it finds the minimum."""
    assert solved("beale", "newton").point == pytest.approx([0, 1])
    damped = solved("beale", "newton", options=MethodOptions(damping=1e-3, line_search="backtracking"))
    assert damped.point == pytest.approx([3, 0.5], abs=1e-5)
    assert np.all(np.diff(damped.history) < 0)


@pytest.mark.parametrize("method", ["newton", "newton-cg", "bfgs"])
def test_missing_derivatives_are_taken_by_differences(method: str) -> None:
    function = TEST_FUNCTIONS["rosenbrock"]
    found = minimize_function(function.value, function.start, method=method, gradient_tolerance=1e-4)
    assert found.point == pytest.approx([1, 1], abs=1e-4)
    found = minimize_function(function.value, function.start, gradient=function.gradient, method=method)
    assert found.point == pytest.approx([1, 1], abs=1e-6)


def test_hessian_products_and_hessians_stand_in_for_each_other() -> None:
    function = TEST_FUNCTIONS["wood"]

    def product(point: np.ndarray, vector: np.ndarray) -> np.ndarray:
        return function.hessian(point) @ vector

    for method in ("newton", "newton-cg"):
        found = minimize_function(
            function.value, function.start, gradient=function.gradient, hessian_product=product, method=method
        )
        assert found.history == pytest.approx(solved("wood", method).history, rel=1e-6, abs=1e-12)
    assert found.hessian_products > found.iterations
    assert found.hessian_evaluations == 0


def test_what_stops_it() -> None:
    told: list[Iteration] = []
    found = solved("rosenbrock", "bfgs", target=1.0, on_iteration=told.append)
    assert found.converged
    assert found.value <= 1.0 < found.history[-2]
    assert "target, 1" in found.reason
    assert [step.value for step in told] == list(found.history)
    assert [step.number for step in told] == list(range(found.iterations + 1))
    found = solved("rosenbrock", "cg", max_iterations=3)
    assert (found.converged, found.iterations, len(found.history)) == (False, 3, 4)
    assert "3 iterations" in found.reason
    found = solved("rosenbrock", "l-bfgs", value_tolerance=0.5)
    assert found.history[-2] - found.history[-1] <= 0.5 * found.history[-2]
    assert "no more than 0.5" in found.reason
    assert solved("rosenbrock", "bfgs", max_iterations=0).point == pytest.approx([-1.2, 1])


def test_a_start_at_the_minimum_is_left_alone() -> None:
    for method in ("gd", "newton", "newton-cg", "cg", "bfgs", "l-bfgs"):
        found = minimize_function(lambda v: float(v @ v), [0.0, 0.0], gradient=lambda v: 2 * v, method=method)
        assert (found.iterations, found.function_evaluations, found.converged) == (0, 1, True)


def test_too_large_a_learning_rate_is_said_to_diverge() -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        found = solved("rosenbrock", "gd", options=MethodOptions(learning_rate=1.0))
    assert not found.converged
    assert "diverge" in found.reason


def test_a_singular_hessian_and_a_dead_end_are_said() -> None:
    found = minimize_function(
        lambda v: float(v[0]),
        [1.0, 1.0],
        gradient=lambda _: np.array([1.0, 0.0]),
        hessian=lambda _: np.zeros((2, 2)),
        method="newton",
    )
    assert "singular" in found.reason
    found = minimize_function(
        lambda v: float(v @ v),
        [1.0],
        gradient=lambda v: -2 * v,
        method="gd",
        options=MethodOptions(line_search="backtracking"),
    )
    assert "lowers the value" in found.reason
    found = minimize_function(lambda v: float(v @ v), [1.0], gradient=lambda v: -2 * v, method="bfgs")
    assert "SciPy" in found.reason
    assert not found.converged


def test_mistakes_get_a_sentence() -> None:
    def call(**options: object) -> None:
        minimize_function(lambda v: float(v @ v), [1.0], gradient=lambda v: 2 * v, **options)  # type: ignore[arg-type]

    with pytest.raises(UsageError, match="Did you mean 'newton-cg'"):
        call(method="newton-gc")
    with pytest.raises(UsageError, match="use least_squares"):
        call(method="levenberg-marquardt")
    with pytest.raises(UsageError, match="'bfgs' has no damping: it is an option of newton"):
        call(method="bfgs", options=MethodOptions(damping=1.0))
    with pytest.raises(UsageError, match=r"no line search 'wolfe'. Choose one of: none, backtracking, exact"):
        call(method="gd", options=MethodOptions(line_search="wolfe"))
    with pytest.raises(UsageError, match="max_iterations must be at least 0; received -1"):
        call(max_iterations=-1)
    with pytest.raises(UsageError, match="shape"):
        minimize_function(lambda v: v, [1.0, 2.0])  # type: ignore[arg-type, return-value]
    with pytest.raises(UsageError, match="gradient must have the start's shape"):
        minimize_function(lambda v: float(v @ v), [1.0, 2.0], gradient=lambda v: v[:1])
    with pytest.raises(UsageError, match="vector of finite numbers"):
        minimize_function(lambda v: float(v @ v), [np.nan])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "learning rate must be greater than 0"),
        ({"damping": -1.0}, "damping must be at least 0"),
        ({"memory": 0}, "at least 1 pair"),
        ({"line_search": "wolf"}, "Did you mean 'wolfe'"),
        ({"solver": "minpak"}, "Did you mean 'minpack'"),
    ],
)
def test_options_out_of_range_get_a_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MethodOptions(**options)  # type: ignore[arg-type]


def test_the_table_names_the_methods() -> None:
    assert METHODS.names() == ["gd", "newton", "newton-cg", "cg", "bfgs", "l-bfgs", "levenberg-marquardt"]
    assert METHODS["LM"].name == "levenberg-marquardt"
