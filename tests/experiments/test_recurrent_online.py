import keras
import numpy as np
import pytest
import tensorflow as tf

from learnet.core import generator
from learnet.experiments.recurrent_online import OnlineConfig, OnlineElman
from learnet.layers import ElmanCell

pytestmark = pytest.mark.slow


def keras_twin(network, number, inputs, outputs):
    """Return cell and output layer of Keras with the weights of one of the networks."""
    cell, head = ElmanCell(network.config.hidden, one_step=True), keras.layers.Dense(outputs, activation="sigmoid")
    cell.build((None, inputs))
    head.build((None, network.config.hidden))
    first, second = network.first[number], network.second[number]
    cell.set_weights([first[:inputs], first[inputs:-1], first[-1]])
    head.set_weights([second[:-1], second[-1]])
    return cell, head


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_learning_is_that_of_keras_element_by_element(momentum):
    config = OnlineConfig(hidden=4, learning_rate=0.3, momentum=momentum, scale=1.0)
    randoms = [generator(seed, "weights") for seed in range(2)]
    network = OnlineElman(config, inputs=3, outputs=2, randoms=randoms)
    random = np.random.default_rng(0)
    inputs = random.integers(0, 2, (30, 2, 3)).astype(np.float32)
    targets = random.integers(0, 2, (30, 2, 2)).astype(np.float32)
    twins = [keras_twin(network, number, 3, 2) for number in range(2)]
    said = network.learn(inputs, targets)
    for number, (cell, head) in enumerate(twins):
        variables = [*cell.trainable_variables, *head.trainable_variables]
        optimizer = keras.optimizers.SGD(0.3, momentum=momentum)
        states = cell.get_initial_state(1)
        for step in range(30):
            with tf.GradientTape() as tape:
                hidden, states = cell(inputs[step, number][None], states)
                output = head(hidden)
                loss = tf.reduce_sum((output - targets[step, number]) ** 2) / 2
            assert np.asarray(output)[0] == pytest.approx(said[step, number], abs=1e-5)
            optimizer.apply(tape.gradient(loss, variables), variables)
        assert np.asarray(cell.recurrent_kernel) == pytest.approx(network.first[number, 3:-1], abs=1e-4)
        assert np.asarray(head.kernel) == pytest.approx(network.second[number, :-1], abs=1e-4)


def test_networks_do_not_know_of_each_other():
    config = OnlineConfig(hidden=3, learning_rate=0.5)
    stream = np.random.default_rng(0).integers(0, 2, (50, 1, 1)).astype(np.float32)
    together = OnlineElman(config, inputs=1, outputs=1, randoms=[generator(seed, "w") for seed in range(3)])
    alone = OnlineElman(config, inputs=1, outputs=1, randoms=[generator(2, "w")])
    many = np.repeat(stream, 3, axis=1)
    np.testing.assert_allclose(
        together.learn(many[:-1], many[1:])[:, 2:], alone.learn(stream[:-1], stream[1:]), atol=1e-6
    )


def test_without_context_the_past_changes_nothing():
    config = OnlineConfig(hidden=3, learning_rate=0.5, context=False)
    network = OnlineElman(config, inputs=1, outputs=1, randoms=[generator(0, "w")])
    stream = np.float32([0, 1, 1, 0, 1, 0])[:, None, None]
    network.learn(stream[:-1], stream[1:])
    outputs, hidden = network.predict(stream)
    assert len(np.unique(outputs)) == 2
    assert hidden.shape == (6, 1, 3)
