"""PilotNet at the wheel: pixels in, a curvature and a speed out; and how it is kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.drive.control import action_of, speed_on_dashboard
from learnet.applications.drive.expert import Command
from learnet.applications.drive.imitation import SCALES
from learnet.applications.drive.view import VIEW_SIZE, view
from learnet.bundle import Kind, load_system, save_system
from learnet.bundle.arguments import Arguments
from learnet.bundle.kind import check_arrays
from learnet.core import BundleError
from learnet.models import network, weight_items

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.applications.drive.simulator import Simulator
    from learnet.inference import Predictor

OUTPUTS = 2
PARAMETERS = 252_230
"""PilotNet as published has 252,219; the speed beside the steering needs one more row of ten weights and a bias."""
_MOST_TRACKS = 100_000
_CUES = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Pilot:
    """A network that drives; it sees nothing but the simulator's picture, and its car's speed on the dashboard there.

    The network sees one picture: how the road bends is all that curvature and speed follow from. How fast the car is
    matters to the pedals only, which a cruise control moves; it reads the speed from the picture's bottom bar, as a
    driver would.

    Attributes:
        model: From uint8 RGB views ``(b, 66, 200, 3)`` to scaled curvature and speed ``(b, 2)``; PilotNet, which turns
            them into YUV itself.
        recorded: The tracks that it was trained and validated with, on which it cannot be judged.
        augmented: Whether it was trained with shifted and rotated views.
    """

    model: keras.Model
    recorded: tuple[int, ...]
    augmented: bool

    @cached_property
    def _predictor(self) -> Predictor:
        from learnet.inference import Predictor

        return Predictor.compile(self.model, latency=True)

    def command(self, frame: NDArray[np.uint8]) -> Command:
        """Return what the network wants, having seen the simulator's picture, uint8 ``(96, 96, 3)``."""
        curvature, speed = self._predictor.predict(view(frame)[None])[0] / SCALES
        return Command(curvature=float(curvature), speed=float(speed))

    def action(self, simulator: Simulator) -> NDArray[Any]:
        """Return steering, gas and brake."""
        frame = simulator.frame()
        return action_of(self.command(frame), speed=speed_on_dashboard(frame))


def new_network() -> keras.Model:
    """Return PilotNet with random weights, for curvature and speed."""
    return network("pilotnet", classes=OUTPUTS).model


def save_pilot(folder: str | Path, pilot: Pilot, *, notes: dict[str, Any] | None = None, seed: int = 0) -> Pilot:
    """Write a pilot as a bundle, load it again and compare its answers; only then does it take its place.

    Args:
        folder: Where it goes; replaced if it exists, and whole whatever goes wrong.
        pilot: A trained one.
        notes: What should be remembered of it, as JSON values.
        seed: Of the pictures whose answers are stored as proof.

    Raises:
        BundleError: If a weight is not finite, or the proof fails.
        OSError: If the disk refuses.
    """
    saved: Pilot = save_system(folder, pilot, notes=notes, seed=seed, kinds=(PILOT,)).system
    return saved


def load_pilot(folder: str | Path) -> Pilot:
    """Open a pilot that ``save_pilot`` wrote, and prove it by the answers stored with it.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.

    Raises:
        BundleError: If it is missing, damaged, hostile, of another kind, or of a newer schema.
    """
    found: Pilot = load_system(folder, kinds=(PILOT,)).system
    return found


def _told(arguments: object) -> tuple[tuple[int, ...], bool]:
    """Return the recorded tracks and whether views were augmented, checked."""
    given = Arguments(arguments, ("network", "outputs", "recorded", "augmented"))
    given.choice("network", ("pilotnet",))
    if given.whole("outputs") != OUTPUTS:
        raise BundleError(f"arguments['outputs'] should be {OUTPUTS}, but is {given['outputs']}.")
    tracks = given.items("recorded")
    if len(tracks) > _MOST_TRACKS or not all(type(track) is int and 0 <= track < 2**31 for track in tracks):
        raise BundleError(f"arguments['recorded'] should hold at most {_MOST_TRACKS:,} whole numbers from 0 up.")
    return tuple(tracks), given.flag("augmented")


def _size(arguments: object) -> int:
    _told(arguments)
    return 4 * PARAMETERS


def _build(arguments: dict[str, Any], arrays: dict[str, np.ndarray]) -> Pilot:
    recorded, augmented = _told(arguments)
    model = new_network()
    items = weight_items(model)
    layout = {key: ("float32", tuple(variable.shape)) for key, variable in items.items()}
    check_arrays(arrays, layout, what="weights.safetensors")
    for key, variable in items.items():
        variable.assign(arrays[key])
    return Pilot(model=model, recorded=recorded, augmented=augmented)


PILOT = Kind(
    name="pilot",
    title="a network that drives",
    opened_by="learnet.applications.drive.load_pilot",
    recognises=lambda system: isinstance(system, Pilot),
    describe=lambda pilot: {
        "network": "pilotnet",
        "outputs": OUTPUTS,
        "recorded": list(pilot.recorded),
        "augmented": pilot.augmented,
    },
    arrays=lambda pilot: {key: np.asarray(value) for key, value in weight_items(pilot.model).items()},
    size=_size,
    build=_build,
    cues=lambda _, random: {"views": random.integers(0, 256, (_CUES, *VIEW_SIZE, 3), np.uint8)},
    answers=lambda pilot, cues: {"outputs": np.asarray(pilot.model(cues["views"], training=False), np.float32)},
)
