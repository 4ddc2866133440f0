import keras
import numpy as np
import pytest

from learnet.core import UsageError
from learnet.neurons import ACTIVATIONS, LOSSES, SmallNetwork, check_gradients

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(6, 3))
TARGETS = {
    "numbers": RANDOM.normal(size=(6, 2)),
    "0 or 1": RANDOM.integers(0, 2, (6, 2)).astype(float),
    "shares": RANDOM.dirichlet([1, 1], 6),
    "-1 or 1": RANDOM.choice([-1.0, 1.0], (6, 2)),
}


@pytest.mark.parametrize("activation", ACTIVATIONS.names())
@pytest.mark.parametrize("loss", LOSSES.names())
def test_every_activation_with_every_loss_is_derived_rightly(activation, loss):
    network = SmallNetwork(sizes=(3, 4, 3, 2), activations=(activation, activation, "linear"), loss=loss)
    (weights,) = network.initial(seeds=[1])
    targets = TARGETS[LOSSES[loss].targets]
    check = check_gradients(
        lambda w: network.loss_and_gradient(w, INPUTS, targets)[0],
        lambda w: network.loss_and_gradient(w, INPUTS, targets)[1],
        weights,
    )
    assert check.relative_error < 1e-7


def test_outputs_are_those_of_the_same_keras_network():
    network = SmallNetwork(sizes=(3, 5, 2), activations=("tanh", "softmax"))
    (weights,) = network.initial(seeds=[0])
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="float64"),
            keras.layers.Dense(5, "tanh", dtype="float64"),
            keras.layers.Dense(2, "softmax", dtype="float64"),
        ]
    )
    model.set_weights([weights[:15].reshape(3, 5), weights[15:20], weights[20:30].reshape(5, 2), weights[30:]])
    np.testing.assert_allclose(network.outputs(weights, INPUTS), np.asarray(model(INPUTS)), rtol=1e-12)


def test_networks_side_by_side_are_those_alone():
    network = SmallNetwork(sizes=(3, 4, 2), activations=("sigmoid", "linear"))
    weights = network.initial(seeds=range(5))
    losses, gradients = network.loss_and_gradient(weights, INPUTS, TARGETS["numbers"])
    for number in range(5):
        (alone,) = network.initial(seeds=[number])
        loss, gradient = network.loss_and_gradient(alone, INPUTS, TARGETS["numbers"])
        assert losses[number] == pytest.approx(loss, rel=1e-14)
        np.testing.assert_allclose(gradients[number], gradient, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"sizes": (2,), "activations": ()}, "at least two layers"),
        ({"sizes": (2, 1), "activations": ()}, "an activation for each but the first"),
        ({"sizes": (2, 1), "activations": ("tahn",)}, "Did you mean 'tanh'"),
        ({"sizes": (2, 1), "activations": ("tanh",), "loss": "hing"}, "Did you mean 'hinge'"),
    ],
)
def test_mistakes_are_named(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        SmallNetwork(**arguments)


def test_weights_of_another_network_are_refused():
    network = SmallNetwork(sizes=(2, 1), activations=("tanh",))
    with pytest.raises(UsageError, match="has 3 weights; received 4"):
        network.outputs(np.zeros(4), np.zeros((1, 2)))
