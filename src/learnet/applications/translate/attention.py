"""Attention: the decoder looks, at each step, at those pieces of the source that matter to it.

Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015, with the look
between two recurrent layers of the decoder: the lower one hears what was said and asks, the upper one hears the answer.
The published decoder's only layer hears it in the next step. So placed, all looks of a sentence are one product while
training, and the recurrence stays as small as one without attention.
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


def attention_parameters(config: NetworkConfig) -> int:
    """Return how many weights ``attention_networks`` has."""
    wide, units = 2 * config.units, config.units
    widths = [config.embedding] + [wide] * (config.layers - 1)
    count = sum(2 * recurrent_parameters(config.cell, width, units) for width in widths)
    count += recurrent_parameters(config.cell, config.embedding, units)
    widths = [units + wide] + [units] * (config.layers - 1)
    count += sum(recurrent_parameters(config.cell, width, units) for width in widths)
    starts = (config.layers + 1) * states_each(config) * (wide + 1) * units
    look = wide * units + (units + 1) * units + units
    readout = (units + wide + 1) * config.embedding
    return count + starts + look + readout + (config.source_size + config.target_size) * config.embedding


class _Look:
    """Scores v . tanh(W s + U h) of each source piece, and the mean of the pieces under their softmax."""

    def __init__(self, config: NetworkConfig) -> None:
        layers = import_keras().layers
        self.key = layers.Dense(config.units, use_bias=False, name="key")
        self._query = layers.Dense(config.units, name="query")
        self._attention = layers.AdditiveAttention(name="attention")

    def __call__(self, asking: Any, values: Any, keys: Any, mask: Any) -> tuple[Any, Any]:
        context, weights = self._attention(
            [self._query(asking), values, keys], mask=[None, mask], return_attention_scores=True
        )
        return context, weights


def attention_networks(config: NetworkConfig) -> Networks:
    """Build an encoder that reads both ways, and a decoder that looks at what it has read.

    Args:
        config: Of the model ``"attention"``.
    """
    keras = import_keras()
    layers, ops = keras.layers, keras.ops
    dropout = layers.Dropout(config.dropout)
    source = keras.Input((None,), dtype="int32", name="source")
    mask = ops.not_equal(source, 0)
    values = _read(config, source, mask, dropout)
    look, readout, each = _Look(config), Readout(config), states_each(config)
    keys, states = look.key(values), _begin(config, values, mask)
    lower = recurrent_layer(config, "decoder_lower")
    upper = [recurrent_layer(config, f"decoder_{number}") for number in range(config.layers)]

    previous = keras.Input((None,), dtype="int32", name="previous")
    hidden, *_ = lower(dropout(readout.embedding(previous)), initial_state=states[:each])
    context, _ = look(hidden, values, keys, mask)
    hidden = dropout(ops.concatenate([hidden, context], axis=-1))
    for number, layer in enumerate(upper, 1):
        hidden, *_ = layer(hidden, initial_state=states[number * each : (number + 1) * each])
        hidden = dropout(hidden)
    trainer = keras.Model([source, previous], readout(hidden, context), name="attention")
    step = _step(config, look=look, readout=readout, decoder=[lower, *upper])
    encoder = keras.Model(source, [*states, values, keys, ops.cast(mask, "float32")])
    return Networks(config=config, trainer=trainer, encoder=encoder, step=step, states=len(states))


def _read(config: NetworkConfig, source: Any, mask: Any, dropout: Any) -> Any:
    keras = import_keras()
    hidden = keras.layers.Embedding(config.source_size, config.embedding, name="source_embedding")(source)
    for number in range(config.layers):
        hidden = dropout(hidden)
        forth, *_ = recurrent_layer(config, f"encoder_forth_{number}")(hidden, mask=mask)
        back, *_ = recurrent_layer(config, f"encoder_back_{number}", go_backwards=True)(hidden, mask=mask)
        hidden = keras.ops.concatenate([forth, keras.ops.flip(back, axis=1)], axis=-1)
    return dropout(hidden)


def _begin(config: NetworkConfig, values: Any, mask: Any) -> list[Any]:
    """Return the decoder's first states, each a layer's answer to the mean of what was read."""
    keras = import_keras()
    ops = keras.ops
    there = ops.cast(mask, values.dtype)
    mean = ops.einsum("bsd,bs->bd", values, there) / ops.maximum(ops.sum(there, axis=1, keepdims=True), 1)
    count = (config.layers + 1) * states_each(config)
    return [keras.layers.Dense(config.units, activation="tanh", name=f"begin_{n}")(mean) for n in range(count)]


def _step(config: NetworkConfig, *, look: _Look, readout: Readout, decoder: list[Any]) -> Any:
    keras = import_keras()
    ops, each = keras.ops, states_each(config)
    token, before = keras.Input((), dtype="int32", name="token"), state_inputs(config, len(decoder))
    values = keras.Input((None, 2 * config.units), name="values")
    keys, there = keras.Input((None, config.units), name="keys"), keras.Input((None,), name="there")
    hidden, after = decoder[0].cell(readout.embedding(token), before[:each])
    context, weights = look(ops.expand_dims(hidden, 1), values, keys, ops.not_equal(there, 0))
    context = ops.squeeze(context, 1)
    hidden = ops.concatenate([hidden, context], axis=-1)
    for number, layer in enumerate(decoder[1:], 1):
        hidden, now = layer.cell(hidden, before[number * each : (number + 1) * each])
        after = [*after, *now]
    return keras.Model(
        [token, *before, values, keys, there], [readout(hidden, context), ops.squeeze(weights, 1), *after]
    )
