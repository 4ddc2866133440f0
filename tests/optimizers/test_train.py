from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from learnet.core import DataError, UsageError
from learnet.core import keras as import_keras
from learnet.optimizers import MethodOptions, least_squares, minimize

keras = import_keras()
layers = keras.layers
METHODS = ["newton", "newton-cg", "cg", "bfgs", "l-bfgs", "levenberg-marquardt"]


def curve() -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-1, 1, 60)[:, None]
    return x, np.sin(3 * x)


def small(dtype: str = "float64", seed: int = 0) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [layers.Input((1,), dtype=dtype), layers.Dense(4, activation="tanh", dtype=dtype), layers.Dense(1, dtype=dtype)]
    )


def error(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((model(x).numpy() - y) ** 2))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_fits_a_curve(method: str) -> None:
    x, y = curve()
    model = small()
    before = error(model, x, y)
    found = minimize(model, x, y, method=method, target=1e-3, gradient_tolerance=0.0)
    assert found.converged, found.reason
    assert found.history[0] == pytest.approx(before, rel=1e-9)
    assert error(model, x, y) == pytest.approx(found.value, rel=1e-9)
    assert found.value <= 1e-3
    assert found.method == method
    assert found.point == pytest.approx(np.concatenate([w.ravel() for w in model.get_weights()]))
    assert (found.hessian_evaluations > 0) == (method == "newton")
    assert (found.hessian_products > 0) == (method == "newton-cg")
    assert (found.jacobian_evaluations > 0) == (method == "levenberg-marquardt")


def test_gradient_descent_is_keras_own() -> None:
    x, y = curve()
    model, oracle = small("float32"), small("float32")
    oracle.compile(keras.optimizers.SGD(0.1), "mean_squared_error", jit_compile=False)
    oracle.fit(x.astype("float32"), y, batch_size=len(x), epochs=5, verbose=0)
    options = MethodOptions(learning_rate=0.1)
    found = minimize(model, x.astype("float32"), y, method="gd", max_iterations=5, options=options, batch_size=17)
    for weight, wanted in zip(model.get_weights(), oracle.get_weights(), strict=True):
        assert weight == pytest.approx(wanted, abs=1e-6)
    assert found.iterations == 5
    assert (np.diff(found.history) < 0).all()


def test_in_float32_the_loss_still_falls_a_hundredfold() -> None:
    x, y = curve()
    model = small("float32")
    found = minimize(model, x.astype("float32"), y, method="l-bfgs")
    assert found.value < found.history[0] / 100
    assert error(model, x.astype("float32"), y) == pytest.approx(found.value, rel=1e-4)


def test_both_solvers_of_levenberg_and_marquardt_reach_the_same_weights() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    teacher = keras.Sequential(
        [layers.Input((3,), dtype="float64"), layers.Dense(1, activation="tanh", dtype="float64")]
    )
    teacher.set_weights([np.array([[0.5], [-1.0], [0.3]]), np.array([0.2])])
    y = teacher(x).numpy() + 0.1 * np.random.default_rng(1).normal(size=(40, 1))
    points = []
    for solver in ("minpack", "normal-equations"):
        teacher.set_weights([np.zeros((3, 1)), np.zeros(1)])
        found = minimize(
            teacher, x, y, method="lm", gradient_tolerance=0.0, batch_size=16, options=MethodOptions(solver=solver)
        )
        assert found.converged
        points.append(found.point)
    assert points[1] == pytest.approx(points[0], abs=1e-8)
    fit = least_squares(lambda b: np.tanh(x @ b[:3] + b[3]) - y[:, 0], np.zeros(4))
    assert points[0] == pytest.approx(fit.point, abs=1e-7)


def test_more_weights_than_answers_are_for_the_normal_equations() -> None:
    x, y = curve()
    found = minimize(small(), x[::8], y[::8], method="levenberg-marquardt", target=1e-12, gradient_tolerance=0.0)
    assert found.converged
    with pytest.raises(UsageError, match="at least as many answers as weights; there are 8 and 13"):
        minimize(small(), x[::8], y[::8], method="lm", options=MethodOptions(solver="minpack"))


