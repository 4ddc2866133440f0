import numpy as np
import pytest

from learnet.core import keras as import_keras

keras = import_keras()
tf = pytest.importorskip("tensorflow")
from learnet.layers import FusedBatchNormalization  # noqa: E402 (Keras is imported quietly first)

SHAPES = [(8, 5, 7, 3), (8, 1, 1, 4), (1, 3, 3, 1), (4, 16, 16, 32)]


def pair(shape, **options):
    """Return the fused layer and Keras' with the same random weights, and images."""
    random = np.random.default_rng(sum(shape))
    layers = FusedBatchNormalization(**options), keras.layers.BatchNormalization(**options)
    for layer in layers:
        layer.build((None, *shape[1:]))
    weights = [random.uniform(0.5, 2.0, weight.shape).astype("float32") for weight in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return *layers, random.normal(1.5, 2.0, shape).astype("float32")


def outputs_and_gradients(layer, images, *, training):
    """Return the outputs, and the gradients of a lopsided loss with respect to images and weights."""
    images = tf.constant(images)
    slope = tf.constant(np.random.default_rng(0).normal(size=images.shape).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images, training=training)
        loss = tf.reduce_sum(outputs * slope + 0.1 * outputs**2)
    gradients = tape.gradient(loss, [images, *(variable.value for variable in layer.trainable_variables)])
    return [outputs, *gradients]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"momentum": 0.9, "epsilon": 1e-4}])
def test_numbers_gradients_and_statistics_are_those_of_keras(shape, options, training):
    ours, theirs, images = pair(shape, **options)
    for one, other in zip(
        outputs_and_gradients(ours, images, training=training),
        outputs_and_gradients(theirs, images, training=training),
        strict=True,
    ):
        scale = max(1.0, float(np.abs(other).max()))
        assert np.asarray(one) / scale == pytest.approx(np.asarray(other) / scale, abs=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_the_fused_kernel_is_what_trains(monkeypatch):
    ours, _, images = pair(SHAPES[0])
    graph = tf.function(lambda x: ours(x, training=True)).get_concrete_function(tf.constant(images)).graph
    assert "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}


def test_a_frozen_layer_keeps_its_statistics_bit_for_bit():
    ours, theirs, images = pair(SHAPES[0])
    ours.trainable = theirs.trainable = False
    before = ours.get_weights()
    assert np.array_equal(ours(images, training=True), theirs(images, training=True))
    assert all(np.array_equal(one, other) for one, other in zip(before, ours.get_weights(), strict=True))


@pytest.mark.parametrize("options", [{"epsilon": 1e-6}, {"axis": 1}])
def test_what_the_kernel_cannot_do_keras_does(options):
    ours, theirs, images = pair(SHAPES[0], **options)
    assert np.array_equal(ours(images, training=True), theirs(images, training=True))


def test_features_without_height_and_width_are_normalised_too():
    random = np.random.default_rng(0)
    features = random.normal(size=(6, 4)).astype("float32")
    ours, theirs = FusedBatchNormalization(), keras.layers.BatchNormalization()
    assert np.array_equal(ours(features, training=True), theirs(features, training=True))


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_low_precision_keeps_its_dtype_and_float32_statistics(precision):
    ours, theirs = FusedBatchNormalization(dtype=precision), keras.layers.BatchNormalization(dtype=precision)
    images = np.random.default_rng(0).normal(1.5, 2.0, SHAPES[0]).astype("float32")
    one, other = ours(images, training=True), theirs(images, training=True)
    assert one.dtype == other.dtype
    assert np.asarray(one, np.float32) == pytest.approx(np.asarray(other, np.float32), abs=0.05)
    assert ours.moving_mean.dtype == "float32"
    assert np.asarray(ours.moving_variance) == pytest.approx(np.asarray(theirs.moving_variance), abs=1e-3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, in its saving
def test_it_is_saved_and_loaded_like_any_layer(tmp_path):
    model = keras.Sequential([keras.Input((5, 7, 3)), FusedBatchNormalization(momentum=0.8, name="bn")])
    images = np.random.default_rng(0).normal(size=(4, 5, 7, 3)).astype("float32")
    model(images, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("bn").get_config() == model.get_layer("bn").get_config()
    assert np.array_equal(loaded(images), model(images))
