"""What is minimised: the surprise at each piece of the right translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.training.objective import Measured

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class NextPiece:
    """Cross-entropy of the next piece, summed over a sentence without its padding.

    Attributes:
        label_smoothing: Share of each target that is spread over all pieces (Szegedy et al., Rethinking the Inception
            Architecture, 2016), in [0, 1).
    """

    label_smoothing: float = 0.0

    def target_spec(self, model: keras.Model) -> tuple[tuple[int | None, ...], str]:  # noqa: ARG002 (the interface's)
        """Return the shape of targets: pieces ``(b, t)``."""
        return (None,), "int32"

    def measure(self, targets: Any, output: Any) -> Measured:
        """Measure logits ``(b, t, pieces)`` against pieces ``(b, t)`` with 0 for padding."""
        import tensorflow as tf

        there = tf.cast(tf.not_equal(targets, 0), tf.float32)
        smooth = self.label_smoothing
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, output)
        if smooth:
            spread = tf.reduce_logsumexp(output, axis=-1) - tf.reduce_mean(output, axis=-1)
            each = (1 - smooth) * each + smooth * spread
        hits = tf.cast(tf.equal(tf.argmax(output, axis=-1, output_type=tf.int32), targets), tf.float32)
        return Measured(
            losses=tf.reduce_sum(each * there, axis=-1),
            hits=tf.reduce_sum(hits * there, axis=-1),
            answers=tf.reduce_sum(there, axis=-1),
        )
