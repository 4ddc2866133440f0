import numpy as np
import pytest

from learnet.optimizers import TEST_FUNCTIONS, BenchmarkFunction, numeric_gradient, numeric_jacobian

FUNCTIONS = list(TEST_FUNCTIONS)


def points(function: BenchmarkFunction) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    start = np.array(function.start)
    return [start + 0.1, *(random.normal(size=(4, len(start))))]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rosenbrock", 24.2),
        ("beale", 14.203125),
        ("powell-singular", 215),
        ("wood", 19192),
        ("helical-valley", 2500),
        ("freudenstein-roth", 400.5),
        ("brown-badly-scaled", (1e6 - 1) ** 2 + (1 - 2e-6) ** 2 + 1),
    ],
)
def test_the_start_has_its_published_value(name: str, value: float) -> None:
    function = TEST_FUNCTIONS[name]
    assert function.value(np.array(function.start)) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_derivatives_agree_with_differences(function: BenchmarkFunction) -> None:
    tolerance = (
        1e-4 if function.name == "brown-badly-scaled" else 1e-8
    )  # values of 1e12 leave few digits to differences
    for point in points(function):
        gradient, hessian = function.gradient(point), function.hessian(point)
        assert numeric_gradient(function.value, point) == pytest.approx(
            gradient, abs=tolerance * np.abs(gradient).max()
        )
        assert numeric_jacobian(function.gradient, point) == pytest.approx(hessian, abs=1e-5 * np.abs(hessian).max())
        assert hessian == pytest.approx(hessian.T, rel=1e-12)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_minima_are_minima(function: BenchmarkFunction) -> None:
    for place in function.minimizers:
        assert function.value(np.array(place)) == pytest.approx(function.minimum, abs=1e-12)
    for place in (*function.minimizers, *function.local_minimizers):
        point = np.array(place)
        curvatures = np.linalg.eigvalsh(function.hessian(point))
        assert np.abs(function.gradient(point)).max() < 1e-8 * max(1, curvatures.max())
        assert (
            curvatures.min() > -1e-9 * curvatures.max() or function.value(point) > 30
        )  # one of Goldstein's is a saddle


def test_where_freudenstein_and_roth_mislead() -> None:
    function = TEST_FUNCTIONS["freudenstein-roth"]
    assert function.value(np.array(function.local_minimizers[0])) == pytest.approx(48.9842537, abs=1e-7)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_many_points_at_once(function: BenchmarkFunction) -> None:
    grid = np.stack(points(function), axis=-1)
    assert function.value(grid) == pytest.approx([function.value(point) for point in points(function)], rel=1e-12)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.residual], ids=lambda function: function.name)
def test_residuals_are_the_roots(function: BenchmarkFunction) -> None:
    assert function.residual is not None
    assert function.jacobian is not None
    for point in points(function):
        assert np.square(function.residual(point)).sum() == pytest.approx(function.value(point), rel=1e-12)
        slopes = function.jacobian(point)
        tolerance = 1e-5 if function.name == "brown-badly-scaled" else 1e-7
        differences = numeric_jacobian(function.residual, point)
        assert differences == pytest.approx(slopes, abs=tolerance * np.abs(slopes).max())
