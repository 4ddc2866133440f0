"""The one rule that turns any decoded pixels into upright uint8 RGB."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_rgb(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pixels as uint8 RGB.

    16-bit values are divided by 257 and rounded, so that 0 stays 0 and 65,535 becomes 255; bits become 0 and 255; grey
    becomes three equal channels; what is transparent shows white.

    Args:
        pixels: bool, uint8 or uint16, ``(h, w)`` or ``(h, w, c)`` with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB,
            alpha) channels.

    Returns:
        Contiguous uint8 ``(h, w, 3)``; the same array if nothing needs to change.

    Example:
        >>> to_rgb(np.array([[[0, 65535, 32768]]], np.uint16)).tolist()
        [[[0, 255, 128]]]
        >>> to_rgb(np.array([[[10, 0]]], np.uint8)).tolist()
        [[[255, 255, 255]]]
    """
    if pixels.dtype == np.uint16:
        pixels = _eight_of_sixteen()[pixels]
    elif pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * np.uint8(255)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[2] in (2, 4):
        pixels = _over_white(pixels[..., :-1], pixels[..., -1:])
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels)


def upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return ``image`` turned and mirrored as its EXIF orientation (1 to 8) asks.

    Source: Exif 3.0, section 4.6.5, tag 274.
    """
    if orientation == 1:
        return image
    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    flip_rows, flip_columns = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(image[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1])


def _over_white(colour: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opacity = alpha.astype(np.uint16)
    blended = colour * opacity + np.uint16(255) * (np.uint16(255) - opacity)
    return ((blended + np.uint16(127)) // np.uint16(255)).astype(np.uint8)


@functools.cache
def _eight_of_sixteen() -> NDArray[np.uint8]:
    return ((np.arange(65536) + 128) // 257).astype(np.uint8)
