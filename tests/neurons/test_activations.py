import math

import keras
import numpy as np
import pytest

from learnet.core import UsageError
from learnet.neurons import ACTIVATIONS, check_gradients
from learnet.neurons.activations import sigmoid, softmax

NAMES = ACTIVATIONS.names()
SUMS = np.random.default_rng(0).normal(0, 2, (4, 5))


@pytest.mark.parametrize("name", NAMES)
def test_every_activation_is_derived_rightly(name):
    activation = ACTIVATIONS[name]
    probe = np.random.default_rng(1).normal(size=SUMS.shape)
    check = check_gradients(
        lambda x: np.sum(probe * activation.value(x)), lambda x: activation.pull_back(x, probe), SUMS
    )
    assert check.relative_error < 1e-7
    for unit in range(5):  # a unit's own slope
        own = np.zeros_like(SUMS)
        own[:, unit] = 1
        numeric = check_gradients(lambda x, own=own: np.sum(own * activation.value(x)), own, SUMS).numeric
        np.testing.assert_allclose(activation.slope(SUMS)[:, unit], numeric[:, unit], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "activation", [record for record in ACTIVATIONS if record.keras], ids=lambda record: record.name
)
def test_values_are_those_of_keras(activation):
    theirs = np.asarray(keras.activations.get(activation.keras)(SUMS))
    np.testing.assert_allclose(activation.value(SUMS), theirs, rtol=1e-12)


def test_scaled_tanh_is_the_layers():
    from learnet.layers import scaled_tanh

    np.testing.assert_allclose(ACTIVATIONS["scaled_tanh"].value(SUMS), np.asarray(scaled_tanh(SUMS)), rtol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS["scaled_tanh"].value(np.array([1.0, -1.0])), [1.0, -1.0], atol=1e-4)


def test_known_slopes():
    zero = np.zeros(1)
    assert ACTIVATIONS["sigmoid"].slope(zero) == 0.25
    assert ACTIVATIONS["tanh"].slope(zero) == 1
    assert ACTIVATIONS["relu"].slope(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 1]
    assert ACTIVATIONS["scaled_tanh"].slope(zero).item() == pytest.approx(1.7159 * 2 / 3)


def test_extreme_sums_stay_numbers():
    assert sigmoid(np.array([-1e4, 1e4])).tolist() == [0, 1]
    assert sigmoid(np.array([-40.0])).item() == pytest.approx(math.exp(-40), rel=1e-12)
    assert softmax(np.array([[1e4, -1e4], [-1e4, -1e4]])).tolist() == [[1, 0], [0.5, 0.5]]


def test_unknown_names_get_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'sigmoid'"):
        ACTIVATIONS["sigmoit"]
