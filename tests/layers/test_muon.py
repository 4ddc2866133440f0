import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import keras as import_keras
from learnet.layers import Muon
from learnet.layers.muon import orthogonal


def by_singular_values(matrix):
    """Return the three iterations as the odd polynomial of the singular values that they are, in float64."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    values = values / np.sqrt((values**2).sum())
    for _ in range(3):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return left @ np.diag(values) @ right


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_the_iterations_are_a_polynomial_of_the_singular_values(rows, columns, seed):
    matrix = np.random.default_rng(seed).normal(size=(rows, columns))
    ours = orthogonal(import_keras().ops.convert_to_tensor(matrix, "float32"))
    np.testing.assert_allclose(ours, by_singular_values(matrix), atol=1e-4)


def test_what_comes_out_is_nearly_orthogonal():
    matrix = np.random.default_rng(0).normal(size=(64, 16))
    values = np.linalg.svd(orthogonal(import_keras().ops.convert_to_tensor(matrix, "float32")), compute_uv=False)
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_a_kernel_is_brought_to_its_norm_and_turned():
    keras = import_keras()
    random = np.random.default_rng(0)
    expected = random.normal(size=(3, 3, 4, 6))
    kernel = keras.Variable(expected.astype(np.float32), name="kernel")
    optimizer, average = Muon(0.1, momentum=0.6), 0.0
    for _ in range(3):
        gradient = random.normal(size=(3, 3, 4, 6))
        average = 0.6 * average + gradient
        step = by_singular_values((gradient + 0.6 * average).reshape(36, 6)).reshape(3, 3, 4, 6)
        expected = expected * np.sqrt(6) / np.linalg.norm(expected) - 0.1 * step
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [kernel])
        np.testing.assert_allclose(kernel, expected, atol=1e-4)


def test_convolutions_are_turned_but_not_depthwise_ones():
    layers = import_keras().layers
    images = import_keras().Input((8, 8, 4))
    for layer, turned in (
        (layers.Conv2D(6, 3), [True, False]),
        (layers.DepthwiseConv2D(3), [False, False]),
        (layers.SeparableConv2D(6, 3), [False, False, False]),
        (layers.Dense(5), [False, False]),
    ):
        layer(images)
        assert [Muon.turns(variable) for variable in layer.trainable_variables] == turned


def test_all_else_moves_as_by_gradient_descent_with_momentum():
    keras = import_keras()
    random = np.random.default_rng(0)
    named = {"kernel": (5, 4), "bias": (4,), "embeddings": (3, 3, 4, 6)}
    starts = {name: random.normal(size=shape).astype(np.float32) for name, shape in named.items()}
    ours, theirs = ([keras.Variable(start, name=name) for name, start in starts.items()] for _ in range(2))
    muon = Muon(0.1, rest_rate=2.0, rest_momentum=0.7)
    descent = keras.optimizers.SGD(0.2, momentum=0.7, nesterov=True)
    for _ in range(4):
        gradients = [keras.ops.convert_to_tensor(random.normal(size=shape), "float32") for shape in named.values()]
        muon.apply(gradients, ours)
        descent.apply(gradients, theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_it_trains_in_a_compiled_keras_model_and_comes_back_from_its_configuration():
    keras = import_keras()
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    images, labels = random.normal(size=(64, 6, 6, 2)).astype(np.float32), np.arange(64) % 2
    images[labels == 1, 2:4, 2:4] += 2.0
    layers = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((6, 6, 2)), *layers])
    optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(Muon(0.05, momentum=0.5, rest_rate=0.2)))
    assert (optimizer.momentum, optimizer.rest_rate, optimizer.rest_momentum) == (0.5, 0.2, 0.85)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(images, labels, epochs=20, verbose=0)
    assert model.evaluate(images, labels, verbose=0)[1] == 1
    assert np.linalg.norm(model.layers[0].kernel) == pytest.approx(2.0, abs=0.1)
