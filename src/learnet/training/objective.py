"""What a training minimises and what it counts, for one kind of answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from learnet.training.losses import image_losses

if TYPE_CHECKING:
    import keras

    from learnet.options.training import LossName


class Measured(NamedTuple):
    """What an objective says of each example of a batch, as tensors.

    Attributes:
        losses: float32 ``(b,)``: the sum over the example's answers.
        hits: float32 ``(b,)``: how many of them count as right.
        answers: float32 ``(b,)``: how many the example has: 1 of a class, the words of a sentence, the pixels of a
            photo.
    """

    losses: Any
    hits: Any
    answers: Any


class Objective(Protocol):
    """A kind of answer; what a step minimises is the mean loss of an answer."""

    def target_spec(self, model: keras.Model) -> tuple[tuple[int | None, ...], str]:
        """Return shape, without the batch, and type of a batch's targets; None for what differs between batches."""
        ...

    def measure(self, targets: Any, output: Any) -> Measured:
        """Measure one output of the network, a float32 tensor, in TensorFlow's graph.

        Auxiliary outputs are measured against the same targets.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Classification:
    """One class an example; targets are distributions, so that they can be smoothed and mixed.

    Attributes:
        loss: See ``TrainingConfig``.
    """

    loss: LossName = "cross-entropy"

    def target_spec(self, model: keras.Model) -> tuple[tuple[int | None, ...], str]:
        """Return the shape of distributions."""
        return (model.outputs[0].shape[-1],), "float32"

    def measure(self, targets: Any, output: Any) -> Measured:
        """Measure logits ``(b, classes)`` against distributions of the same shape."""
        import tensorflow as tf

        hits = tf.equal(tf.argmax(output, axis=-1), tf.argmax(targets, axis=-1))
        losses = image_losses(self.loss, targets, output)
        return Measured(losses=losses, hits=tf.cast(hits, tf.float32), answers=tf.ones_like(losses))
