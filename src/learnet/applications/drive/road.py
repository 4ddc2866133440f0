"""The road as geometry: its centre line, how it bends, and what of it lies ahead of a car."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SPACING = 1.0  # length units between two points of the line
_SMOOTHING = 9  # points on each side: the simulator's track is a polygon
_CURVATURE_SMOOTHING = 4
_BACK, _AHEAD = 20, 60  # points among which the nearest is looked for, once a car is on its way


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where a car is and where it looks.

    Attributes:
        x: Length units.
        y: Length units.
        angle: Radians; at 0 the car looks along y, and the angle grows to the left.
    """

    x: float
    y: float
    angle: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Road:
    """A closed road.

    Attributes:
        points: Its centre line in driving direction, smoothed, evenly spaced; ``(n, 2)``.
        curvature: There, 1 / radius, positive to the left; ``(n,)``.
        spacing: Length units between two points.
        half_width: From the centre line to the edge.
    """

    points: Floats
    curvature: Floats
    spacing: float
    half_width: float

    @classmethod
    def along(cls, corners: Floats, *, half_width: float) -> Road:
        """Return the road along a closed polygon ``(n, 2)``.

        Example:
            >>> angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
            >>> road = Road.along(50 * np.column_stack([np.cos(angles), np.sin(angles)]), half_width=7)
            >>> float(road.curvature.mean().round(3)), len(road.points)
            (0.02, 314)
        """
        points, spacing = _evenly(corners)
        points = _smoothed(points, _SMOOTHING)
        curvature = _smoothed(_curvature(points)[:, None], _CURVATURE_SMOOTHING)[:, 0]
        return cls(points=points, curvature=curvature, spacing=spacing, half_width=half_width)

    def nearest(self, pose: Pose, *, near: int | None = None) -> int:
        """Return the index of the point nearest to the car, near another index if one is given.

        A road may pass close by itself; a car on its way stays on its own part.
        """
        rows = np.arange(len(self.points)) if near is None else (near + np.arange(-_BACK, _AHEAD)) % len(self.points)
        away = np.hypot(*(self.points[rows] - (pose.x, pose.y)).T)
        return int(rows[away.argmin()])

    def offset(self, pose: Pose, index: int) -> float:
        """Return how far the car's centre is from the line, next to the point ``index``, in length units."""
        return float(np.hypot(*(self.points[index] - (pose.x, pose.y))))

    def direction(self, index: int) -> float:
        """Return the angle of a car that looks along the road at a point."""
        step = self.points[(index + 1) % len(self.points)] - self.points[index - 1]
        return float(np.arctan2(-step[0], step[1]))

    def ahead(self, pose: Pose, index: int, count: int) -> Floats:
        """Return ``count`` points of the line from ``index`` on as the car sees them.

        Returns:
            ``(count, 2)``: how far forward, and how far to the left.
        """
        away = self.points[(index + np.arange(count)) % len(self.points)] - (pose.x, pose.y)
        sine, cosine = np.sin(pose.angle), np.cos(pose.angle)
        return np.column_stack([away @ (-sine, cosine), away @ (-cosine, -sine)])

    def bends(self, index: int, count: int) -> Floats:
        """Return the curvature at ``count`` points from ``index`` on."""
        return self.curvature[(index + np.arange(count)) % len(self.curvature)]


def _evenly(corners: Floats) -> tuple[Floats, float]:
    closed = np.vstack([corners, corners[:1]])
    along = np.concatenate([[0.0], np.hypot(*np.diff(closed, axis=0).T).cumsum()])
    count = max(int(along[-1] / SPACING), 3)
    places = np.linspace(0, along[-1], count, endpoint=False)
    points = np.column_stack([np.interp(places, along, closed[:, axis]) for axis in (0, 1)])
    return points, float(along[-1] / count)


def _smoothed(values: Floats, reach: int) -> Floats:
    """Return a weighted mean over ``reach`` neighbours on each side, round the closed line."""
    window = np.hanning(2 * reach + 1)
    around = np.concatenate([values[-reach:], values, values[:reach]])
    return np.column_stack([np.convolve(column, window / window.sum(), "valid") for column in around.T])


def _curvature(points: Floats) -> Floats:
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    (dx, dy), (ddx, ddy) = ((after - before) / 2).T, (after - 2 * points + before).T
    return np.asarray((dx * ddy - dy * ddx) / np.maximum(np.hypot(dx, dy) ** 3, 1e-9))
