"""How well a network drives on tracks that nobody recorded, with the expert's figures beside."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.applications.drive.driver import load_pilot
from learnet.applications.drive.expert import Expert
from learnet.applications.drive.laps import Conditions, ExpertDriver, Lap, autonomy_of, drive_lap
from learnet.applications.drive.parallel import each_track
from learnet.applications.drive.simulator import Simulator, require_simulator
from learnet.applications.drive.tracks import check_unseen, track_seeds
from learnet.core import DataError, Silent, UsageError, sha256_file, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.applications.drive.laps import Driver
    from learnet.core import Progress

_EXPERT = "expert"
_WEIGHTS = "weights.safetensors"


@dataclass(frozen=True, kw_only=True)
class Driven:
    """How one driver did.

    Attributes:
        laps: One a track.
    """

    laps: tuple[Lap, ...]

    @property
    def mean_reward(self) -> float:
        """The environment's own reward, of episodes without help."""
        return statistics.fmean(lap.reward for lap in self.laps)

    @property
    def autonomy(self) -> float:
        """Over all laps together, in percent."""
        return autonomy_of(self.laps)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        rewards = [lap.reward for lap in self.laps]
        return {
            "mean_reward": self.mean_reward,
            "lowest_reward": min(rewards),
            "highest_reward": max(rewards),
            "autonomy": self.autonomy,
            "interventions": sum(lap.interventions for lap in self.laps),
            "seconds": sum(lap.assisted_seconds for lap in self.laps),
            "largest_offset": max(lap.largest_offset for lap in self.laps),
            "laps": [lap.to_json() for lap in self.laps],
        }


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A network beside the expert.

    Attributes:
        bundle: Where the network lies.
        tracks: On which both drove, none of them ever recorded.
        pilot: How the network did.
        expert: How the expert did.
    """

    bundle: Path
    tracks: tuple[int, ...]
    pilot: Driven
    expert: Driven

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        return {
            "bundle": str(self.bundle),
            "tracks": len(self.tracks),
            "pilot": self.pilot.to_json(),
            "expert": self.expert.to_json(),
        }


def judge(
    bundle: str | Path,
    *,
    tracks: int = 20,
    seed: int = 0,
    workers: int = 1,
    out: str | Path | None = None,
    conditions: Conditions | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Judged:
    """Let a network and the expert drive tracks that were never recorded.

    Args:
        bundle: Of the network.
        tracks: How many.
        seed: From which the tracks follow.
        workers: Processes.
        out: A folder that keeps each lap, so that a killed evaluation goes on where it was; several networks may share
            one, and drive the expert's laps once. None keeps nothing.
        conditions: Knocks, and the length of episodes; none, and the environment's, if not given.
        time_limit: Seconds: begin no more laps after so long; what was driven by then is judged.
        progress: Where to tell how it goes.

    Raises:
        UsageError: If a value is out of its range, or the time was up before the first lap.
        BundleError: If the bundle is none of a driver.
        MissingDependencyError: If the simulator is not installed.
    """
    require_simulator()
    progress = Silent() if progress is None else progress
    deadline = None if time_limit is None else time.perf_counter() + time_limit
    place, pilot = Path(bundle), load_pilot(bundle)
    how = Conditions() if conditions is None else conditions
    chosen = track_seeds("evaluate", count=tracks, seed=seed)
    check_unseen(chosen, pilot.recorded)
    weights, done = sha256_file(place / _WEIGHTS), dict[str, dict[int, Lap]]()
    for name, who, identity in (("expert", _EXPERT, _EXPERT), ("network", str(place), weights)):
        trial = _Trial(who=who, identity=identity, conditions=how)
        store = None if out is None else Path(out) / f"laps-{identity[:8]}{'-knocked' if how.knocks else ''}.json"
        title = f"Laps of the {name}"
        done[name] = _laps(trial, chosen, store, workers=workers, deadline=deadline, title=title, say=progress)
    both = tuple(track for track in chosen if all(track in laps for laps in done.values()))
    if not both:
        raise UsageError(
            "The time was up before both drivers had driven a lap. Give more time, or leave --time-limit out."
        )
    expert, network = (Driven(laps=tuple(done[name][track] for track in both)) for name in (_EXPERT, "network"))
    return Judged(bundle=place, tracks=both, pilot=network, expert=expert)


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """Who drives, and how; what else a lap follows from is its track."""

    who: str
    identity: str
    conditions: Conditions

    @property
    def key(self) -> str:
        """By which kept laps are known to be of this trial."""
        return f"{self.identity} {self.conditions.knocks} {self.conditions.most_steps}"


def _laps(
    trial: _Trial,
    tracks: Sequence[int],
    store: Path | None,
    *,
    workers: int,
    deadline: float | None,
    title: str,
    say: Progress,
) -> dict[int, Lap]:
    """Return the laps of one driver by track, those of an interrupted evaluation included."""
    laps = {} if store is None else _kept(store, trial.key)
    missing = [track for track in tracks if track not in laps]
    work = partial(_drive, trial=trial)
    for track, lap in each_track(work, missing, workers=workers, title=title, progress=say, deadline=deadline):
        laps[track] = lap
        if store is not None:
            write_json(store, {"driver": trial.key, "laps": [each.to_json() for each in laps.values()]})
    return laps


def _kept(store: Path, key: str) -> dict[int, Lap]:
    """Return the laps in a file, if they are of the same driver."""
    if not store.is_file():
        return {}
    try:
        told = json.loads(store.read_text(encoding="utf-8"))
        laps = {int(lap["track"]): Lap(**lap) for lap in told["laps"]} if told["driver"] == key else {}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"'{store}' does not hold laps: {error}. Delete it, and they are driven again.") from error
    return laps


def _drive(track: int, *, trial: _Trial) -> Lap:
    with Simulator() as simulator:
        driver = _driver(trial.who, trial.identity)
        how = trial.conditions
        return drive_lap(simulator, track, driver, knocks=how.knocks, most_steps=how.most_steps)


@cache
def _driver(who: str, identity: str) -> Driver:  # noqa: ARG001 (other weights in the same folder are another driver)
    """Return a driver, made once in each process."""
    return ExpertDriver(expert=Expert()) if who == _EXPERT else load_pilot(who)
