"""Colours as brightness and two differences: Y, U and V of television (ITU-R BT.601, analogue scale).

Y is in [0, 1], U (blue minus brightness) in [-0.436, 0.436], V (red minus brightness) in [-0.615, 0.615]; grey has
U = V = 0. The Y is what ``learnet.models``' ColorUNet makes of a photo inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
LARGEST_U, LARGEST_V = 0.436, 0.615
_U_SCALE, _V_SCALE = LARGEST_U / (1 - _BLUE), LARGEST_V / (1 - _RED)
_LUMA = np.array([_RED, _GREEN, _BLUE]) / 255
_CHROMA = np.stack(
    [
        _U_SCALE * (np.array([0, 0, 1 / 255]) - _LUMA),
        _V_SCALE * (np.array([1 / 255, 0, 0]) - _LUMA),
    ],
    axis=1,
)


def luminance(images: NDArray[np.uint8]) -> Floats:
    """Return the brightness of each pixel, float32 ``(…)`` in [0, 1], of uint8 RGB ``(…, 3)``."""
    return images.astype(np.float32) @ _LUMA.astype(np.float32)


def chroma(images: NDArray[np.uint8]) -> Floats:
    """Return the colour of each pixel, float32 ``(…, 2)`` (U and V), of uint8 RGB ``(…, 3)``.

    Example:
        >>> [round(float(value), 3) for value in chroma(np.array([0, 0, 255], np.uint8))]
        [0.436, -0.1]
        >>> bool(np.abs(chroma(np.array([7, 7, 7], np.uint8))).max() < 1e-6)  # grey
        True
    """
    return images.astype(np.float32) @ _CHROMA.astype(np.float32)


def join(brightness: NDArray[Any], colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the photo of this brightness and these colours.

    A colour that the screen cannot show at this brightness is cut off, channel by channel.

    Args:
        brightness: ``(…)`` in [0, 1].
        colours: ``(…, 2)``, U and V.

    Returns:
        uint8 RGB ``(…, 3)``.

    Example:
        >>> photo = np.array([[12, 200, 99]], np.uint8)
        >>> join(luminance(photo), chroma(photo)).tolist()
        [[12, 200, 99]]
    """
    shape = (*brightness.shape, 3)
    pixels = np.empty(shape, np.float32)
    pixels[..., 2] = brightness + colours[..., 0] / _U_SCALE
    pixels[..., 0] = brightness + colours[..., 1] / _V_SCALE
    pixels[..., 1] = (brightness - _RED * pixels[..., 0] - _BLUE * pixels[..., 2]) / _GREEN
    made: NDArray[np.uint8] = np.clip(np.rint(255 * pixels), 0, 255).astype(np.uint8)
    return made
