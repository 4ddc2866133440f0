"""Gymnasium's ``CarRacing-v3``, as it is: headless, and drawn only when somebody looks."""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import TYPE_CHECKING, Any, final

import numpy as np

from learnet.applications.drive.road import Pose, Road
from learnet.core import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

FPS = 50
"""Steps of the simulator in a second of its time."""
_ENVIRONMENT = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
_IN_SIGHT = (
    110.0  # length units along both axes together: the picture's far corners, and the largest polygon's diameter
)
_CAR_HALF_WIDTH = 1.5
_NEEDED = ("gymnasium", "Box2D", "pygame")


def simulator_is_installed() -> bool:
    """Return whether what the extra ``drive`` brings is there; nothing is imported."""
    import importlib.util

    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


def require_simulator() -> None:
    """Raise a sentence unless the simulator is installed.

    Raises:
        MissingDependencyError: If it is not.
    """
    if not simulator_is_installed():
        raise MissingDependencyError(
            "Driving needs the simulator, which is not installed. Install it with: pip install 'learnet[drive]'"
        )


@final
class Simulator:
    """One car on one track after the other. Close it, or use it in a ``with`` block.

    Attributes:
        road: Of the track.
        index: The road's point nearest to the car.
        steps: Made since the start.
        reward: The environment's own, summed.
        over: Whether the environment has ended the episode: the lap is done, or 1,000 steps are.

    Raises:
        MissingDependencyError: If the simulator is not installed.
    """

    def __init__(self) -> None:
        require_simulator()
        with _headless(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # importing Box2D warns, and crashes where warnings are errors
            import gymnasium
            from gymnasium.envs.box2d.car_racing import TRACK_WIDTH

            self._environment: Any = gymnasium.make("CarRacing-v3", disable_env_checker=True)
        self._half_width = float(TRACK_WIDTH)
        self._world: Any = self._environment.unwrapped
        self._draw = self._world._render  # noqa: SLF001 (the environment draws at each step, whether it is seen or not)
        self._world._render = lambda mode: None  # noqa: ARG005, SLF001 (physics and rewards do not depend on it)
        self._draw_polygon = self._world._draw_colored_polygon  # noqa: SLF001
        self._world._draw_colored_polygon = self._draw_if_near  # noqa: SLF001
        self._eye = (0.0, 0.0, 0.0)
        self.road: Road
        self.index, self.steps, self.reward, self.over = 0, 0, 0.0, True

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self._environment.close()

    def start(self, track: int) -> None:
        """Put the car at the start of the track with this seed."""
        self._environment.reset(seed=track)
        corners = np.array([corner[2:] for corner in self._world.track])
        self.road = Road.along(corners, half_width=self._half_width)
        self.index = self.road.nearest(self.pose)
        self.steps, self.reward, self.over = 0, 0.0, False

    def step(self, action: NDArray[np.float32], *, times: int = 1) -> None:
        """Hold wheel and pedals for some steps, or until the episode is over."""
        for _ in range(times):
            if self.over:
                return
            _, reward, terminated, truncated, _ = self._environment.step(action)
            self.reward += float(reward)
            self.steps += 1
            self.over = bool(terminated or truncated)
        self.index = self.road.nearest(self.pose, near=self.index)

    def frame(self) -> NDArray[np.uint8]:
        """Return the environment's own picture, uint8 RGB ``(96, 96, 3)``: the road from above, the car looking up."""
        return self._picture("state_pixels")

    def photo(self) -> NDArray[np.uint8]:
        """Return the same as it is shown to people, uint8 RGB ``(400, 600, 3)``."""
        return self._picture("rgb_array")

    def _picture(self, mode: str) -> NDArray[np.uint8]:
        self._eye = (self.pose.x, self.pose.y, _IN_SIGHT / self.zoom)
        with _headless():
            return np.array(self._draw(mode), np.uint8)

    def _draw_if_near(self, surface: Any, polygon: Any, *arguments: Any, clip: bool = True) -> None:
        """Leave out what lies outside the picture before it is transformed: two thirds of the time to draw."""
        (x, y), (here_x, here_y, sight) = polygon[0], self._eye
        if not clip or abs(x - here_x) + abs(y - here_y) < sight:
            self._draw_polygon(surface, polygon, *arguments, clip=clip)

    @property
    def zoom(self) -> float:
        """Size of the road in the picture; in its first second the environment comes closer, from 0.04 to 1."""
        from gymnasium.envs.box2d.car_racing import ZOOM

        return float(0.1 * max(1 - self._world.t, 0) / ZOOM + min(self._world.t, 1))

    @property
    def pose(self) -> Pose:
        """Where the car is."""
        hull = self._world.car.hull
        return Pose(x=float(hull.position[0]), y=float(hull.position[1]), angle=float(hull.angle))

    @property
    def speed(self) -> float:
        """How fast it is, length units a second."""
        return float(np.hypot(*self._world.car.hull.linearVelocity))

    @property
    def offset(self) -> float:
        """How far its centre is from the road's centre line, in length units."""
        return self.road.offset(self.pose, self.index)

    @property
    def is_off_road(self) -> bool:
        """Whether its centre has left the road: it is farther from the line than half the road's width."""
        return self.offset > self.road.half_width

    def put_back(self) -> None:
        """Lift the car onto the middle of the road, standing, looking along it; nothing else changes."""
        x, y = self.road.points[self.index]
        self.place(Pose(x=float(x), y=float(y), angle=self.road.direction(self.index)))

    def place(self, pose: Pose, *, moving: bool = False) -> None:
        """Put the car down anywhere: standing, or as fast as it was, in the direction in which it then looks."""
        car, before = self._world.car, self.pose
        turn = _Turn(pose.angle - before.angle)
        for body in (car.hull, *car.wheels):
            x, y = turn(body.position[0] - before.x, body.position[1] - before.y)
            body.position, body.angle = (pose.x + x, pose.y + y), body.angle + turn.angle
            if moving:
                body.linearVelocity = turn(*body.linearVelocity)
            else:
                body.linearVelocity, body.angularVelocity = (0.0, 0.0), 0.0
        for wheel in car.wheels:
            wheel.omega *= moving
        self.index = self.road.nearest(self.pose, near=self.index)

    def knock(self, *, shift: float, rotation: float) -> None:
        """Push the car to the left by ``shift`` length units and turn it to the left by ``rotation`` radians.

        It stays on the road: where the push would take its centre within a car's half width of the edge or beyond, the
        car is turned only.
        """
        before = self.pose
        sine, cosine = float(np.sin(before.angle)), float(np.cos(before.angle))
        there = Pose(x=before.x - shift * cosine, y=before.y - shift * sine, angle=before.angle + rotation)
        near = self.road.nearest(there, near=self.index)
        if self.road.offset(there, near) > self.road.half_width - _CAR_HALF_WIDTH:
            there = Pose(x=before.x, y=before.y, angle=there.angle)
        self.place(there, moving=True)


class _Turn:
    """A rotation to the left."""

    def __init__(self, angle: float) -> None:
        self.angle, self._sine, self._cosine = angle, float(np.sin(angle)), float(np.cos(angle))

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return x * self._cosine - y * self._sine, x * self._sine + y * self._cosine


@contextlib.contextmanager
def _headless() -> Iterator[None]:
    """Keep pygame from opening a window or greeting, and leave the environment's variables as they were."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
