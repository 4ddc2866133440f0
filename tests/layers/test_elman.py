import keras
import numpy as np
import pytest
import tensorflow as tf

from learnet.layers import ElmanCell, elman_step

UNITS, WIDTH, STEPS, BATCH = 3, 2, 4, 5


def made(**options):
    """Return a layer of double precision, its weights, sequences and a lopsided slope for the loss."""
    random = np.random.default_rng(0)
    layer = keras.layers.RNN(ElmanCell(UNITS, dtype="float64", **options), return_sequences=True, dtype="float64")
    layer.build((BATCH, STEPS, WIDTH))
    weights = [random.normal(size=weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    return layer, weights, random.normal(size=(BATCH, STEPS, WIDTH)), random.normal(size=(BATCH, STEPS, UNITS))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def trajectory(weights, inputs, *, start=0.5, contexts=None):
    """Return the hidden units at all steps; from the given contexts if they come."""
    kernel, recurrent, bias = weights
    context, said = np.full((len(inputs), UNITS), start), []
    for step in range(inputs.shape[1]):
        if contexts is not None:
            context = contexts[step]
        context = sigmoid(inputs[:, step] @ kernel + context @ recurrent + bias)
        said.append(context)
    return np.stack(said, axis=1)


def gradients(layer, inputs, slope):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs) * slope)
    return tape.gradient(loss, layer.trainable_variables)


def numeric(loss, weights):
    """Return the central differences of a loss with respect to each weight."""
    found = []
    for weight in weights:
        slopes = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            kept = weight[place]
            weight[place] = kept + 1e-5
            above = loss()
            weight[place] = kept - 1e-5
            slopes[place] = (above - loss()) / 2e-5
            weight[place] = kept
        found.append(slopes)
    return found


def test_states_are_those_of_the_equations():
    layer, weights, inputs, _ = made()
    np.testing.assert_allclose(layer(inputs), trajectory(weights, inputs), rtol=1e-12)


def test_the_context_starts_where_it_is_told():
    layer, weights, inputs, _ = made(initial_context=-1.0)
    np.testing.assert_allclose(layer(inputs), trajectory(weights, inputs, start=-1.0), rtol=1e-12)


def test_gradient_through_time_is_that_of_finite_differences():
    layer, weights, inputs, slope = made()

    def loss():
        return (trajectory(weights, inputs) * slope).sum()

    expected = numeric(loss, weights)
    for one, other in zip(gradients(layer, inputs, slope), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)


def test_published_gradient_takes_the_context_for_an_input():
    layer, weights, inputs, slope = made(one_step=True)
    said = trajectory(weights, inputs)
    contexts = [np.full((BATCH, UNITS), 0.5), *(said[:, step] for step in range(STEPS - 1))]

    def loss():
        return (trajectory(weights, inputs, contexts=contexts) * slope).sum()

    expected = numeric(loss, weights)
    found = gradients(layer, inputs, slope)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)
    through_time, *_ = made()
    through_time.set_weights(weights)
    assert all(
        not np.allclose(one, other, rtol=0.01)
        for one, other in zip(found, gradients(through_time, inputs, slope), strict=True)
    )


def test_stacked_networks_are_each_of_them():
    random = np.random.default_rng(1)
    inputs, context = random.normal(size=(3, 4, WIDTH)), random.normal(size=(3, 4, UNITS))
    weights = [random.normal(size=(3, *shape)) for shape in ((WIDTH, UNITS), (UNITS, UNITS), (1, UNITS))]
    together = elman_step(inputs, context, *weights)
    for number in range(3):
        alone = elman_step(inputs[number], context[number], *(weight[number] for weight in weights))
        np.testing.assert_allclose(together[number], alone, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, in its saving
def test_it_is_saved_and_loaded_like_any_layer(tmp_path):
    cell = ElmanCell(UNITS, activation="tanh", one_step=True, initial_context=0.25, kernel_initializer="he_normal")
    assert ElmanCell.from_config(cell.get_config()).get_config() == cell.get_config()
    model = keras.Sequential([keras.Input((STEPS, WIDTH)), keras.layers.RNN(cell)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = np.random.default_rng(0).normal(size=(BATCH, STEPS, WIDTH)).astype("float32")
    assert np.array_equal(loaded(inputs), model(inputs))
    assert loaded.layers[0].cell.get_config() == cell.get_config()
