"""What a step minimises: the loss of each image, in the compiled step and, for validation, in NumPy.

Hinge losses tell each class from all others, as scikit-learn's ``LinearSVC`` does: with a target ``t`` in [0, 1] for
each class and its logit ``f`` they are the sum over the classes of ``t max(0, 1 - f) + (1 - t) max(0, 1 + f)``, or the
same with both terms squared (Cortes and Vapnik, 1995, section 3: penalties ``F(u) = u`` and ``u^2``). A network of one
dense layer, trained with one of them and with ``l2``, is a linear support-vector machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.options.training import LossName


def image_losses(name: LossName, targets: Any, logits: Any) -> Any:
    """Return the loss of each image, a tensor ``(b,)``, for targets and float32 logits ``(b, classes)``."""
    import tensorflow as tf

    if name == "cross-entropy":
        return tf.nn.softmax_cross_entropy_with_logits(targets, logits)
    missing, trespassing = tf.nn.relu(1 - logits), tf.nn.relu(1 + logits)
    if name == "squared-hinge":
        missing, trespassing = tf.square(missing), tf.square(trespassing)
    return tf.reduce_sum(targets * missing + (1 - targets) * trespassing, axis=-1)


def summed_loss(name: LossName, logits: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> float:
    """Return the sum of the images' losses, for logits ``(n, classes)`` and labels ``(n,)``.

    Example:
        >>> summed_loss("squared-hinge", np.array([[0.5, -2.0]]), np.array([0]))
        0.25
    """
    values = np.asarray(logits, np.float64)
    if name == "cross-entropy":
        values = values - values.max(axis=1, keepdims=True)
        return float((np.log(np.exp(values).sum(axis=1)) - values[np.arange(len(values)), labels]).sum())
    signs = np.where(np.arange(values.shape[1]) == labels[:, None], 1.0, -1.0)
    slack = np.maximum(1 - signs * values, 0)
    return float(np.square(slack).sum() if name == "squared-hinge" else slack.sum())
