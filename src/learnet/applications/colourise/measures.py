"""How colourful a photo is, and how near its colours are to the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def colourfulness(images: NDArray[np.uint8]) -> Floats:
    """Return how colourful each photo is: 0 for grey, about 15 slightly, 45 averagely, 80 and more highly.

    With the opponents rg = R - G and yb = (R + G) / 2 - B in units of 0 to 255, it is the length of their standard
    deviations plus 0.3 times the length of their means.

    Args:
        images: uint8 RGB ``(n, h, w, 3)``.

    Returns:
        float64 ``(n,)``.

    Source: Hasler and Süsstrunk, Measuring Colourfulness in Natural Images, 2003, equation for the metric M(3).

    Example:
        >>> red = np.full((1, 2, 2, 3), (255, 0, 0), np.uint8)
        >>> round(float(colourfulness(red)[0]), 3)  # 0.3 sqrt(255^2 + 127.5^2)
        85.53
    """
    pixels = images.reshape(len(images), -1, 3).astype(np.float64)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue])
    spread = np.sqrt((opponents.std(axis=-1) ** 2).sum(axis=0))
    offset = np.sqrt((opponents.mean(axis=-1) ** 2).sum(axis=0))
    result: Floats = spread + 0.3 * offset
    return result


def saturation(images: NDArray[np.uint8]) -> Floats:
    """Return the mean saturation of each photo, float64 ``(n,)`` in [0, 1]: that of HSV, (max - min) / max.

    Args:
        images: uint8 RGB ``(n, h, w, 3)``.

    Example:
        >>> halves = np.array([[[[200, 100, 100], [50, 50, 50]]]], np.uint8)
        >>> saturation(halves).tolist()
        [0.25]
    """
    largest = images.max(axis=-1).astype(np.float64)
    values = (largest - images.min(axis=-1)) / np.maximum(largest, 1)
    result: Floats = values.reshape(len(images), -1).mean(axis=1)
    return result


def squared_error(colours: NDArray[Any], truth: NDArray[Any]) -> Floats:
    """Return the mean squared error over U and V of each photo, float64 ``(n,)``, of ``(n, h, w, 2)`` both."""
    difference = np.asarray(colours, np.float32) - np.asarray(truth, np.float32)
    result: Floats = np.square(difference).reshape(len(truth), -1).mean(axis=1, dtype=np.float64)
    return result


def psnr(error: float) -> float:
    """Return the peak signal-to-noise ratio in decibels of a mean squared error, for a peak of 1.

    Example:
        >>> psnr(0.01)
        20.0
    """
    return float(-10 * np.log10(error)) if error > 0 else float("inf")
