"""What the expert saw and where the road went: one file a track, from which any camera's view can be made later."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.drive.expert import HORIZON, Expert
from learnet.applications.drive.laps import EVERY, ExpertDriver, run_episode
from learnet.applications.drive.parallel import each_track
from learnet.applications.drive.simulator import Simulator, require_simulator
from learnet.applications.drive.tracks import track_seeds
from learnet.applications.drive.view import FRAME_ROWS
from learnet.core import DataError, Silent, UsageError, write_bytes, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from learnet.core import Progress

_DOCUMENT, _FORMAT = "recording.json", 1
_LARGEST_FILE = 200_000_000  # bytes
_SHAPES: dict[str, tuple[str, tuple[int, ...]]] = {
    "frames": ("uint8", (FRAME_ROWS, 96, 3)),
    "zooms": ("float32", ()),
    "ahead": ("float32", (HORIZON, 2)),
    "speeds": ("float32", ()),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Drive:
    """What was recorded on one track, one row a decision.

    Attributes:
        track: Its seed.
        frames: What the simulator showed above the dashboard, uint8 ``(n, 84, 96, 3)``.
        zooms: Of the frames, ``(n,)``; see ``Simulator.zoom``.
        ahead: The road's centre line as the car saw it, forward and left, ``(n, 36, 2)``.
        speeds: What the expert aimed at, length units a second, ``(n,)``.
    """

    track: int
    frames: NDArray[np.uint8]
    zooms: NDArray[np.float32]
    ahead: NDArray[np.float32]
    speeds: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A folder of recorded drives.

    Attributes:
        folder: Where they lie.
        expert: Who drove.
        seed: From which the tracks follow.
        tracks: Which have been recorded, in order.
    """

    folder: Path
    expert: Expert
    seed: int
    tracks: tuple[int, ...]

    def drive(self, track: int) -> Drive:
        """Return what was recorded on a track.

        Raises:
            DataError: If the file is damaged.
        """
        return Drive(track=track, **_read_arrays(_file(self.folder, track)))

    def to_json(self) -> dict[str, Any]:
        """Return what is known of it as a JSON-like object."""
        return {"recording": str(self.folder), "seed": self.seed, "tracks": len(self.tracks)}


def record(
    folder: str | Path,
    *,
    tracks: int = 8,
    seed: int = 0,
    workers: int = 1,
    expert: Expert | None = None,
    time_limit: float | None = None,
    most_steps: int | None = None,
    progress: Progress | None = None,
) -> Recording:
    """Let the expert drive, and keep what the car saw.

    Called again with the same folder it records what is missing: after a kill, or with more tracks.

    Args:
        folder: Where the recording goes.
        tracks: How many.
        seed: From which the tracks follow.
        workers: Processes.
        expert: Who drives.
        time_limit: Seconds: begin no more tracks after so long; None for all of them.
        most_steps: End each lap after so many of the simulator's steps; for tests.
        progress: Where to tell how it goes.

    Raises:
        UsageError: If the folder holds a recording by another expert or from another seed, or a value is out of range.
        MissingDependencyError: If the simulator is not installed.
    """
    require_simulator()
    deadline = None if time_limit is None else time.perf_counter() + time_limit
    place, driver = Path(folder), Expert() if expert is None else expert
    wanted = track_seeds("record", count=tracks, seed=seed)
    _begin(place, {"format": _FORMAT, "seed": seed, "every": EVERY, "expert": asdict(driver)})
    work = partial(_record_track, folder=place, expert=driver, most_steps=most_steps)
    missing = [track for track in wanted if not _file(place, track).is_file()]
    for _ in each_track(
        work,
        missing,
        workers=workers,
        title="Tracks recorded",
        progress=Silent() if progress is None else progress,
        deadline=deadline,
    ):
        pass
    return open_recording(place)


