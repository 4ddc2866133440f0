import keras
import numpy as np
import pytest
import tensorflow as tf

from learnet.layers import LSTM1997, LSTM1997Cell, lstm1997_step

BLOCKS, CELLS, WIDTH, STEPS = 2, 3, 4, 6
UNITS = 2 * BLOCKS + BLOCKS * CELLS


def made(*, recurrent_gates=True, truncated=False):
    """Return a layer of double precision with large weights, these, one sequence and a slope for the loss."""
    random = np.random.default_rng(0)
    cell = {"recurrent_gates": recurrent_gates, "truncated": truncated, "dtype": "float64"}
    layer = LSTM1997(BLOCKS, CELLS, cell=cell, return_sequences=True, dtype="float64")
    layer.build((1, STEPS, WIDTH))
    weights = [random.normal(size=weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    return layer, weights, random.normal(size=(STEPS, WIDTH)), random.normal(size=(STEPS, BLOCKS * CELLS))


def f(x):
    return 1 / (1 + np.exp(-x))


def g(x):
    return 4 * f(x) - 2


def h(x):
    return 2 * f(x) - 1


def cell_number(block, cell):
    """Return the place of a cell among all: the first cells of all blocks come first."""
    return cell * BLOCKS + block


def paper(weights, inputs, *, recurrent_gates=True):
    """Go through one sequence unit by unit, as section 4 has it; return the outputs, and what each step saw."""
    kernel, recurrent, gate_bias, cell_bias = weights
    bias = np.concatenate([gate_bias, cell_bias])
    said, stored, gates = np.zeros(BLOCKS * CELLS), np.zeros(BLOCKS * CELLS), np.zeros(2 * BLOCKS)
    outputs, steps = [], []
    for element in inputs:
        heard = np.concatenate([said, gates]) if recurrent_gates else said
        source = np.concatenate([element, heard, [1.0]])
        net = source @ np.vstack([kernel, recurrent, bias])
        said, stored, gates = said.copy(), stored.copy(), f(net[: 2 * BLOCKS])
        for block in range(BLOCKS):
            for cell in range(CELLS):
                number = cell_number(block, cell)
                stored[number] += f(net[block]) * g(net[2 * BLOCKS + number])
                said[number] = f(net[BLOCKS + block]) * h(stored[number])
        outputs.append(said)
        steps.append((source, net, stored))
    return np.array(outputs), steps


def truncated_gradient(weights, inputs, slope):
    """Return the gradient by the partial derivatives that the paper carries forward in time (appendix A.1)."""
    _, steps = paper(weights, inputs)
    sources = len(steps[0][0])
    by_input_gate, by_cell = (np.zeros((BLOCKS * CELLS, sources)) for _ in range(2))
    gradient = np.zeros((sources, UNITS))
    for (source, net, stored), error in zip(steps, slope, strict=True):
        for block in range(BLOCKS):
            opened, shown = f(net[block]), f(net[BLOCKS + block])
            for cell in range(CELLS):
                number = cell_number(block, cell)
                net_cell = net[2 * BLOCKS + number]
                by_input_gate[number] += g(net_cell) * opened * (1 - opened) * source
                by_cell[number] += 4 * f(net_cell) * (1 - f(net_cell)) * opened * source
                gradient[:, BLOCKS + block] += error[number] * h(stored[number]) * shown * (1 - shown) * source
                inner = error[number] * shown * 2 * f(stored[number]) * (1 - f(stored[number]))
                gradient[:, block] += inner * by_input_gate[number]
                gradient[:, 2 * BLOCKS + number] += inner * by_cell[number]
    bias = gradient[-1]
    return gradient[:WIDTH], gradient[WIDTH:-1], bias[: 2 * BLOCKS], bias[2 * BLOCKS :]


def gradients(layer, inputs, slope):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs[None]) * slope)
    return tape.gradient(loss, layer.trainable_variables)


@pytest.mark.parametrize("recurrent_gates", [True, False])
def test_outputs_are_those_of_the_paper_unit_by_unit(recurrent_gates):
    layer, weights, inputs, _ = made(recurrent_gates=recurrent_gates)
    outputs, steps = paper(weights, inputs, recurrent_gates=recurrent_gates)
    np.testing.assert_allclose(np.asarray(layer(inputs[None]))[0], outputs, rtol=1e-12)
    assert np.abs(steps[-1][2]).max() > 1  # the states have gone where the squashing bends


