"""What the network sees: the picture's part ahead of the car at 66 x 200 pixels, from where the car is or could be.

The simulator looks straight down, so that the picture is a map: a car that stood a little to the side and looked a
little askew would see the same picture shifted and rotated, exactly. Bojarski et al. (2016) had to assume that all they
saw lay on one plane; here it does. The rows show what lies ahead of the car's nose; car and dashboard are cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

VIEW_SIZE = (66, 200)
FRAME_ROWS = 84
"""Rows of the simulator's picture above the dashboard."""
_FRAME_SIDE, _CAR_ROW = 96, 72
_PIXELS = (1.944, 1.5552)
"""Of the picture for one length unit ahead and one to the side, at full zoom: it is 1,000 x 800, made 96 x 96."""


def view(
    frame: NDArray[np.uint8], *, shift: float = 0.0, rotation: float = 0.0, zoom: float = 1.0
) -> NDArray[np.uint8]:
    """Return what the network would see if the car stood elsewhere.

    What lies outside of the picture is filled with the colour at its edge.

    Args:
        frame: The simulator's picture, uint8 RGB, ``(84 or more, 96, 3)``.
        shift: How far to the left of where it is, in length units.
        rotation: How far it would look to the left, in radians.
        zoom: Of the picture; see ``Simulator.zoom``.

    Returns:
        uint8 RGB ``(66, 200, 3)``.
    """
    import cv2

    height, width = VIEW_SIZE
    warped = cv2.warpAffine(
        frame[:FRAME_ROWS],
        _to_frame(shift=shift, rotation=rotation, zoom=zoom),
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)


def seen_from(points: Floats, *, shift: float, rotation: float) -> Floats:
    """Return points, as forward and left of the car ``(n, 2)``, as it would see them from elsewhere.

    Args:
        points: As the car sees them.
        shift: How far to the left of where it is, in length units.
        rotation: How far it would look to the left, in radians.

    Example:
        >>> seen_from(np.array([[10.0, 0.0]]), shift=2.0, rotation=0.0).tolist()
        [[10.0, -2.0]]
        >>> seen_from(np.array([[10.0, 0.0]]), shift=0.0, rotation=np.pi / 2).round(6).tolist()
        [[0.0, -10.0]]
    """
    forward, left = points[:, 0], points[:, 1] - shift
    sine, cosine = np.sin(rotation), np.cos(rotation)
    return np.column_stack([cosine * forward + sine * left, cosine * left - sine * forward])


def _to_frame(*, shift: float, rotation: float, zoom: float) -> Floats:
    """Return the affine map ``(2, 3)`` from columns and rows of the view to those of the frame."""
    ahead, aside = _PIXELS
    sine, cosine = np.sin(rotation), np.cos(rotation)
    stretch = _FRAME_SIDE / VIEW_SIZE[1]
    middle, car = (_FRAME_SIDE - 1) / 2, _CAR_ROW - 0.5
    # a view's (column, row, 1) to (forward, left, 1) of the car that stands elsewhere, in length units
    to_road = np.array(
        [
            [0.0, -1 / (zoom * ahead), car / (zoom * ahead)],
            [-stretch / (zoom * aside), 0.0, (middle - (stretch - 1) / 2) / (zoom * aside)],
            [0.0, 0.0, 1.0],
        ]
    )
    back = np.array([[cosine, -sine, 0.0], [sine, cosine, shift], [0.0, 0.0, 1.0]])
    to_pixels = np.array([[0.0, -zoom * aside, middle], [-zoom * ahead, 0.0, car]])
    return np.asarray(to_pixels @ back @ to_road)
