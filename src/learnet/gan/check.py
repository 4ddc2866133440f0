"""Whether two networks and the examples fit each other, before the first step is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray


def check_networks(generator: keras.Model, discriminator: keras.Model, examples: NDArray[Any]) -> None:
    """Refuse what cannot be trained.

    Raises:
        UsageError: The sentence names what was expected, what came, and what to do.
    """
    _check_examples(examples)
    wanted = tuple(examples.shape[1:])
    if len(generator.inputs) != 1 or len(generator.inputs[0].shape) != 2 or generator.inputs[0].shape[1] is None:
        raise UsageError(
            f"The generator '{generator.name}' should take noise of shape (batch, numbers); it takes "
            f"{tuple(generator.inputs[0].shape)}."
        )
    for what, tensor in (("makes samples", generator.outputs[0]), ("takes samples", discriminator.inputs[0])):
        if tuple(tensor.shape[1:]) != wanted:
            raise UsageError(
                f"The examples are of shape {wanted}, but one of the networks {what} of shape "
                f"{tuple(tensor.shape[1:])}. Build both for the same shape."
            )
    if len(discriminator.outputs[0].shape) != 2 or _activation(discriminator) == "sigmoid":
        raise UsageError(
            f"The discriminator '{discriminator.name}' should end in logits of shape (batch, 1), without a sigmoid: "
            f"the losses apply one themselves. Its output has the shape {tuple(discriminator.outputs[0].shape)}."
        )
    if examples.dtype != np.uint8 and _activation(generator) == "tanh" and np.abs(examples).max() > 1:
        raise UsageError(
            f"The generator '{generator.name}' ends in tanh, so that its samples lie in -1 … 1, but the examples reach "
            f"{np.abs(examples).max():g}. Scale them, or give the pixels as uint8."
        )


def _check_examples(examples: NDArray[Any]) -> None:
    is_image = examples.dtype == np.uint8 and examples.ndim == 4
    is_number = np.issubdtype(examples.dtype, np.floating) and examples.ndim >= 2
    if not (is_image or is_number) or not len(examples):
        raise UsageError(
            "Examples should be floating-point numbers (n, ...) or uint8 images (n, h, w, channels), at least one; "
            f"received {examples.dtype} of shape {examples.shape}."
        )
    if is_number and not np.isfinite(examples).all():
        raise UsageError("Examples should be finite numbers, but some are NaN or infinite. Leave those out.")


def _activation(model: keras.Model) -> str:
    """Return the name of the activation that a network ends in, or nothing."""
    return getattr(getattr(model.layers[-1], "activation", None), "__name__", "")
