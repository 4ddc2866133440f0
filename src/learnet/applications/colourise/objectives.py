"""What the two networks minimise, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.training import Measured

if TYPE_CHECKING:
    import keras

_NEAR = 0.05  # a U and a V this near to the true ones count as right, for the history only


@dataclass(frozen=True, kw_only=True)
class RebalancedColours:
    """Which of the kept colours each pixel has: cross-entropy, in which rare colours count more.

    Attributes:
        weights: What a pixel of each colour counts, as ``ColourGrid.weights`` gives it.

    Source: Billaut, de Rochemonteix and Thibault, ColorUNet, 2018, section 3.3.
    """

    weights: tuple[float, ...]

    def target_spec(self, model: keras.Model) -> tuple[tuple[int | None, ...], str]:
        """Return the shape of the pixels' colours, as numbers from 0."""
        return tuple(model.outputs[0].shape[1:3]), "uint8"

    def measure(self, targets: Any, output: Any) -> Measured:
        """Measure logits ``(b, h, w, n)`` against the true colours ``(b, h, w)``."""
        import tensorflow as tf

        true = tf.cast(targets, tf.int32)
        entropies = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=true, logits=output)
        losses = entropies * tf.gather(tf.constant(self.weights, tf.float32), true)
        right = tf.equal(tf.argmax(output, axis=-1, output_type=tf.int32), true)
        return _by_photo(losses, right)


@dataclass(frozen=True, kw_only=True)
class SquaredColours:
    """U and V of each pixel: the mean squared distance. A pixel within 0.05 of both counts as right."""

    def target_spec(self, model: keras.Model) -> tuple[tuple[int | None, ...], str]:
        """Return the shape of U and V."""
        return tuple(model.outputs[0].shape[1:]), "float32"

    def measure(self, targets: Any, output: Any) -> Measured:
        """Measure U and V ``(b, h, w, 2)`` against the true ones."""
        import tensorflow as tf

        difference = output - targets
        near = tf.reduce_all(tf.abs(difference) < _NEAR, axis=-1)
        return _by_photo(tf.reduce_mean(tf.square(difference), axis=-1), near)


def _by_photo(losses: Any, right: Any) -> Measured:
    import tensorflow as tf

    pixels = tf.cast(tf.size(losses[0]), tf.float32) * tf.ones_like(losses[:, 0, 0])
    return Measured(
        losses=tf.reduce_sum(losses, axis=[1, 2]),
        hits=tf.reduce_sum(tf.cast(right, tf.float32), axis=[1, 2]),
        answers=pixels,
    )
