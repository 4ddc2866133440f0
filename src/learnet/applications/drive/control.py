"""From what a driver wants to wheel and pedals: the same for the expert and for a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.applications.drive.expert import Command

_WHEEL_BASE = 3.24  # length units between the axles
_STEERING = 1.38  # tyres slip: the wheel is turned by more than rolling without slip would need
_GAS, _BRAKE = 0.09, 0.045  # pedal for each length unit a second too slow or too fast
_EASY = 1.0  # so much too fast is not braked
_HARDEST = 0.8  # the wheels lock at 0.9

_BAR_ROWS, _BAR_COLUMNS = slice(84, 96), slice(12, 15)
_BAR_SPEED, _BAR_EDGE = 8.44, 3.79  # for each white pixel of the bar, and what its edges add; measured


def action_of(command: Command, *, speed: float) -> NDArray[np.float32]:
    """Return the simulator's action: steering in [-1, 1], positive to the right, gas and brake in [0, 1].

    Args:
        command: What the driver wants.
        speed: How fast the car is, length units a second.

    Example:
        >>> from learnet.applications.drive.expert import Command
        >>> action_of(Command(curvature=0.0, speed=50.0), speed=45.0).round(2).tolist() == [0.0, np.float32(0.45), 0.0]
        True
    """
    missing = command.speed - speed
    brake = min(-_BRAKE * missing, _HARDEST) if missing < -_EASY else 0.0
    gas = min(max(_GAS * missing, 0.0), 1.0)
    wheel = -math.atan(_WHEEL_BASE * _STEERING * command.curvature)
    return np.array([min(max(wheel, -1.0), 1.0), gas, brake], np.float32)


def speed_on_dashboard(frame: NDArray[np.uint8]) -> float:
    """Read the speed from the white bar at the bottom of the simulator's picture, as a driver does.

    Args:
        frame: uint8 ``(96, 96, 3)``.

    Returns:
        Length units a second, to about 2: the bar is drawn in whole pixels.
    """
    bar = frame[_BAR_ROWS, _BAR_COLUMNS, 0]  # the wheels' bars beside it have next to no red
    white = float(bar.sum(dtype=np.float64)) / 255
    return max(_BAR_SPEED * white - _BAR_EDGE, 0.0)
