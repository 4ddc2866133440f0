"""The compiled derivatives of networks, in float64, against central differences."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from learnet.core import MissingDependencyError, UsageError
from learnet.core import keras as import_keras
from learnet.optimizers import numeric_gradient
from learnet.optimizers.network import NetworkLoss, NetworkResiduals, Weights

keras = import_keras()
layers = keras.layers
COUNT = 7


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # the policy, once it was set, does not follow floatx
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def dense() -> Any:
    return keras.Sequential([layers.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(2)])


def convolutional() -> Any:
    return keras.Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.Conv2D(3, 3, activation="tanh"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def recurrent() -> Any:
    return keras.Sequential([layers.Input((4, 2)), layers.SimpleRNN(2), layers.Dense(1)])


def two_inputs() -> Any:
    inputs = [layers.Input((2,)), layers.Input((3,))]
    return keras.Model(inputs, layers.Dense(1)(layers.Concatenate()(inputs)))


def examples(model: Any) -> tuple[Any, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = [tuple(part.shape[1:]) for part in model.inputs]
    x = [random.normal(size=(COUNT, *shape)) for shape in shapes]
    return (x if len(x) > 1 else x[0]), random.normal(size=(COUNT, model.outputs[0].shape[-1]))


def squared(wanted: Any, answers: Any) -> Any:
    return keras.losses.mean_squared_error(wanted, answers)


BUILDERS = [dense, convolutional, recurrent, two_inputs]


@pytest.mark.slow
@pytest.mark.parametrize("build", BUILDERS)
def test_derivatives_of_the_loss(build: Callable[[], Any]) -> None:
    model = build()
    x, y = examples(model)
    weights = Weights(model, x)
    whole = NetworkLoss(weights, x, y, loss=squared, batch_size=None)
    batched = NetworkLoss(weights, x, y, loss=squared, batch_size=3)
    point = weights.get()
    vector = np.random.default_rng(1).normal(size=weights.size)
    value, gradient = whole.value_and_gradient(point)
    assert value == pytest.approx(np.mean((model(x).numpy() - y) ** 2), rel=1e-12)
    assert whole.value(point) == pytest.approx(value, rel=1e-12)
    assert numeric_gradient(whole.value, point) == pytest.approx(gradient, abs=1e-8)
    width = 1e-5
    change = whole.value_and_gradient(point + width * vector)[1] - whole.value_and_gradient(point - width * vector)[1]
    product = whole.hessian_product(point, vector)
    assert change / (2 * width) == pytest.approx(product, abs=1e-7 * np.abs(product).max())
    assert whole.hessian(point) @ vector == pytest.approx(product, rel=1e-9, abs=1e-12)
    assert batched.value(point) == pytest.approx(value, rel=1e-12)
    assert batched.value_and_gradient(point)[1] == pytest.approx(gradient, rel=1e-9, abs=1e-14)
    assert batched.hessian_product(point, vector) == pytest.approx(product, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("build", BUILDERS)
def test_derivatives_of_the_errors(build: Callable[[], Any]) -> None:
    model = build()
    x, y = examples(model)
    weights = Weights(model, x)
    point = weights.get()
    whole, batched = (NetworkResiduals(weights, x, y, batch_size=size) for size in (None, 3))
    residual, jacobian = whole.residual(point), whole.jacobian(point)
    assert residual == pytest.approx((model(x).numpy() - y).ravel() / np.sqrt(y.size), rel=1e-12)
    gradient = NetworkLoss(weights, x, y, loss=squared, batch_size=None).value_and_gradient(point)[1]
    assert 2 * jacobian.T @ residual == pytest.approx(gradient, rel=1e-9, abs=1e-13)
    one = np.zeros(len(residual))
    one[-1] = 1.0
    assert numeric_gradient(lambda v: float(whole.residual(v) @ one), point) == pytest.approx(jacobian[-1], abs=1e-9)
    normal = batched.normal(point)
    assert normal.value == pytest.approx(residual @ residual, rel=1e-12)
    assert normal.slope == pytest.approx(gradient / 2, rel=1e-9, abs=1e-13)
    assert normal.matrix == pytest.approx(jacobian.T @ jacobian, rel=1e-9, abs=1e-13)


def test_regularisers_are_part_of_the_loss() -> None:
    model = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(4, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.1)),
            layers.Dense(2, activity_regularizer=keras.regularizers.L1(0.01)),
        ]
    )
    x, y = examples(model)
    weights = Weights(model, x)
    point = weights.get()
    loss = NetworkLoss(weights, x, y, loss=squared, batch_size=None)
    answers = model(x).numpy()
    kernel = model.layers[0].kernel.numpy()
    wanted = np.mean((answers - y) ** 2) + 0.1 * np.sum(kernel**2) + 0.01 * np.abs(answers).sum() / COUNT
    assert loss.value(point) == pytest.approx(wanted, rel=1e-7)  # Keras' factors are float32
    assert numeric_gradient(loss.value, point) == pytest.approx(loss.value_and_gradient(point)[1], abs=1e-8)
    assert NetworkLoss(weights, x, y, loss=squared, batch_size=2).value(point) == pytest.approx(
        loss.value(point), rel=1e-9
    )


def test_weights_go_in_and_come_out() -> None:
    model = dense()
    weights = Weights(model, np.zeros((1, 3)))
    point = np.arange(weights.size, dtype=np.float64)
    weights.set(point)
    assert np.array_equal(weights.get(), point)
    assert model.layers[0].kernel.numpy()[0].tolist() == [0, 1, 2, 3]


def test_what_cannot_be_trained_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.zeros((1, 3))
    frozen = dense()
    frozen.trainable = False
    with pytest.raises(UsageError, match="no trainable weights"):
        Weights(frozen, x)
    inputs = layers.Input((3,))
    with pytest.raises(UsageError, match="several outputs"):
        Weights(keras.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(1)(inputs)]), x)
    wide = keras.Sequential([layers.Input((3,)), layers.Dense(2_000)])
    weights = Weights(wide, x)
    loss = NetworkLoss(weights, x, np.zeros((1, 2_000)), loss=squared, batch_size=None)
    with pytest.raises(UsageError, match=r"which is 8000; at most 5000 are allowed\. Use 'newton-cg'"):
        loss.hessian(weights.get())
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(MissingDependencyError, match=r"Keras runs on 'jax'. Set KERAS_BACKEND=tensorflow"):
        Weights(dense(), x)
