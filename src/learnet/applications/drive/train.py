"""From a recording to a network that drives: one run, which a kill does not end."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.applications.drive.driver import Pilot, new_network, save_pilot
from learnet.applications.drive.imitation import (
    NOWHERE_ELSE,
    Displacement,
    Examples,
    Imitation,
    training_feed,
    validation_feed,
)
from learnet.applications.drive.recording import Recording, open_recording, tracks_apart
from learnet.core import LearnetError, Silent, UsageError, write_json
from learnet.core.runs import run_folder
from learnet.training import TrainingConfig, fit_feed
from learnet.training.checkpoint import has_checkpoint
from learnet.training.resuming import refuse_unfinished, telling_how_to_go_on

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.training import Fitted

_CONFIG, _BUNDLE = "drive.json", "bundle"
_COMMAND = "learnet drive train"


@dataclass(frozen=True, kw_only=True)
class ImitationConfig:
    """How a network learns to drive.

    Attributes:
        epochs: Passes over the recorded moments, at least 1.
        batch_size: Moments a step, at least 1.
        learning_rate: Of Adam, the largest of a cosine schedule; greater than 0.
        displacement: From where the moments are seen; ``NOWHERE_ELSE`` leaves them as they were recorded.
        validation_share: Of the tracks, for choosing the best epoch, in (0, 1).
        seed: Every random choice comes from it.

    Raises:
        UsageError: If a value is out of its range.
    """

    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    displacement: Displacement = field(default_factory=Displacement)
    validation_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        self.training()  # refuses what is out of its range
        if not 0 < self.validation_share < 1:
            raise UsageError(f"The validation share must be between 0 and 1; received {self.validation_share!r}.")

    @property
    def augmented(self) -> bool:
        """Whether moments are seen from elsewhere."""
        return self.displacement != NOWHERE_ELSE

    def training(self) -> TrainingConfig:
        """Return how the engine trains."""
        return TrainingConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            warmup_epochs=min(0.3, self.epochs / 2),
            seed=self.seed,
        )

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> ImitationConfig:
        """Return the configuration that ``dataclasses.asdict`` made an object of."""
        return cls(**{**told, "displacement": Displacement(**told["displacement"])})


@dataclass(frozen=True, kw_only=True)
class DriverRun:
    """A network that was trained to drive.

    Attributes:
        folder: Of the run.
        bundle: Where the network lies.
        tracks: That were trained and validated with.
        moments: That were trained with.
        config: How.
        fitted: What came of it.
    """

    folder: Path
    bundle: Path
    tracks: int
    moments: int
    config: ImitationConfig
    fitted: Fitted

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        best = self.fitted.history[self.fitted.best_epoch - 1]
        return {
            "run": str(self.folder),
            "bundle": str(self.bundle),
            "tracks": self.tracks,
            "moments": self.moments,
            "augmented": self.config.augmented,
            "epochs": len(self.fitted.history),
            "best_epoch": self.fitted.best_epoch,
            "validation_loss": best.val_loss,
            "validation_near": best.val_accuracy,
            "seconds": self.fitted.seconds,
            "reason": self.fitted.reason,
        }


def train_driver(
    recording: str | Path | Recording,
    *,
    config: ImitationConfig | None = None,
    time_limit: float | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> DriverRun:
    """Train PilotNet to do what the expert did, and to come back from where the expert never was.

    Args:
        recording: What ``record`` made.
        config: How.
        time_limit: Seconds that the training may take.
        out: Folder of the run; ``runs/drive-TIME`` if not given.
        progress: Where to tell how it goes.

    Returns:
        The run, with its bundle.

    Raises:
        DataError: If the recording is damaged or too small.
        UsageError: If a value is out of its range, or ``out`` holds a training that was interrupted.
    """
    refuse_unfinished(out, command=_COMMAND)
    opened = recording if isinstance(recording, Recording) else open_recording(recording)
    chosen = ImitationConfig() if config is None else config
    tracks_apart(opened.tracks, share=chosen.validation_share)  # refuses too few
    folder = run_folder(out, "drive")
    told = {"recording": str(opened.folder.resolve()), "tracks": list(opened.tracks), "config": asdict(chosen)}
    write_json(folder / _CONFIG, told)
    if progress is not None:
        progress.say(f"Run {folder}; if it is stopped, go on with: learnet drive train --resume {folder}")
    return _run(folder, opened, chosen, resume=False, time_limit=time_limit, progress=progress)


def resume_driver(
    folder: str | Path, *, time_limit: float | None = None, progress: Progress | None = None
) -> DriverRun:
    """Go on with a run of ``train_driver`` that was interrupted; the outcome is the same.

    Raises:
        UsageError: If there is no such run.
        LearnetError: If the recording is not what it was.
    """
    place = Path(folder)
    try:
        told = json.loads((place / _CONFIG).read_text(encoding="utf-8"))
        config, tracks = ImitationConfig.from_json(told["config"]), tuple(told["tracks"])
        recording = open_recording(told["recording"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"'{folder}' is no run that can be resumed: its {_CONFIG} cannot be read. Give the folder that 'learnet "
            "drive train' named, or begin a new run."
        ) from error
    if not set(tracks) <= set(recording.tracks):
        raise LearnetError(
            f"Tracks are missing from '{recording.folder}' with which the run was begun. Record them again with: "
            f"learnet drive record --out {recording.folder}"
        )
    known = Recording(folder=recording.folder, expert=recording.expert, seed=recording.seed, tracks=tracks)
    return _run(place, known, config, resume=has_checkpoint(place), time_limit=time_limit, progress=progress)


def _run(
    folder: Path,
    recording: Recording,
    config: ImitationConfig,
    *,
    resume: bool,
    time_limit: float | None,
    progress: Progress | None,
) -> DriverRun:
    from learnet.core import keras as import_keras

    deadline = None if time_limit is None else time.perf_counter() + time_limit
    train_tracks, validation_tracks = tracks_apart(recording.tracks, share=config.validation_share)
    examples, held = (
        Examples([recording.drive(track) for track in tracks], expert=recording.expert)
        for tracks in (train_tracks, validation_tracks)
    )
    import_keras().utils.set_random_seed(config.seed)
    model = new_network()
    with telling_how_to_go_on(folder, command=_COMMAND):
        fitted = fit_feed(
            model,
            training_feed(examples, displacement=config.displacement, batch_size=config.batch_size, seed=config.seed),
            validation_feed(held, displacement=config.displacement, seed=config.seed),
            config=config.training(),
            folder=folder,
            objective=Imitation(),
            resume=resume,
            deadline=deadline,
            progress=Silent() if progress is None else progress,
        )
    pilot = Pilot(model=model, recorded=recording.tracks, augmented=config.augmented)
    notes = {"config": asdict(config), "moments": len(examples), "epochs": len(fitted.history)}
    save_pilot(folder / _BUNDLE, pilot, notes=notes, seed=config.seed)
    return DriverRun(
        folder=folder,
        bundle=folder / _BUNDLE,
        tracks=len(recording.tracks),
        moments=len(examples),
        config=config,
        fitted=fitted,
    )
