"""Samples of a generator, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError
from learnet.core import generator as random_generator
from learnet.gan.feed import draw_noise

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from learnet.options.gan import LatentName

_AT_ONCE = 512


def draw_samples(
    generator: keras.Model, count: int, *, seed: int, latent: LatentName = "normal"
) -> NDArray[np.float32]:
    """Let a generator make samples, as it predicts: batch normalisation uses what it has learnt.

    Args:
        generator: From noise ``(b, latent)`` to samples ``(b, ...)``.
        count: How many, at least 1.
        seed: The noise comes from it.
        latent: The kind of noise, the one that it was trained with.

    Returns:
        float32 ``(count, ...)``.

    Raises:
        UsageError: If ``count`` is less than 1.
    """
    if count < 1:
        raise UsageError(f"At least 1 sample must be asked for; received {count}.")
    size = int(generator.inputs[0].shape[1])
    noise = draw_noise(count, size, latent=latent, random=random_generator(seed, "samples"))
    return generate(generator, noise)


def generate(generator: keras.Model, noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the samples ``(b, ...)`` of noise ``(b, latent)``."""
    parts = [
        np.asarray(generator(noise[start : start + _AT_ONCE], training=False))
        for start in range(0, len(noise), _AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float32, copy=False)


def as_images(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return samples in [-1, 1] as pixels, uint8 of the same shape; what lies outside is cut off.

    Example:
        >>> as_images(np.array([-1.0, 0.0, 1.0, 2.0], np.float32)).tolist()
        [0, 128, 255, 255]
    """
    pixels: NDArray[np.uint8] = np.rint(np.clip((samples + 1) * 127.5, 0, 255)).astype(np.uint8)
    return pixels