@pytest.mark.parametrize("method", ["newton", "newton-cg", "cg", "bfgs", "l-bfgs"])
def test_logistic_regression_is_scikit_learns(method: str) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(150, 4))
    y = np.argmax(x @ random.normal(size=(4, 3)) + random.normal(size=(150, 3)), axis=1)
    oracle = LogisticRegression(C=1.0, tol=1e-12, max_iter=1_000).fit(x, y)
    penalty = keras.regularizers.L2(1 / (2 * len(x)))
    model = keras.Sequential(
        [layers.Input((4,), dtype="float64"), layers.Dense(3, dtype="float64", kernel_regularizer=penalty)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = minimize(model, x, y, method=method, loss=loss, gradient_tolerance=1e-9)
    kernel, bias = model.get_weights()
    assert pytest.approx(oracle.coef_, abs=1e-6) == kernel.T
    assert bias - bias.mean() == pytest.approx(oracle.intercept_ - oracle.intercept_.mean(), abs=1e-6)
    assert found.gradient_norm < 1e-6


def test_the_path_and_each_iteration_are_told() -> None:
    x, y = curve()
    told: list[float] = []
    model = small()
    start = np.concatenate([weight.ravel() for weight in model.get_weights()])
    found = minimize(
        model, x, y, max_iterations=4, keep_path=True, on_iteration=lambda iteration: told.append(iteration.value)
    )
    assert found.path is not None
    assert found.path.shape == (5, 13)
    assert np.array_equal(found.path[0], start)
    assert told == list(found.history)


def test_losses_by_name_object_and_function_are_the_same() -> None:
    x, y = curve()

    def squares(wanted: Any, answers: Any) -> Any:
        return keras.ops.mean(keras.ops.square(wanted - answers), axis=-1)

    values = [
        minimize(small(), x, y, loss=loss, max_iterations=2).value
        for loss in ("mean_squared_error", "MeanSquaredError", keras.losses.MeanSquaredError(), squares)
    ]
    assert values == pytest.approx([values[0]] * 4, rel=1e-9)


def test_an_interrupted_model_keeps_its_weights() -> None:
    x, y = curve()
    model = small()
    before = model.get_weights()

    def interrupt(iteration: Any) -> None:
        if iteration.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimize(model, x, y, on_iteration=interrupt)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_model_without_shapes_is_built() -> None:
    x, y = curve()
    model = keras.Sequential([layers.Dense(3, activation="tanh"), layers.Dense(1)])
    found = minimize(model, x, y, max_iterations=3)
    assert len(found.point) == 10
    assert found.value < found.history[0]


def test_mistakes_get_a_sentence() -> None:
    x, y = curve()
    regularised = keras.Sequential([layers.Input((1,)), layers.Dense(1, kernel_regularizer="l2")])
    with pytest.raises(UsageError, match="Did you mean 'l-bfgs'"):
        minimize(small(), x, y, method="l-bfg")
    with pytest.raises(UsageError, match="Keras knows no loss named 'squares'"):
        minimize(small(), x, y, loss="squares")
    with pytest.raises(UsageError, match="reduction is 'sum'"):
        minimize(small(), x, y, loss=keras.losses.MeanSquaredError(reduction="sum"))
    with pytest.raises(UsageError, match="received 3"):
        minimize(small(), x, y, loss=3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="mean squared error, not 'mean_absolute_error'"):
        minimize(small(), x, y, method="lm", loss="mean_absolute_error")
    with pytest.raises(UsageError, match="has regularisers"):
        minimize(regularised, x, y, method="lm")
    with pytest.raises(UsageError, match="batch size must be at least 1; received 0"):
        minimize(small(), x, y, batch_size=0)
    with pytest.raises(UsageError, match="'cg' has no solver"):
        minimize(small(), x, y, method="cg", options=MethodOptions(solver="minpack"))
    with pytest.raises(DataError, match=r"received \[60\] examples and 59 answers"):
        minimize(small(), x, y[1:])
    with pytest.raises(DataError, match=r"answers 1 numbers .* answers of shape \(2,\)"):
        minimize(small(), x, np.ones((60, 2)), method="lm")