def open_recording(folder: str | Path) -> Recording:
    """Open what ``record`` made.

    Raises:
        DataError: If there is none, or nothing in it.
    """
    place = Path(folder)
    try:
        told = json.loads((place / _DOCUMENT).read_text(encoding="utf-8"))
        expert, seed = Expert(**told["expert"]), int(told["seed"])
    except FileNotFoundError:
        raise DataError(
            f"There is no recording in '{place}'. Make one with: learnet drive record --out {place}"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"'{place / _DOCUMENT}' is not what a recording begins with: {error}. Record again.") from error
    if told.get("format") != _FORMAT:
        raise DataError(
            f"The recording in '{place}' is of format {told.get('format')!r}; this learnet reads {_FORMAT}."
        )
    found = tuple(sorted(int(path.stem.removeprefix("track-")) for path in place.glob("track-*.npz")))
    if not found:
        raise DataError(
            f"The recording in '{place}' holds no track yet. Go on with: learnet drive record --out {place}"
        )
    return Recording(folder=place, expert=expert, seed=seed, tracks=found)


def _file(folder: Path, track: int) -> Path:
    return folder / f"track-{track:010d}.npz"


def _begin(folder: Path, told: dict[str, Any]) -> None:
    """Write down how a recording is made, or check that it is made as it was begun."""
    document = folder / _DOCUMENT
    if document.is_file():
        begun = json.loads(document.read_text(encoding="utf-8"))
        changed = [name for name in told if begun.get(name) != told[name]]
        if changed:
            raise UsageError(
                f"The recording in '{folder}' was begun with another {', '.join(changed)}. Go on with the same, or "
                "give another folder with --out."
            )
        return
    write_json(document, told)


def _record_track(track: int, *, folder: Path, expert: Expert, most_steps: int | None) -> float:
    """Record one track and return the reward of the lap."""
    with Simulator() as simulator:
        witness = _Witness(expert)
        run_episode(
            simulator,
            track,
            witness,
            end=float("inf") if most_steps is None else most_steps,
            look=lambda _: None,
        )
        _write_arrays(_file(folder, track), witness.arrays())
        return simulator.reward


class _Witness:
    """The expert at the wheel, and a camera beside it."""

    def __init__(self, expert: Expert) -> None:
        self._driver = ExpertDriver(expert=expert)
        self._rows: list[dict[str, Any]] = []

    def action(self, simulator: Simulator) -> NDArray[Any]:
        """Look, and let the expert act."""
        command = self._driver.expert.command(simulator.road, simulator.pose, simulator.index)
        self._rows.append(
            {
                "frames": simulator.frame()[:FRAME_ROWS],
                "zooms": simulator.zoom,
                "ahead": simulator.road.ahead(simulator.pose, simulator.index, HORIZON),
                "speeds": command.speed,
            }
        )
        return self._driver.action(simulator)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what was seen."""
        return {name: np.array([row[name] for row in self._rows], dtype) for name, (dtype, _) in _SHAPES.items()}


def _write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > _LARGEST_FILE:
            raise DataError(f"'{path}' would take {size:,} bytes of memory; a track takes far fewer. Record it again.")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _SHAPES}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"'{path}' is damaged: {error}. Delete it and record again: only it will be driven.") from error
    rows = len(arrays["speeds"])
    for name, (dtype, shape) in _SHAPES.items():
        if (str(arrays[name].dtype), arrays[name].shape) != (dtype, (rows, *shape)):
            raise DataError(
                f"In '{path}', '{name}' should be {dtype} of shape {(rows, *shape)}, but is {arrays[name].dtype} of "
                f"shape {arrays[name].shape}. Delete the file and record again: only it will be driven."
            )
    return arrays


def tracks_apart(tracks: Sequence[int], *, share: float) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Divide whole tracks into those to train with and those that choose the best epoch, at least one each.

    Args:
        tracks: At least 2.
        share: Of the tracks that choose, in (0, 1).

    Raises:
        DataError: If there are too few tracks.

    Example:
        >>> tracks_apart([2, 4, 6, 8, 10], share=0.2)
        ((4, 6, 8, 10), (2,))
    """
    if len(tracks) < 2:
        raise DataError(f"Training needs at least 2 recorded tracks, one of them to validate; there is {len(tracks)}.")
    held = max(1, round(share * len(tracks)))
    return tuple(tracks[held:]), tuple(tracks[:held])
