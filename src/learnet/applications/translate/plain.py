"""The plain encoder and decoder: one recurrent network reads the source, its last state begins another.

Sutskever, Vinyals and Le, Sequence to Sequence Learning with Neural Networks, 2014.
"""

from __future__ import annotations

from typing import Any

from learnet.applications.translate.network import (
    NetworkConfig,
    Networks,
    Readout,
    recurrent_layer,
    recurrent_parameters,
    state_inputs,
    states_each,
)
from learnet.core import keras as import_keras


def plain_parameters(config: NetworkConfig) -> int:
    """Return how many weights ``plain_networks`` has."""
    widths = [config.embedding] + [config.units] * (config.layers - 1)
    recurrent = sum(recurrent_parameters(config.cell, width, config.units) for width in widths)
    embeddings = (config.source_size + config.target_size) * config.embedding
    return embeddings + 2 * recurrent + (config.units + 1) * config.embedding


def plain_networks(config: NetworkConfig) -> Networks:
    """Build an encoder whose last states are all that its decoder hears of the source.

    Args:
        config: Of the model ``"plain"``.
    """
    keras = import_keras()
    layers, ops = keras.layers, keras.ops
    dropout = layers.Dropout(config.dropout)
    source = keras.Input((None,), dtype="int32", name="source")
    mask = ops.not_equal(source, 0)
    hidden = dropout(layers.Embedding(config.source_size, config.embedding, name="source_embedding")(source))
    states: list[Any] = []
    for number in range(config.layers):
        hidden, *last = recurrent_layer(config, f"encoder_{number}")(hidden, mask=mask)
        hidden, states = dropout(hidden), [*states, *last]

    decoder = [recurrent_layer(config, f"decoder_{number}") for number in range(config.layers)]
    readout, each = Readout(config), states_each(config)
    previous = keras.Input((None,), dtype="int32", name="previous")
    hidden = dropout(readout.embedding(previous))
    for number, layer in enumerate(decoder):
        hidden, *_ = layer(hidden, initial_state=states[number * each : (number + 1) * each])
        hidden = dropout(hidden)
    trainer = keras.Model([source, previous], readout(hidden), name="plain")

    token, before = keras.Input((), dtype="int32", name="token"), state_inputs(config, config.layers)
    places = keras.Input((None,), dtype="float32", name="places")  # one for each source piece, to give attention's size
    hidden, after = readout.embedding(token), []
    for number, layer in enumerate(decoder):
        hidden, now = layer.cell(hidden, before[number * each : (number + 1) * each])
        after += now
    step = keras.Model([token, *before, places], [readout(hidden), ops.zeros_like(places), *after])
    encoder = keras.Model(source, [*states, ops.zeros_like(ops.cast(source, "float32"))])
    return Networks(config=config, trainer=trainer, encoder=encoder, step=step, states=len(states))