def test_truncated_gradient_is_that_of_the_paper():
    layer, weights, inputs, slope = made(truncated=True)
    found = gradients(layer, inputs, slope)
    for one, other in zip(found, truncated_gradient(weights, inputs, slope), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    through_time, *_ = made()
    whole = gradients(through_time, inputs, slope)
    assert all(not np.allclose(one, other, rtol=0.01) for one, other in zip(found, whole, strict=True))


def test_gradient_through_time_is_that_of_finite_differences():
    layer, weights, inputs, slope = made()
    for weight, found in zip(weights, gradients(layer, inputs, slope), strict=True):
        for place in list(np.ndindex(weight.shape))[::3]:
            kept, losses = weight[place], []
            for moved in (kept + 1e-5, kept - 1e-5):
                weight[place] = moved
                losses.append((paper(weights, inputs)[0] * slope).sum())
            weight[place] = kept
            assert np.asarray(found)[place] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-5, abs=1e-7)


def test_truncated_and_whole_gradient_agree_where_nothing_is_heard_of_the_step_before():
    pair = [made(truncated=truncated) for truncated in (True, False)]
    for layer, weights, *_ in pair:
        layer.set_weights([weights[0], np.zeros_like(weights[1]), *weights[2:]])
    (layer, _, inputs, slope), (other, *_) = pair
    for number, (one, two) in enumerate(
        zip(gradients(layer, inputs, slope), gradients(other, inputs, slope), strict=True)
    ):
        assert number == 1 or np.allclose(one, two, rtol=1e-12)


def test_the_error_of_an_internal_state_flows_back_unscaled():
    _, weights, inputs, _ = made()
    bias = np.concatenate(weights[2:])
    start = tf.constant(np.random.default_rng(1).normal(size=(1, BLOCKS * CELLS)))
    with tf.GradientTape() as tape:
        tape.watch(start)
        states = [tf.zeros_like(start), start, tf.zeros((1, 2 * BLOCKS), "float64")]
        for element in inputs:
            states = lstm1997_step(element[None], states, *weights[:2], bias, blocks=BLOCKS, truncated=True)
        end = tf.reduce_sum(states[1] * np.arange(1.0, 7.0))
    assert tape.gradient(end, start)[0].numpy().tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("width", "outputs", "blocks", "cells", "biased", "count"),
    [
        (7, 7, 4, 1, False, 264),  # embedded Reber
        (7, 7, 3, 2, False, 276),
        (2, 1, 2, 2, True, 93),  # adding
        (8, 4, 2, 2, True, 156),  # temporal order
        (8, 8, 3, 2, True, 308),
    ],
)
def test_weights_are_as_many_as_published(width, outputs, blocks, cells, biased, count):
    layer = LSTM1997(blocks, cells, cell={"use_cell_bias": biased})
    head = keras.layers.Dense(outputs, use_bias=biased)
    model = keras.Sequential([keras.Input((None, width)), layer, head])
    assert model.count_params() == count


def test_gate_biases_start_where_they_are_told_and_weights_in_their_range():
    layer = LSTM1997(2, 2, cell={"input_gate_bias": (-3.0, -6.0), "output_gate_bias": -1.0})
    layer.build((None, None, 2))
    assert layer.cell.gate_bias.numpy().tolist() == [-3.0, -6.0, -1.0, -1.0]
    spread = np.concatenate([np.ravel(layer.cell.kernel), np.ravel(layer.cell.recurrent_kernel)])
    assert 0.08 < np.abs(spread).max() <= 0.1


def test_as_many_biases_as_blocks_are_asked_for():
    with pytest.raises(ValueError, match="The 3 blocks have one input gate each, but 2 biases came"):
        LSTM1997Cell(3, input_gate_bias=(-1.0, -2.0))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, in its saving
@pytest.mark.parametrize("options", [{}, {"recurrent_gates": False, "use_cell_bias": False, "truncated": True}])
def test_it_is_saved_and_loaded_like_any_layer(tmp_path, options):
    layer = LSTM1997(2, 3, cell={**options, "input_gate_bias": (-1.0, -2.0)}, return_sequences=True)
    assert LSTM1997.from_config(layer.get_config()).get_config() == layer.get_config()
    model = keras.Sequential([keras.Input((5, 2)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")
    assert np.array_equal(loaded(inputs), model(inputs))
    assert loaded.layers[0].cell.get_config() == layer.cell.get_config()
