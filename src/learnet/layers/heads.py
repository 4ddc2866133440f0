"""What a Transformer needs beside dense layers: the look with several heads, and where each piece stands."""

from __future__ import annotations

import math
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="learnet")
class HeadAttention(keras.layers.Layer):
    """Scaled dot-product attention with several heads and no weights of its own.

    Queries, keys and values come from dense layers outside, so that what has been computed of them once can be kept
    from step to step when a sentence is written piece by piece.

    Args:
        heads: Into how many parts the last axis is cut; a divisor of it.
        causal: A query sees only those keys that stand no further to the right; both end at the same place.
        dropout: Rate at which looks are dropped while training.

    Source:
        Vaswani et al., Attention Is All You Need, 2017, section 3.2.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
        >>> outputs, looks = HeadAttention(2, causal=True)(x, x, x)
        >>> outputs.shape, looks.shape, bool(np.all(np.triu(np.asarray(looks)[0, 1], 1) == 0))
        (TensorShape([2, 5, 8]), TensorShape([2, 2, 5, 5]), True)
    """

    def __init__(self, heads: int, *, causal: bool = False, dropout: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.heads, self.causal, self.dropout = heads, causal, dropout
        self._drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, *_shapes: Any, **_named: Any) -> None:
        """Make nothing: there are no weights."""
        self.built = True

    def call(self, query: Any, key: Any, value: Any, there: Any = None, training: bool | None = None) -> Any:  # noqa: FBT001 (Keras' interface)
        """Return the answers ``(batch, queries, width)`` and the looks ``(batch, heads, queries, keys)``.

        Args:
            query: ``(batch, queries, width)``.
            key: ``(batch, keys, width)``.
            value: ``(batch, keys, width)``.
            there: Which keys may be looked at, bool ``(batch, keys)``; all if not given.
            training: Whether looks are dropped.
        """
        ops = keras.ops
        scale = 1 / math.sqrt(query.shape[-1] // self.heads)
        scores = ops.matmul(self._cut(query), ops.transpose(self._cut(key), (0, 1, 3, 2))) * scale
        hidden = ops.cast(-1e9, scores.dtype)
        if there is not None:
            scores = ops.where(there[:, None, None, :], scores, hidden)
        if self.causal:
            queries, keys = ops.shape(query)[1], ops.shape(key)[1]
            rows = ops.arange(queries)[:, None] + (keys - queries)
            scores = ops.where(ops.arange(keys)[None, :] <= rows, scores, hidden)
        looks = ops.exp(scores - ops.logsumexp(scores, axis=-1, keepdims=True))  # Keras' softmax warns of single keys
        answers = ops.transpose(ops.matmul(self._drop(looks, training=training), self._cut(value)), (0, 2, 1, 3))
        return ops.reshape(answers, (ops.shape(query)[0], ops.shape(query)[1], value.shape[-1])), looks

    def compute_output_spec(self, query: Any, key: Any, value: Any, there: Any = None, training: Any = None) -> Any:  # noqa: ARG002 (Keras' interface)
        """Return the shapes of answers and looks."""
        looks = (query.shape[0], self.heads, query.shape[1], key.shape[1])
        answers = (*query.shape[:2], value.shape[-1])
        return keras.KerasTensor(answers, self.compute_dtype), keras.KerasTensor(looks, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "heads": self.heads, "causal": self.causal, "dropout": self.dropout}

    def _cut(self, x: Any) -> Any:
        ops = keras.ops
        parts = ops.reshape(x, (ops.shape(x)[0], ops.shape(x)[1], self.heads, x.shape[-1] // self.heads))
        return ops.transpose(parts, (0, 2, 1, 3))


@keras.saving.register_keras_serializable(package="learnet")
class SinePositions(keras.layers.Layer):
    """Adds to each piece a pattern of sines that tells where it stands; sequences may be of any length.

    Source:
        Vaswani et al., Attention Is All You Need, 2017, section 3.5; all sines first, then all cosines.

    Example:
        >>> import numpy as np
        >>> np.round(np.asarray(SinePositions()(np.zeros((1, 2, 4), "float32"))), 3).tolist()
        [[[0.0, 0.0, 1.0, 1.0], [0.8410000205039978, 0.009999999776482582, 0.5400000214576721, 1.0]]]
    """

    def call(self, x: Any, before: Any = None) -> Any:
        """Return ``x (batch, steps, width)`` with the patterns added.

        Args:
            x: The pieces.
            before: What stands before them, ``(batch, steps before, ...)``; only its length matters.
        """
        ops = keras.ops
        half = x.shape[-1] // 2
        rates = ops.exp(ops.arange(half, dtype="float32") * (-math.log(10_000) / half))
        places = ops.cast(ops.arange(ops.shape(x)[1]) + (0 if before is None else ops.shape(before)[1]), "float32")
        angles = places[:, None] * rates
        return x + ops.cast(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1), x.dtype)

    def compute_output_spec(self, x: Any, before: Any = None) -> Any:  # noqa: ARG002 (Keras' interface)
        """Return the shape, which stays."""
        return keras.KerasTensor(x.shape, self.compute_dtype)
