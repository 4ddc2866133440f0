"""A driver that knows the road: pure pursuit, and a speed from which every bend in sight can still be taken.

Pure pursuit (Coulter, Implementation of the Pure Pursuit Path Tracking Algorithm, CMU-RI-TR-92-01, 1992) steers along
the arc that meets the line a little ahead. Both answers follow from what lies ahead alone, and from no more of it than
the simulator's picture shows, so that a network which sees the picture can learn them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.applications.drive.road import Pose, Road

    Floats = NDArray[np.float64]

HORIZON = 36  # points of the line: the simulator's picture shows 37 length units ahead


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a driver wants.

    Attributes:
        curvature: Of the arc to drive, 1 / turning radius as in Bojarski et al. (2016), positive to the left.
        speed: Length units a second.
    """

    curvature: float
    speed: float


@dataclass(frozen=True, kw_only=True)
class Expert:
    """How the expert drives; the defaults were found by random search on tracks that are neither recorded nor tested.

    Attributes:
        look: Length units to the point that is steered for, at a standstill.
        look_seconds: What it is farther away for each length unit a second of speed.
        grip: Largest sideways acceleration in a bend, length units / s².
        braking: Deceleration that is counted on before a bend.
        top_speed: On straight roads, length units a second.

    Raises:
        UsageError: If a value is not greater than 0.
    """

    look: float = 10.0
    look_seconds: float = 0.1
    grip: float = 128.0
    braking: float = 77.0
    top_speed: float = 97.0

    def __post_init__(self) -> None:
        for name in ("look", "look_seconds", "grip", "braking", "top_speed"):
            if not getattr(self, name) > 0:
                raise UsageError(f"The expert's {name} must be greater than 0; received {getattr(self, name)!r}.")

    def speed(self, bends: Floats, *, spacing: float) -> float:
        """Return the speed from which every bend ahead can be taken by braking in time.

        Args:
            bends: Curvature of the line from the car on, ``(n,)``.
            spacing: Length units between two of its points.

        Example:
            >>> round(Expert().speed(np.full(36, 0.05), spacing=1.0), 1)
            50.6
        """
        squares = self.grip / np.maximum(np.abs(bends), 1e-6) + 2 * self.braking * spacing * np.arange(len(bends))
        return float(min(self.top_speed, np.sqrt(squares.min())))

    def curvature(self, ahead: Floats, *, speed: float) -> float:
        """Return the curvature of the arc from the car to the line.

        Args:
            ahead: The line as the car sees it: forward and left, ``(n, 2)``.
            speed: That is aimed at; the faster, the farther away the arc meets the line.

        Example:
            >>> Expert().curvature(np.column_stack([np.arange(36.0), np.zeros(36)]), speed=50)
            0.0
        """
        distances = np.hypot(*ahead.T)
        far = distances >= self.look + self.look_seconds * speed
        forward, left = ahead[far.argmax() if far.any() else -1]
        return float(2 * left / max(forward**2 + left**2, 1e-6))

    def command(self, road: Road, pose: Pose, index: int) -> Command:
        """Return what to do at ``pose``, where ``index`` is the nearest point of the road."""
        speed = self.speed(road.bends(index, HORIZON), spacing=road.spacing)
        return Command(curvature=self.curvature(road.ahead(pose, index, HORIZON), speed=speed), speed=speed)
