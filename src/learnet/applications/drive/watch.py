"""A lap as a video: the track from above, what the network saw, which pixels it steered by, wheel and speed."""

from __future__ import annotations

import contextlib
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.drive.control import action_of, speed_on_dashboard
from learnet.applications.drive.driver import load_pilot
from learnet.applications.drive.laps import EVERY, run_episode
from learnet.applications.drive.saliency import visual_back_prop
from learnet.applications.drive.simulator import FPS, Simulator, require_simulator
from learnet.applications.drive.tracks import check_unseen, track_seeds
from learnet.applications.drive.view import view
from learnet.core import LearnetError, Silent, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from learnet.applications.drive.driver import Pilot
    from learnet.applications.drive.expert import Command
    from learnet.core import Progress

    Picture = NDArray[np.uint8]

_SUFFIXES = (".mp4", ".gif")
_HEIGHT, _LEFT, _RIGHT = 400, 600, 400
_VIEW = (_RIGHT, 132)  # width and height at which the network's view is shown
_INK, _PAPER, _SALIENT = (40, 40, 40), 245, (230, 0, 120)
_SPEED_SHOWN = 100.0  # length units a second at the end of the bar
_GIF_WIDTH = 600
_WHEEL_RATIO = 3.0  # a steering wheel turns farther than the front wheels


@dataclass(frozen=True, kw_only=True)
class Video:
    """A film of a lap.

    Attributes:
        path: The file.
        track: The track's seed.
        pictures: How many it shows, 12.5 a second.
        reward: The environment's own, until the film ended.
        interventions: How often the car was put back.
    """

    path: Path
    track: int
    pictures: int
    reward: float
    interventions: int

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        return {
            "video": str(self.path),
            "track": self.track,
            "pictures": self.pictures,
            "reward": self.reward,
            "interventions": self.interventions,
        }


def watch(
    bundle: str | Path,
    out: str | Path,
    *,
    seed: int = 0,
    seconds: float = 20.0,
    progress: Progress | None = None,
) -> Video:
    """Film a network on a track that was never recorded.

    If the car leaves the road it is put back, and the film shows it.

    Args:
        bundle: Of the network.
        out: The file: ``.mp4``, or ``.gif``.
        seed: From which the track follows.
        seconds: Of the simulator's time after which the film ends, greater than 0; a lap takes 15 to 20.
        progress: Where to tell how it goes.

    Raises:
        UsageError: If the file is of another type, or a value is out of its range.
        BundleError: If the bundle is none of a driver.
        MissingDependencyError: If the simulator is not installed.
    """
    target = Path(out)
    if target.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"A video is written as {' or '.join(_SUFFIXES)}; received '{target.name}'.")
    if not 0 < seconds < math.inf:
        raise UsageError(f"The video's seconds must be greater than 0; received {seconds!r}.")
    require_simulator()
    pilot = load_pilot(bundle)
    (track,) = track_seeds("evaluate", count=1, seed=seed)
    check_unseen([track], pilot.recorded)
    progress = Silent() if progress is None else progress
    with Simulator() as simulator, progress.stage("Pictures", math.ceil(seconds * FPS / EVERY)) as task:
        camera = _Camera(pilot, advance=task.advance)
        run_episode(simulator, track, camera, end=seconds * FPS, look=lambda _: camera.help_back(simulator))
        reward = simulator.reward
    write_video(target, camera.pictures, rate=FPS / EVERY)
    return Video(
        path=target,
        track=track,
        pictures=len(camera.pictures),
        reward=reward,
        interventions=camera.interventions,
    )


class _Camera:
    """The network at the wheel, and a camera that sees what it sees."""

    def __init__(self, pilot: Pilot, *, advance: Callable[[], None]) -> None:
        self._pilot, self._salient, self._advance = pilot, visual_back_prop(pilot.model), advance
        self.pictures: list[Picture] = []
        self.interventions = 0

    def action(self, simulator: Simulator) -> NDArray[Any]:
        """Let the network act, and film it."""
        frame = simulator.frame()
        seen, speed = view(frame), speed_on_dashboard(frame)
        command = self._pilot.command(frame)
        action = action_of(command, speed=speed)
        self.pictures.append(
            compose(
                simulator.photo(),
                seen,
                self._salient(seen),
                command=command,
                wheel=float(action[0]),
                speed=speed,
                interventions=self.interventions,
            )
        )
        self._advance()
        return action

    def help_back(self, simulator: Simulator) -> None:
        """Put the car back if it left the road."""
        if simulator.is_off_road:
            self.interventions += 1
            simulator.put_back()


