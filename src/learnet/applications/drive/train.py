"""From a recording to a network that drives: one run, which a kill does not end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from learnet.applications.drive.driver import Pilot, new_network, save_pilot
from learnet.applications.drive.imitation import NOWHERE_ELSE, Imitation
from learnet.applications.drive.lesson import displacement_of, make_lesson
from learnet.applications.drive.recording import Recording, open_recording, tracks_apart
from learnet.core import LearnetError, Silent, write_json
from learnet.core.runs import run_folder
from learnet.options.drive import ImitationConfig
from learnet.options.python import by_keywords
from learnet.runs import Begun, resume_command, started_here, telling_how_to_resume, unfinished_in
from learnet.training import fit_feed
from learnet.training.checkpoint import has_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from learnet.applications.drive.lesson import Lesson
    from learnet.core import Progress
    from learnet.training import Fitted


@dataclass(frozen=True, kw_only=True)
class DriverRun:
    """A network that was trained to drive.

    Attributes:
        folder: Of the run.
        tracks: That were trained and validated with.
        moments: That were trained with.
        config: The options, with what was chosen for them.
        fitted: What came of it.
    """

    folder: Path
    tracks: int
    moments: int
    config: ImitationConfig
    fitted: Fitted

    @property
    def bundle(self) -> Path:
        """The folder of the bundle."""
        return self.folder / "bundle"

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        best = self.fitted.history[self.fitted.best_epoch - 1]
        return {
            "run": str(self.folder),
            "bundle": str(self.bundle),
            "tracks": self.tracks,
            "moments": self.moments,
            "augmented": is_augmented(self.config),
            "epochs": len(self.fitted.history),
            "best_epoch": self.fitted.best_epoch,
            "validation_loss": best.val_loss,
            "validation_near": best.val_accuracy,
            "seconds": self.fitted.seconds,
            "reason": self.fitted.reason,
        }


def is_augmented(config: ImitationConfig) -> bool:
    """Return whether moments are seen from other places than where they were recorded."""
    return displacement_of(config) != NOWHERE_ELSE


def run(
    config: ImitationConfig,
    *,
    recording: str | Path | Recording | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> DriverRun:
    """Train PilotNet to do what the expert did, and to come back from where the expert never was.

    Called again with the same options and ``out``, an interrupted run is continued; the outcome is the same, bit for
    bit. A time limit is that of the training itself.

    Args:
        config: The options.
        recording: A folder that ``record`` made, or an open ``Recording``.
        out: Folder of the run; ``runs/drive-TIME`` if not given.
        progress: Progress reporter; silent if not given.

    Returns:
        The run, with its bundle.

    Raises:
        DataError: If the recording is damaged or too small.
        UsageError: If an argument makes no sense, or ``out`` holds a finished run, or one with other options.
    """
    progress = Silent() if progress is None else progress
    given = config.recording if recording is None else recording
    opened = given if isinstance(given, Recording) else open_recording(given)
    config = config.replace(recording=str(opened.folder))
    begun = unfinished_in(out, config)
    if begun is not None:
        return _continue(begun, progress=progress)
    tracks_apart(opened.tracks, share=config.validation_fraction)  # refuses too few
    folder = run_folder(out, "drive")
    lesson = make_lesson(opened, config)
    used = config
    if config.precision == "auto":
        used = config.replace(precision=lesson.chosen_precision(say=progress.say))
    notes = {"recording": str(opened.folder.resolve()), "tracks": list(opened.tracks)}
    Begun(folder=folder, asked=config, used=used, notes=notes).write()
    progress.say(f"Run {folder}; if it is stopped, continue it with: {resume_command(folder, config)}")
    return _run(folder, opened, replace(lesson, config=used), resume=False, progress=progress)


train_driver = by_keywords(run, ImitationConfig)


def resume_driver(
    folder: str | Path, *, time_limit: float | None = None, progress: Progress | None = None
) -> DriverRun:
    """Continue a run of ``train_driver`` that was interrupted; the outcome is the same.

    Args:
        folder: Of the run.
        time_limit: Seconds that the rest of the training may take; the run's own limit if not given.
        progress: Progress reporter; silent if not given.

    Raises:
        UsageError: If there is no such run.
        LearnetError: If the recording is not what it was.
    """
    begun = started_here(folder, ImitationConfig)
    if time_limit is not None:
        begun = replace(begun, used=begun.used.replace(time_limit=time_limit))
    return _continue(begun, progress=Silent() if progress is None else progress)


def _continue(begun: Begun[ImitationConfig], *, progress: Progress) -> DriverRun:
    found, tracks = open_recording(begun.notes["recording"]), tuple(begun.notes["tracks"])
    if not set(tracks) <= set(found.tracks):
        raise LearnetError(
            f"Tracks that the run was started with are missing from '{found.folder}'. Record them again with: "
            f"learnet drive record --out {found.folder}"
        )
    known = replace(found, tracks=tracks)
    return _run(
        begun.folder, known, make_lesson(known, begun.used), resume=has_checkpoint(begun.folder), progress=progress
    )


def _run(folder: Path, recording: Recording, lesson: Lesson, *, resume: bool, progress: Progress) -> DriverRun:
    config = lesson.config
    trained = lesson.network(config.precision)
    fitted = _fit(folder, lesson, trained, resume=resume, progress=progress)
    model = new_network()  # in float32, whatever it was trained in
    model.set_weights(trained.get_weights())
    pilot = Pilot(model=model, recorded=recording.tracks, augmented=is_augmented(config))
    run = DriverRun(
        folder=folder, tracks=len(recording.tracks), moments=lesson.train.size, config=config, fitted=fitted
    )
    notes = {"config": config.to_json(), "moments": run.moments, "epochs": len(fitted.history)}
    save_pilot(run.bundle, pilot, notes=notes, seed=config.seed)
    write_json(folder / "run.json", {"config": config.to_json(), "result": run.to_json()})
    return run


def _fit(folder: Path, lesson: Lesson, model: keras.Model, *, resume: bool, progress: Progress) -> Fitted:
    config = lesson.config
    with telling_how_to_resume(folder, config):
        return fit_feed(
            model,
            lesson.train,
            lesson.validation,
            config=config.training,
            folder=folder,
            objective=Imitation(),
            resume=resume,
            deadline=None if config.time_limit is None else time.perf_counter() + config.time_limit,
            progress=progress,
        )
