import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import keras as import_keras

keras = import_keras()
tf = pytest.importorskip("tensorflow")
from learnet.layers import WinogradConv2D, winograd  # noqa: E402 (Keras is imported quietly first)

cut_and_joined = winograd.winograd
OPTIONS = {"filters": 128, "kernel_size": 3, "padding": "same"}


def marked(maps, kernel, *, margin):
    return cut_and_joined(maps, kernel, margin=margin) * 0.0 + 7.0


def by_tiles(layer, maps, monkeypatch, *, training=True):
    """Return whether a layer cuts these maps into tiles."""
    monkeypatch.setattr(winograd, "winograd", marked)
    return bool((np.asarray(layer(maps, training=training)) == 7.0).all())


def outputs_and_gradients(layer, maps):
    """Return the outputs, and the gradients of a lopsided loss with respect to maps and weights."""
    maps = tf.constant(maps)
    slope = tf.constant(np.random.default_rng(0).normal(size=layer.compute_output_shape(maps.shape)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        outputs = layer(maps, training=True)
        loss = tf.reduce_sum(outputs * slope + 0.1 * outputs**2)
    return [outputs, *tape.gradient(loss, [maps, *(each.value for each in layer.trainable_variables)])]


@pytest.mark.parametrize("side", range(2, 8))
def test_a_tiles_products_are_those_of_a_sliding_kernel(side):
    random = np.random.default_rng(side)
    tile, kernel = random.normal(size=side + 2), random.normal(size=3)
    of_tile, of_kernel, of_products = winograd.transforms(side)
    outputs = of_products @ ((of_kernel @ kernel) * (of_tile @ tile))
    assert outputs == pytest.approx(np.correlate(tile, kernel, mode="valid"), abs=1e-11)


@pytest.mark.parametrize("margin", [0, 1])
@pytest.mark.parametrize("pixels", range(3, 41))
def test_lines_are_cut_and_joined(pixels, margin):
    random = np.random.default_rng(pixels)
    line, kernel = random.normal(size=pixels), random.normal(size=3)
    how = winograd.lines(pixels, margin=margin)
    tiles = (how.cut @ line).reshape(how.places, how.tiles)
    outputs = how.join @ (tiles * (how.of_kernel @ kernel)[:, None]).ravel()
    assert outputs == pytest.approx(np.correlate(np.pad(line, margin), kernel, mode="valid"), abs=1e-4)


def test_lines_are_cut_with_the_fewest_products():
    for pixels in range(1, 41):
        counts = [-(-pixels // side) * (side + 2) for side in range(2, 8)]
        assert len(winograd.lines(pixels, margin=1).cut) == min(counts)


@given(
    shape=st.tuples(st.integers(1, 3), *[st.integers(3, 17)] * 2, *[st.integers(1, 5)] * 2),
    margin=st.integers(0, 1),
    seed=st.integers(0, 99),
)
def test_any_maps_are_convolved_as_by_the_definition(shape, margin, seed):
    batch, height, width, channels, filters = shape
    random = np.random.default_rng(seed)
    maps = random.normal(size=(batch, height, width, channels)).astype("float32")
    kernel = random.normal(size=(3, 3, channels, filters)).astype("float32")
    padded = np.pad(maps.astype(np.float64), ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    height, width = height + 2 * margin - 2, width + 2 * margin - 2
    wanted = sum(
        padded[:, row : row + height, column : column + width] @ kernel[row, column].astype(np.float64)
        for row, column in itertools.product(range(3), repeat=2)
    )
    outputs = winograd.winograd(keras.ops.convert_to_tensor(maps), kernel, margin=margin)
    assert np.asarray(outputs) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("shape", [(7, 7, 128), (5, 5, 192), (15, 6, 128)])
@pytest.mark.parametrize("options", [{}, {"padding": "valid"}, {"use_bias": False, "activation": "tanh"}])
def test_numbers_and_gradients_are_those_of_keras(shape, options):
    random = np.random.default_rng(sum(shape))
    ours, theirs = WinogradConv2D(**{**OPTIONS, **options}), keras.layers.Conv2D(**{**OPTIONS, **options})
    for layer in (ours, theirs):
        layer.build((None, *shape))
    weights = [0.05 * random.normal(size=weight.shape).astype("float32") for weight in theirs.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    batches = winograd.paying(shape, ours.filters, margin=ours.padding == "same")
    maps = random.normal(size=(batches.start, *shape)).astype("float32")
    pairs = zip(outputs_and_gradients(ours, maps), outputs_and_gradients(theirs, maps), strict=True)
    for one, other in pairs:
        assert np.linalg.norm(np.asarray(one) - np.asarray(other)) < 5e-5 * np.linalg.norm(other)


def test_many_maps_are_cut_and_few_are_not(monkeypatch):
    layer, least = WinogradConv2D(**OPTIONS), winograd.paying((7, 7, 128), 128).start
    assert by_tiles(layer, np.ones((least, 7, 7, 128), np.float32), monkeypatch)
    assert not by_tiles(layer, np.ones((least - 1, 7, 7, 128), np.float32), monkeypatch)


def test_maps_that_would_fill_the_memory_are_not_cut():
    batches = winograd.paying((224, 224, 128), 128)
    assert 4 * 288**2 * (128 + 128) * batches[-1] <= 2**29 < 4 * 288**2 * (128 + 128) * batches.stop


def test_a_compiled_step_decides_by_the_size_of_its_batch(monkeypatch):
    layer, least = WinogradConv2D(**OPTIONS), winograd.paying((7, 7, 128), 128).start
    monkeypatch.setattr(winograd, "winograd", marked)
    step = tf.function(
        lambda maps: layer(maps, training=True), input_signature=[tf.TensorSpec((None, 7, 7, 128), tf.float32)]
    )
    assert (np.asarray(step(np.ones((least, 7, 7, 128), np.float32))) == 7.0).all()
    assert not (np.asarray(step(np.ones((least - 1, 7, 7, 128), np.float32))) == 7.0).any()


@pytest.mark.parametrize(
    "changes",
    [
        {"kernel_size": 5},
        {"kernel_size": (3, 1)},
        {"strides": 2},
        {"dilation_rate": 2},
        {"groups": 2},
        {"filters": 1},
        {"dtype": "mixed_bfloat16"},
    ],
)
def test_what_does_not_fit_is_keras_own(changes, monkeypatch):
    maps = np.ones((256, 7, 7, 128), np.float32)
    assert by_tiles(WinogradConv2D(**OPTIONS), maps, monkeypatch)
    assert not by_tiles(WinogradConv2D(**{**OPTIONS, **changes}), maps, monkeypatch)


def test_answers_and_gpus_take_keras_own(monkeypatch):
    layer, maps = WinogradConv2D(**OPTIONS), np.ones((256, 7, 7, 128), np.float32)
    assert not by_tiles(layer, maps, monkeypatch, training=False)
    monkeypatch.setattr(winograd, "keras_sees_gpu", lambda: True)
    assert not by_tiles(layer, maps, monkeypatch)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, in its saving
def test_it_comes_back_from_its_configuration_and_loads_the_weights_of_keras(tmp_path):
    theirs = keras.Sequential([keras.Input((7, 7, 128)), keras.layers.Conv2D(**OPTIONS)])
    ours = keras.Sequential([keras.Input((7, 7, 128)), WinogradConv2D(**OPTIONS)])
    ours.set_weights(theirs.get_weights())
    ours.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    maps = np.random.default_rng(0).normal(size=(2, 7, 7, 128)).astype("float32")
    assert isinstance(loaded.layers[0], WinogradConv2D)
    np.testing.assert_array_equal(np.asarray(loaded(maps)), np.asarray(theirs(maps)))
