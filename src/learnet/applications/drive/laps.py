"""A lap in closed loop: what a driver does changes what it sees next; and how well it went."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from learnet.applications.drive.control import action_of
from learnet.applications.drive.simulator import FPS
from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from learnet.applications.drive.expert import Expert
    from learnet.applications.drive.simulator import Simulator

EVERY = 4
"""Steps of the simulator for which wheel and pedals are held: 12.5 decisions a second."""
_KNOCKED_EVERY = 60
"""Steps of the simulator between two knocks: 1.2 seconds."""
INTERVENTION_SECONDS = 6.0
"""What an intervention counts (Bojarski et al., 2016, section 7.1)."""


@dataclass(frozen=True, kw_only=True)
class Knocks:
    """What pushes the car about every 1.2 seconds, the same on a track for every driver.

    A driver that never errs never sees the road from beside where it ought to be; a knock shows whether it could come
    back. By default they are such that the expert stays on the road.

    Attributes:
        shift: The largest push to either side, in length units, 0 or greater.
        rotation: The largest turn to either side, in degrees, 0 or greater.

    Raises:
        UsageError: If a value is out of its range.
    """

    shift: float = 3.0
    rotation: float = 8.0

    def __post_init__(self) -> None:
        for name in ("shift", "rotation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UsageError(f"The knocks' {name} must be at least 0; received {getattr(self, name)!r}.")

    def draws(self, track: int) -> Iterator[tuple[float, float]]:
        """Yield shifts in length units and rotations in radians, to the left, without end."""
        random = generator(track, "knocks")
        while True:
            shift, rotation = random.uniform(-1, 1, 2)
            yield float(shift) * self.shift, math.radians(float(rotation) * self.rotation)


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How laps are driven.

    Attributes:
        knocks: What pushes the car about; nothing if None.
        most_steps: End each episode after so many of the simulator's steps; as the environment does (1,000) if None.
    """

    knocks: Knocks | None = None
    most_steps: int | None = None


class Driver(Protocol):
    """Anything that drives."""

    def action(self, simulator: Simulator) -> NDArray[Any]:
        """Return steering, gas and brake for what the simulator shows now."""


@dataclass(frozen=True, kw_only=True)
class ExpertDriver:
    """The expert at the wheel; it knows the road, where the car is and how fast.

    Attributes:
        expert: How it drives.
    """

    expert: Expert

    def action(self, simulator: Simulator) -> NDArray[Any]:
        """Return steering, gas and brake."""
        command = self.expert.command(simulator.road, simulator.pose, simulator.index)
        return action_of(command, speed=simulator.speed)


@dataclass(frozen=True, kw_only=True)
class Lap:
    """How a driver did on one track.

    Attributes:
        track: Its seed.
        reward: The environment's own, of an episode in which nobody helped.
        seconds: Of the simulator's time, until that episode was over.
        largest_offset: From the road's centre line in that episode, in length units; half the road is 6.7 wide.
        interventions: How often the car had to be put back onto the road, in an episode in which it was.
        assisted_seconds: How long that one took.
    """

    track: int
    reward: float
    seconds: float
    largest_offset: float
    interventions: int
    assisted_seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        return asdict(self)


def autonomy(interventions: int, seconds: float) -> float:
    """Return the share of the time that a driver needed no help, in percent (Bojarski et al., 2016, section 7.1).

    Args:
        interventions: How many; each counts as 6 seconds.
        seconds: That were driven, greater than 0.

    Raises:
        UsageError: If nothing was driven.

    Example:
        >>> autonomy(10, 600)
        90.0
    """
    if not (interventions >= 0 and 0 < seconds < float("inf")):
        raise UsageError(
            f"Autonomy is measured over 0 or more interventions and more than 0 seconds; received {interventions} in "
            f"{seconds} s."
        )
    return (1 - interventions * INTERVENTION_SECONDS / seconds) * 100


def autonomy_of(laps: Iterable[Lap]) -> float:
    """Return the autonomy over all laps together, in percent."""
    driven = list(laps)
    return autonomy(sum(lap.interventions for lap in driven), sum(lap.assisted_seconds for lap in driven))


def drive_lap(
    simulator: Simulator, track: int, driver: Driver, *, knocks: Knocks | None = None, most_steps: int | None = None
) -> Lap:
    """Drive a track once, and a second time with help if the car left the road.

    The environment's reward is that of an episode in which nobody helped. If the car's centre left the road in it, it
    is driven again: whenever the centre is farther from the line than half the road's width, that is an intervention;
    the car is put back onto the middle of the road, standing, and goes on.

    Args:
        simulator: Where.
        track: The track's seed.
        driver: Who drives.
        knocks: What pushes the car about; nothing if not given.
        most_steps: End each episode after so many steps; as the environment does (1,000) if not given.
    """
    left, largest, end = False, 0.0, float("inf") if most_steps is None else most_steps

    def look(_: NDArray[Any]) -> None:
        nonlocal left, largest
        largest, left = max(largest, simulator.offset), left or simulator.is_off_road

    run_episode(simulator, track, driver, end=end, look=look, knocks=knocks)
    reward, seconds = simulator.reward, simulator.steps / FPS
    interventions = 0
    if left:

        def help_back(_: NDArray[Any]) -> None:
            nonlocal interventions
            if simulator.is_off_road:
                interventions += 1
                simulator.put_back()

        run_episode(simulator, track, driver, end=end, look=help_back, knocks=knocks)
    return Lap(
        track=track,
        reward=reward,
        seconds=seconds,
        largest_offset=largest,
        interventions=interventions,
        assisted_seconds=simulator.steps / FPS,
    )


def run_episode(
    simulator: Simulator,
    track: int,
    driver: Driver,
    *,
    end: float,
    look: Callable[[NDArray[Any]], None],
    knocks: Knocks | None = None,
) -> None:
    """Drive a track until the episode is over or ``end`` steps are made; ``look`` is called after each action."""
    simulator.start(track)
    pushes = None if knocks is None else knocks.draws(track)
    while not simulator.over and simulator.steps < end:
        action = driver.action(simulator)
        simulator.step(action, times=EVERY)
        look(action)
        if pushes is not None and simulator.steps % _KNOCKED_EVERY == 0:
            shift, rotation = next(pushes)
            simulator.knock(shift=shift, rotation=rotation)