def compose(
    photo: Picture,
    seen: Picture,
    salient: NDArray[np.float64],
    *,
    command: Command,
    wheel: float,
    speed: float,
    interventions: int = 0,
) -> Picture:
    """Return one picture of the film, uint8 RGB ``(400, 1000, 3)``.

    Args:
        photo: The track from above, ``(400, 600, 3)``.
        seen: What the network saw, ``(66, 200, 3)``.
        salient: How much each of its pixels matters, in [0, 1].
        command: What the network wanted.
        wheel: Steering in [-1, 1], positive to the right.
        speed: Of the car, length units a second.
        interventions: How often the car has been put back.
    """
    import cv2

    panel = np.full((_HEIGHT, _RIGHT, 3), _PAPER, np.uint8)
    shown = cv2.resize(seen, _VIEW, interpolation=cv2.INTER_NEAREST)
    share = cv2.resize(salient, _VIEW, interpolation=cv2.INTER_LINEAR)[..., None] ** 0.7
    marked = np.asarray(shown * (1 - share) + np.array(_SALIENT) * share, np.uint8)
    for top, title, picture in ((0, "what the network sees", shown), (152, "which pixels it steers by", marked)):
        _write(panel, title, (8, top + 14))
        panel[top + 20 : top + 20 + _VIEW[1]] = picture
    _draw_wheel(panel, wheel)
    _write(panel, f"wants 1/r {command.curvature:+.3f} and speed {command.speed:.0f}", (110, 330))
    _draw_speed(panel, speed, command.speed)
    _write(panel, f"speed {speed:.0f}   put back {interventions} times", (110, 386))
    return np.hstack([photo, panel])


def _write(panel: Picture, text: str, place: tuple[int, int]) -> None:
    import cv2

    cv2.putText(panel, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)


def _draw_wheel(panel: Picture, wheel: float) -> None:
    import cv2

    centre, radius, angle = (55, 352), 38, _WHEEL_RATIO * wheel
    cv2.circle(panel, centre, radius, _INK, 5, cv2.LINE_AA)
    for spoke in (0.0, 2 * math.pi / 3, 4 * math.pi / 3):
        tip = (
            round(centre[0] + radius * math.sin(angle + spoke)),
            round(centre[1] - radius * math.cos(angle + spoke)),
        )
        cv2.line(panel, centre, tip, _SALIENT if spoke == 0 else _INK, 4, cv2.LINE_AA)


def _draw_speed(panel: Picture, speed: float, wanted: float) -> None:
    left, right, top, bottom = 110, 390, 344, 364
    panel[top:bottom, left:right] = 215
    panel[top:bottom, left : left + round((right - left) * min(speed / _SPEED_SHOWN, 1))] = (0, 114, 178)
    mark = left + round((right - left) * min(max(wanted / _SPEED_SHOWN, 0), 1))
    panel[top - 4 : bottom + 4, mark - 2 : mark + 1] = _SALIENT


def write_video(target: Path, pictures: list[Picture], *, rate: float) -> None:
    """Write pictures as a film; an older film stays until the new one is whole.

    Args:
        target: ``.mp4`` or ``.gif``.
        pictures: At least one, uint8 RGB of one size.
        rate: Pictures a second.

    Raises:
        LearnetError: If the film cannot be encoded here.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.stem}.", dir=target.parent) as folder:
        temporary = Path(folder) / f"film{target.suffix.lower()}"
        write = _write_gif if temporary.suffix == ".gif" else _write_mp4
        write(temporary, pictures, rate)
        if not temporary.is_file() or not temporary.stat().st_size:
            raise LearnetError(f"'{target}' cannot be encoded on this machine. Write it as a .gif.")
        temporary.replace(target)


def _write_mp4(path: Path, pictures: list[Picture], rate: float) -> None:
    import cv2

    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    with contextlib.closing(_Released(writer)):
        if writer.isOpened():
            for picture in pictures:
                writer.write(np.ascontiguousarray(picture[..., ::-1]))


class _Released:
    """A video writer with the name that ``contextlib.closing`` wants."""

    def __init__(self, writer: Any) -> None:
        self.close = writer.release


def _write_gif(path: Path, pictures: list[Picture], rate: float) -> None:
    from PIL import Image

    height, width = pictures[0].shape[:2]
    size = (_GIF_WIDTH, round(height * _GIF_WIDTH / width))
    small = [Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR) for picture in pictures]
    palette = small[len(small) // 2].quantize(64)
    first, *others = (each.quantize(palette=palette, dither=Image.Dither.NONE) for each in small)
    first.save(path, save_all=True, append_images=others, duration=round(1000 / rate), loop=0, optimize=True)
