"""Keras' first-order methods, against their scalar traces: gradient 1, learning rate 0.1, from 0."""

from typing import Any

import pytest

from learnet.core import keras as import_keras

keras = import_keras()


@pytest.mark.parametrize(
    ("optimizer", "trace"),
    [
        (keras.optimizers.SGD(0.1), (-0.1, -0.2, -0.3)),
        (keras.optimizers.SGD(0.1, momentum=0.9), (-0.1, -0.29, -0.561)),
        (keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), (-0.19, -0.461, -0.8049)),
        (keras.optimizers.Adam(0.1, beta_1=0.875, beta_2=1 - 2**-10, epsilon=1e-10), (-0.1, -0.2, -0.3)),
        (
            keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.0, epsilon=1e-8),
            (-0.1, -0.1707106767, -0.2284457032),
        ),
        (keras.optimizers.RMSprop(0.1, rho=0.9, epsilon=1e-8), (-0.3162277560, -0.5456434846, -0.7377381685)),
    ],
    ids=["sgd", "momentum", "nesterov", "adam", "adagrad", "rmsprop"],
)
def test_the_trace_is_the_published_one(optimizer: Any, trace: tuple[float, ...]) -> None:
    variable = keras.Variable(0.0, dtype="float64")
    optimizer.build([variable])
    found = []
    for _ in trace:
        optimizer.apply([keras.ops.ones((), "float64")])
        found.append(float(variable.value))
    # Keras adds epsilon under the root, where the traces have it beside the root: 2e-8 apart.
    assert found == pytest.approx(trace, abs=5e-8)


def test_adam_with_its_usual_constants_takes_steps_of_the_learning_rate() -> None:
    """Keras rounds 0.999 to float32, and with it 1 - 0.999 by 1e-5: with constants of powers of two it is exact."""
    variable = keras.Variable(0.0, dtype="float64")
    optimizer = keras.optimizers.Adam(0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-8)
    optimizer.build([variable])
    for number in (1, 2, 3):
        optimizer.apply([keras.ops.ones((), "float64")])
        assert float(variable.value) == pytest.approx(-0.1 * number, rel=1e-5)
