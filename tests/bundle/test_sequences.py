import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from learnet.bundle import document, load_system, save_system
from learnet.bundle.info import DOCUMENT
from learnet.core import BundleError
from learnet.layers import LSTM1997, ElmanCell

layers = keras.layers


def elman(**options):
    return layers.RNN(ElmanCell(4, one_step=True, **options), return_sequences=True)


ROWS = {
    "elman": lambda: [elman(), layers.Dense(2, "sigmoid", use_bias=False)],
    "elman of tanh": lambda: [elman(activation="tanh", initial_context=0.0), layers.Dense(2)],
    "1997": lambda: [
        LSTM1997(2, 3, cell={"truncated": True, "input_gate_bias": (-1.0, -2.0)}, return_sequences=True),
        layers.Dense(2, "sigmoid"),
    ],
    "1997 without": lambda: [LSTM1997(3, cell={"recurrent_gates": False, "use_cell_bias": False})],
    "lstm": lambda: [
        layers.LSTM(5, return_sequences=True),
        layers.LSTM(3, activation="relu"),
        layers.Dense(2, "softmax"),
    ],
}


def network(name="elman", *, steps=None, width=3):
    keras.utils.set_random_seed(3)
    tensor = inputs = keras.Input((steps, width))
    for layer in ROWS[name]():
        tensor = layer(tensor)
    model = keras.Model(inputs, tensor)
    for variable in model.variables:
        variable.assign(variable + keras.random.uniform(variable.shape, -0.2, 0.2))
    return model


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("steps", [None, 6])
def test_a_network_comes_back_with_every_bit(tmp_path, name, steps):
    model = network(name, steps=steps)
    save_system(tmp_path / "network", model)
    found = load_system(tmp_path / "network").system
    assert found.input_shape == model.input_shape
    for one, other in zip(found.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    sequences = np.random.default_rng(0).normal(size=(5, 6, 3)).astype(np.float32)
    assert np.array_equal(found(sequences), model(sequences))


@pytest.mark.parametrize("name", ["elman", "1997"])
def test_it_learns_as_it_would_have(tmp_path, name):
    """Truncated and one-step gradients are part of what a network is."""
    import tensorflow as tf

    model = network(name)
    found = save_system(tmp_path / "network", model).system
    sequences = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)

    def slopes(each):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(each(sequences, training=True) ** 2)
        return tape.gradient(loss, each.trainable_variables)

    for one, other in zip(slopes(found), slopes(model), strict=True):
        assert np.array_equal(one, other)


def test_a_sequential_model_is_a_row_too(tmp_path):
    model = keras.Sequential([keras.Input((None, 3)), layers.LSTM(4), layers.Dense(1)])
    found = save_system(tmp_path / "network", model).system
    sequences = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)
    assert np.array_equal(found(sequences), model(sequences))


def branched():
    inputs = keras.Input((None, 3))
    return keras.Model(inputs, layers.Dense(2)(inputs) + layers.Dense(2)(inputs))


def of(*row):
    return keras.Sequential([keras.Input((None, 3)), *row])


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (lambda: of(layers.GRU(2)), "is a GRU"),
        (lambda: of(layers.Lambda(lambda x: x)), "is a Lambda"),
        (lambda: of(layers.RNN(layers.LSTMCell(2))), "is a RNN"),
        (lambda: of(layers.LSTM(2, dropout=0.5)), "cannot keep what 'dropout' of the layer"),
        (lambda: of(layers.LSTM(2, go_backwards=True)), "cannot keep what 'go_backwards'"),
        (lambda: of(layers.Dense(2, kernel_regularizer="l2")), "cannot keep what 'kernel_regularizer"),
        (lambda: of(layers.RNN(ElmanCell(2), unroll=True)), "cannot keep what 'unroll'"),
        (lambda: of(layers.Dense(2, "gelu")), "should be one of linear, relu, sigmoid, softmax, tanh, but is 'gelu'"),
        (lambda: of(layers.Dense(2, dtype="float64")), "should compute in float32, but computes in float64"),
        (branched, "stand in a row|is a Add"),
        (lambda: keras.Sequential([keras.Input((4, 4, 3)), layers.Dense(2)]), "takes one input"),
    ],
)
def test_what_a_bundle_cannot_say_is_not_saved(tmp_path, model, sentence):
    with pytest.raises(BundleError, match=sentence):
        save_system(tmp_path / "network", model())
    assert not (tmp_path / "network").exists()


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "network"
    save_system(folder, network())
    return folder


def change_layer(number, **changes):
    return lambda value: value["arguments"]["layers"][number].update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_layer(0, layer="Lambda"), r"arguments\['layers'\]\[0\] should be one of the layers elman, lstm-1997"),
        (change_layer(0, layer=["elman"]), "should be one of the layers"),
        (change_layer(0, units=2**31 - 1), "holds arrays of .* bytes, but a network"),
        (change_layer(0, units=0), "whole number from 1 up"),
        (change_layer(0, activation="relu"), "does not give the answers"),
        (change_layer(0, activation="<lambda>"), "should be one of linear"),
        (change_layer(0, initial_context=0.75), "does not give the answers"),
        (change_layer(0, return_sequences=False), "should be float32 of shape|cannot be made|does not give"),
        (change_layer(1, function="os.system"), "has the unknown 'function'"),
        (lambda value: value["arguments"].update(layers=[]), "should hold 1 to 16 layers"),
        (lambda value: value["arguments"].update(layers=[{"layer": "dense"}] * 17), "should hold 1 to 16 layers"),
        (lambda value: value["arguments"].update(layers=[7]), "should be one of the layers"),
        (lambda value: value["arguments"].update(width=-3), "whole number from 1 up"),
        (lambda value: value["arguments"].update(steps=0), "whole number from 1 up"),
        (lambda value: value["arguments"].update(steps=9), "of shape"),
        (lambda value: value["arguments"]["layers"].reverse(), "holds arrays of|'0/kernel'|is missing|is unknown"),
    ],
)
def test_hostile_descriptions_are_refused(stored, tmp_path, change, sentence):
    folder = Path(shutil.copytree(stored, tmp_path / "copy"))
    value = json.loads((folder / DOCUMENT).read_text())
    del value["checksum"]
    change(value)
    (folder / DOCUMENT).write_bytes(document.seal(value))
    with pytest.raises(BundleError, match=sentence) as caught:
        load_system(folder)
    assert "\n" not in str(caught.value)
