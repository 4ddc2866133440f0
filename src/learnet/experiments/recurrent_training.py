"""Small recurrent Keras networks, trained over sequences, one by one or in batches, by one compiled step.

XLA fuses what a step of such a network does, which makes it some fifteen times faster on a processor than the same
graph without; networks of the same shape share the compilation, whatever their seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, eq=False)
class Lesson:
    """Sequences of one length, what should be said, and where it counts.

    Args:
        inputs: float32 ``(n, steps, width)``.
        targets: float32 ``(n, steps, outputs)``, or ``(n, 1, outputs)`` if the same at all steps.
        counts: 1 where the error counts, else 0, float32 ``(n, steps)``.
    """

    inputs: np.ndarray
    targets: np.ndarray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)

    def part(self, chosen: Any) -> Lesson:
        """Return some of the sequences."""
        return Lesson(self.inputs[chosen], self.targets[chosen], self.counts[chosen])


def at_the_end(inputs: np.ndarray, lengths: np.ndarray, targets: np.ndarray) -> Lesson:
    """Return the lesson of targets ``(n, outputs)`` that count at the last step alone."""
    counts = np.arange(inputs.shape[1]) == lengths[:, None] - 1
    return Lesson(inputs, targets[:, None], counts.astype(np.float32))


class SequenceTrainer:
    """A recurrent layer, a dense sigmoid layer behind it, and the step that trains them by squared error.

    Args:
        recurrent: Returns the recurrent layer for a seed, with ``return_sequences``; its initialisers take the seed.
        width: Of the inputs.
        outputs: Of the targets.
        learning_rate: Of the optimiser.
        online: Plain descent on half the sum of squared errors of a sequence, as it was published; otherwise Adam on
            the mean squared error.
        clip: Largest norm of Adam's gradient.
        bias: The output units have biases.
    """

    def __init__(
        self,
        recurrent: Callable[[int], Any],
        *,
        width: int,
        outputs: int,
        learning_rate: float,
        online: bool = False,
        clip: float = 1.0,
        bias: bool = True,
    ) -> None:
        self._recurrent, self._width, self._outputs, self._bias = recurrent, width, outputs, bias
        self.model = self._network(0)
        optimizers = import_keras().optimizers
        self._online = online
        self._optimizer = optimizers.SGD(learning_rate) if online else optimizers.Adam(learning_rate, clipnorm=clip)
        self._optimizer.build(self.model.trainable_variables)
        self._fresh = [np.asarray(variable).copy() for variable in self._optimizer.variables]
        self._step, self._say = self._compiled()

    def restart(self, seed: int) -> None:
        """Give the network the starting weights of a seed, and forget what was learnt."""
        self.model.set_weights(self._network(seed).get_weights())
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)

    def learn(self, batches: Iterable[Lesson]) -> None:
        """Take one step for each batch; all batches are of one shape, or each shape is compiled anew."""
        for batch in batches:
            self._step(batch.inputs, batch.targets, batch.counts)

    def say(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the network says at each step, float32 ``(n, steps, outputs)``."""
        return np.asarray(self._say(inputs))

    def say_at_the_end(self, lesson: Lesson) -> np.ndarray:
        """Return what the network says at the step that counts, float32 ``(n, outputs)``."""
        return np.asarray((self.say(lesson.inputs) * lesson.counts[:, :, None]).sum(axis=1))

    def _network(self, seed: int) -> Any:
        keras = import_keras()
        inputs = keras.Input((None, self._width))
        start = keras.initializers.RandomUniform(-0.1, 0.1, seed=seed)
        head = keras.layers.Dense(
            self._outputs, activation="sigmoid", kernel_initializer=start, use_bias=self._bias, name="output"
        )
        return keras.Model(inputs, head(self._recurrent(seed)(inputs)))

    def _compiled(self) -> tuple[Any, Any]:
        import tensorflow as tf

        variables = self.model.trainable_variables

        def step(inputs: Any, targets: Any, counts: Any) -> None:
            with tf.GradientTape() as tape:
                squares = (self.model(inputs, training=True) - targets) ** 2 * counts[:, :, None]
                share = 2 * len(inputs) if self._online else tf.reduce_sum(counts) * self._outputs
                loss = tf.reduce_sum(squares) / share
            self._optimizer.apply(tape.gradient(loss, variables), variables)

        return tf.function(step, jit_compile=True), tf.function(self.model, jit_compile=True)
