"""A Transformer: no recurrence, every piece looks at every other.

Vaswani et al., Attention Is All You Need, 2017; with the normalisation before each part, not after it (Xiong et al., On
Layer Normalization in the Transformer Architecture, 2020), which needs no warm-up to be stable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from learnet.applications.translate.network import NetworkConfig, Networks
from learnet.core import keras as import_keras


def transformer_parameters(config: NetworkConfig) -> int:
    """Return how many weights ``transformer_networks`` has."""
    wide = config.embedding
    look, norm = 4 * wide * wide + 4 * wide, 2 * wide
    feed = (wide + 1) * config.units + (config.units + 1) * wide
    encoder, decoder = look + feed + 2 * norm, 2 * look + feed + 3 * norm
    return (config.source_size + config.target_size) * wide + config.layers * (encoder + decoder) + 2 * norm


class _Looking:
    """Norm, look and sum; the keys and values of what is looked at are made once."""

    def __init__(self, config: NetworkConfig, name: str, *, causal: bool = False) -> None:
        from learnet.layers import HeadAttention

        layers, wide = import_keras().layers, config.embedding
        self.norm = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")
        self._query, self._key, self._value, self._out = (
            layers.Dense(wide, name=f"{name}_{part}") for part in ("query", "key", "value", "out")
        )
        self._attention = HeadAttention(config.heads, causal=causal, name=f"{name}_look")
        self._dropout = layers.Dropout(config.dropout)

    def keys(self, seen: Any) -> list[Any]:
        """Return keys and values of what will be looked at."""
        return [self._key(seen), self._value(seen)]

    def __call__(self, hidden: Any, normed: Any, keys: list[Any], there: Any = None) -> tuple[Any, Any]:
        """Return the hidden units with the answers added, and the looks."""
        answers, looks = self._attention(self._query(normed), *keys, there)
        return hidden + self._dropout(self._out(answers)), looks


class _Feed:
    """Norm, two dense layers and sum."""

    def __init__(self, config: NetworkConfig, name: str) -> None:
        layers = import_keras().layers
        self._parts = (
            layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm"),
            layers.Dense(config.units, activation="relu", name=f"{name}_wide"),
            layers.Dropout(config.dropout),
            layers.Dense(config.embedding, name=f"{name}_back"),
            layers.Dropout(config.dropout),
        )

    def __call__(self, hidden: Any) -> Any:
        inner = hidden
        for part in self._parts:
            inner = part(inner)
        return hidden + inner


@dataclass(frozen=True, kw_only=True, eq=False)
class _Block:
    own: _Looking
    other: _Looking
    feed: _Feed


class _Pieces:
    """Embedding, scaled, with places; and the way back to logits."""

    def __init__(self, config: NetworkConfig, size: int, name: str) -> None:
        from learnet.layers import SinePositions

        keras = import_keras()
        start = keras.initializers.RandomNormal(stddev=config.embedding**-0.5)
        self._scale = math.sqrt(config.embedding)
        self.embedding = keras.layers.ReversibleEmbedding(
            size,
            config.embedding,
            embeddings_initializer=start,
            reverse_dtype=keras.config.dtype_policy().compute_dtype,  # embeddings do not follow the policy themselves
            name=name,
        )
        self._positions, self._dropout = SinePositions(), keras.layers.Dropout(config.dropout)

    def __call__(self, pieces: Any, before: Any = None) -> Any:
        return self._dropout(self._positions(self.embedding(pieces) * self._scale, before))


def transformer_networks(config: NetworkConfig) -> Networks:
    """Build an encoder and a decoder of ``config.layers`` blocks each.

    Args:
        config: Of the model ``"transformer"``.
    """
    keras = import_keras()
    ops = keras.ops
    source = keras.Input((None,), dtype="int32", name="source")
    mask = ops.not_equal(source, 0)
    memory = _read(config, source, mask)
    blocks = [
        _Block(
            own=_Looking(config, f"decoder_{n}_own", causal=True),
            other=_Looking(config, f"decoder_{n}_other"),
            feed=_Feed(config, f"decoder_{n}_feed"),
        )
        for n in range(config.layers)
    ]
    pieces = _Pieces(config, config.target_size, "target_embedding")
    last = keras.layers.LayerNormalization(epsilon=1e-6, name="decoder_norm")
    known = [array for block in blocks for array in block.other.keys(memory)]

    previous = keras.Input((None,), dtype="int32", name="previous")
    hidden = pieces(previous)
    for number, block in enumerate(blocks):
        normed = block.own.norm(hidden)
        hidden, _ = block.own(hidden, normed, block.own.keys(normed))
        hidden, _ = block.other(hidden, block.other.norm(hidden), known[2 * number : 2 * number + 2], mask)
        hidden = block.feed(hidden)
    trainer = keras.Model([source, previous], pieces.embedding(last(hidden), reverse=True), name="transformer")
    nothing = [ops.zeros_like(memory[:, :0]) for _ in range(2 * config.layers)]
    encoder = keras.Model(source, [*nothing, *known, ops.cast(mask, "float32")])
    step = _step(config, blocks=blocks, pieces=pieces, last=last)
    return Networks(config=config, trainer=trainer, encoder=encoder, step=step, states=len(nothing))


def _read(config: NetworkConfig, source: Any, mask: Any) -> Any:
    hidden = _Pieces(config, config.source_size, "source_embedding")(source)
    for number in range(config.layers):
        look = _Looking(config, f"encoder_{number}_own")
        normed = look.norm(hidden)
        hidden, _ = look(hidden, normed, look.keys(normed), mask)
        hidden = _Feed(config, f"encoder_{number}_feed")(hidden)
    return import_keras().layers.LayerNormalization(epsilon=1e-6, name="encoder_norm")(hidden)


def _step(config: NetworkConfig, *, blocks: list[_Block], pieces: _Pieces, last: Any) -> Any:
    """Return the view of one step: its states are the keys and values of all pieces said before."""
    keras = import_keras()
    ops, wide = keras.ops, config.embedding
    token = keras.Input((), dtype="int32", name="token")
    before = [keras.Input((None, wide), name=f"state_{n}") for n in range(2 * config.layers)]
    known = [keras.Input((None, wide), name=f"known_{n}") for n in range(2 * config.layers)]
    there = keras.Input((None,), name="there")
    hidden = pieces(ops.expand_dims(token, 1), before[0])
    after: list[Any] = []
    looks: list[Any] = []
    for number, block in enumerate(blocks):
        two = slice(2 * number, 2 * number + 2)
        normed = block.own.norm(hidden)
        keys = [ops.concatenate(pair, axis=1) for pair in zip(before[two], block.own.keys(normed), strict=True)]
        hidden, _ = block.own(hidden, normed, keys)
        hidden, look = block.other(hidden, block.other.norm(hidden), known[two], ops.not_equal(there, 0))
        hidden = block.feed(hidden)
        after, looks = [*after, *keys], [*looks, look]
    logits = pieces.embedding(last(hidden), reverse=True)
    seen = ops.mean(looks[-1], axis=1)
    return keras.Model([token, *before, *known, there], [ops.squeeze(logits, 1), ops.squeeze(seen, 1), *after])
