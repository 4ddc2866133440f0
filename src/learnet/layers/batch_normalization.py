"""Batch normalisation by one kernel, forward and backward, where the backend has it."""

from __future__ import annotations

from typing import Any

import keras

_SMALLEST_EPSILON = 1.001e-5  # what the fused kernel takes


@keras.saving.register_keras_serializable(package="learnet")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """``keras.layers.BatchNormalization``, faster in training on the TensorFlow backend.

    Arguments, weights, saving and numbers are those of Keras' layer: weights of the one load into the other. In
    training, images ``(batch, height, width, channels)`` go through TensorFlow's fused kernel, which reads them once
    for the statistics and once for the result, where Keras' formula takes a pass for each operation. Everything else
    (inference, other shapes, masks, renormalisation, other backends) is Keras' own.

    Source:
        Ioffe and Szegedy, Batch Normalization, 2015.

    Example:
        >>> import numpy as np
        >>> layer = FusedBatchNormalization()
        >>> images = np.random.default_rng(0).normal(3, 2, (8, 5, 5, 2)).astype("float32")
        >>> normal = np.asarray(layer(images, training=True))
        >>> bool(abs(normal.mean()) < 1e-5), bool(abs(normal.std() - 1) < 1e-3)
        (True, True)
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: FBT001 (Keras' interface)
        """Return the normalised inputs, of the same shape; in training, the moving statistics move."""
        if not (training and self.trainable and mask is None and self._fits(inputs)):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        channels = (inputs.shape[-1],)
        gamma = tf.cast(self.gamma, tf.float32) if self.scale else tf.ones(channels)
        beta = tf.cast(self.beta, tf.float32) if self.center else tf.zeros(channels)
        normal, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=gamma, offset=beta, mean=[], variance=[], epsilon=self.epsilon, is_training=True
        )
        count = tf.cast(tf.size(inputs) // channels[0], tf.float32)
        self._move(self.moving_mean, mean)
        self._move(
            self.moving_variance, variance * (count - 1) / count
        )  # the kernel's is the unbiased one, Keras' is not
        return tf.cast(normal, self.compute_dtype)

    def _fits(self, inputs: Any) -> bool:
        return (
            keras.backend.backend() == "tensorflow"
            and len(inputs.shape) == 4
            and self.axis in {-1, 3}
            and inputs.shape[-1] is not None
            and inputs.dtype in ("float32", "bfloat16", "float16")
            and self.epsilon >= _SMALLEST_EPSILON
            and not self.renorm
            and not self.synchronized
        )

    def _move(self, average: Any, value: Any) -> None:
        average.assign(average * self.momentum + value * (1.0 - self.momentum))
