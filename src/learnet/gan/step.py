"""One step of the game, compiled: k steps of the discriminator, one of the generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, require_backend
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    from numpy.typing import NDArray

    from learnet.gan.feed import GanBatch
    from learnet.options.gan import GanConfig, LossName


@dataclass(frozen=True, kw_only=True)
class GanStep:
    """What one step said, before its updates; of several steps of the discriminator, the last one.

    Attributes:
        discriminator_loss: Mean of -log D(x), plus mean of -log(1 - D(G(z))); 2 log 2 where it can only guess.
        generator_loss: What the generator minimised; log 2 (or -log 2 if saturating) where the other can only guess.
        real: Mean D(x) of examples.
        fake: Mean D(G(z)) of samples.
        finite: Whether these, the samples and all weights after the step are finite: a ReLU can make a number of a NaN,
            so that the losses alone do not tell.
    """

    discriminator_loss: float
    generator_loss: float
    real: float
    fake: float
    finite: bool


class GanTrainer:
    """Two networks in training: their variables, their optimisers', and the compiled step.

    Args:
        generator: From noise ``(b, latent)`` to samples ``(b, ...)``. If it has nothing to train, it stays as it is.
        discriminator: From samples to logits ``(b, 1)``, positive for "an example"; or ``(b, games)``, where networks
            play several games side by side.
        config: How they are trained.

    Raises:
        UsageError: If Keras' backend is not TensorFlow, or the discriminator has nothing to train.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, *, config: GanConfig) -> None:
        if require_backend() != "tensorflow":
            raise UsageError(
                f"Training needs Keras' TensorFlow backend; it is '{require_backend()}'. Install 'learnet[cpu]' and "
                "leave KERAS_BACKEND unset."
            )
        if not discriminator.trainable_variables:
            raise UsageError(f"The network '{discriminator.name}' has no trainable weights: nothing can be learnt.")
        import tensorflow as tf

        if config.deterministic:
            tf.config.experimental.enable_op_determinism()
        self._tf, self._config = tf, config
        self._generator, self._discriminator = generator, discriminator
        self._optimizers = []
        for network in (generator, discriminator):
            optimizer = import_keras().optimizers.Adam(config.learning_rate, beta_1=config.beta_1)
            optimizer.build(network.trainable_variables)
            self._optimizers.append(optimizer)
        self._compiled: Callable[..., Any] = tf.function(self._step, jit_compile=False, autograph=False)

    def step(self, batch: GanBatch) -> GanStep:
        """Take one step."""
        told = self._compiled(batch.examples, batch.noise).numpy()
        return GanStep(
            discriminator_loss=float(told[0]),
            generator_loss=float(told[1]),
            real=float(told[2]),
            fake=float(told[3]),
            finite=bool(np.isfinite(told).all()),
        )

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of everything that a step changes: weights, statistics, random state, optimisers."""
        return {name: np.asarray(variable).copy() for name, variable in self._variables().items()}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Put back what ``state`` returned.

        Raises:
            UsageError: If it is of other networks, or of another kind of training.
        """
        variables = self._variables()
        if state.keys() != variables.keys() or any(state[name].shape != v.shape for name, v in variables.items()):
            raise UsageError(
                "The checkpoint is of other networks. Resume with the networks that the run was begun with, or begin a "
                "new one."
            )
        for name, variable in variables.items():
            variable.assign(state[name])

    def _variables(self) -> dict[str, Any]:
        groups = {
            "generator": self._generator.variables,
            "discriminator": self._discriminator.variables,
            "generator-optimizer": self._optimizers[0].variables,
            "discriminator-optimizer": self._optimizers[1].variables,
        }
        return {f"{group}/{index}": v for group, variables in groups.items() for index, v in enumerate(variables)}

    def _step(self, examples: Any, noise: Any) -> Any:
        tf = self._tf
        for index in range(self._config.discriminator_steps):
            discriminator_loss, real, fake = self._step_discriminator(examples[index], noise[index])
        generator_loss, total = self._step_generator(noise[-1])
        for variable in (*self._generator.trainable_variables, *self._discriminator.trainable_variables):
            total += tf.reduce_sum(variable.value)
        return tf.stack([discriminator_loss, generator_loss, real, fake, total])

    def _step_discriminator(self, examples: Any, noise: Any) -> tuple[Any, Any, Any]:
        tf, network = self._tf, self._discriminator
        samples = self._generator(noise, training=True)
        with tf.GradientTape() as tape:  # examples and samples apart: batch normalisation should tell them apart too
            real, fake = network(examples, training=True), network(samples, training=True)
            loss = discriminator_loss(real, fake)
        self._apply(1, network, tape, loss)
        return loss, tf.reduce_mean(tf.sigmoid(real)), tf.reduce_mean(tf.sigmoid(fake))

    def _step_generator(self, noise: Any) -> tuple[Any, Any]:
        """Return the loss, and the sum of all numbers of the samples."""
        network = self._generator
        with self._tf.GradientTape() as tape:
            samples = network(noise, training=True)
            loss = generator_loss(self._discriminator(samples, training=True), how=self._config.loss)
        if network.trainable_variables:
            self._apply(0, network, tape, loss)
        return loss, self._tf.reduce_sum(samples)

    def _apply(self, index: int, network: keras.Model, tape: Any, loss: Any) -> None:
        variables = network.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self._optimizers[index].apply(gradients, variables)


def discriminator_loss(real: Any, fake: Any) -> Any:
    """Return the mean of -log D(x), plus the mean of -log(1 - D(G(z))).

    Args:
        real: Logits of examples, a tensor.
        fake: Logits of samples.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, equation 1 and algorithm 1, with the sign turned.
    """
    ops = import_keras().ops
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))


def generator_loss(fake: Any, *, how: LossName) -> Any:
    """Return what the generator minimises, from the logits of samples.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014: algorithm 1 (saturating), end of section 3 (not).
    """
    ops = import_keras().ops
    return -ops.mean(ops.softplus(fake)) if how == "saturating" else ops.mean(ops.softplus(-fake))
