"""From a recording to a network that drives: one run, which a kill does not end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from learnet.applications.drive.driver import Pilot, new_network, save_pilot
from learnet.applications.drive.imitation import NOWHERE_ELSE, Imitation
from learnet.applications.drive.lesson import displacement_of, make_lesson
from learnet.applications.drive.recording import Recording, open_recording, tracks_apart
from learnet.core import LearnetError, Silent
from learnet.options.drive import ImitationConfig
from learnet.options.python import by_keywords
from learnet.runs import Run
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
    given = config.recording if recording is None else recording
    opened = given if isinstance(given, Recording) else open_recording(given)
    tracks_apart(opened.tracks, share=config.validation_fraction)  # refuses too few
    asked = config.replace(recording=str(opened.folder))
    with Run.start(asked, out=out, name="drive", progress=progress or Silent()) as job:
        return _train(job, opened)


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
    with Run.resume(folder, ImitationConfig, progress=progress or Silent(), time_limit=time_limit) as job:
        return _train(job, open_recording(job.notes["recording"]))


def _train(job: Run[ImitationConfig], recording: Recording) -> DriverRun:
    known = replace(recording, tracks=tuple(job.notes.get("tracks", recording.tracks)))
    if not set(known.tracks) <= set(recording.tracks):
        raise LearnetError(
            f"Tracks that the run was started with are missing from '{recording.folder}'. Record them again with: "
            f"learnet drive record --out {recording.folder}"
        )
    lesson = make_lesson(known, job.config)
    if not job.is_resumed:
        precision = job.config.precision
        if precision == "auto":
            precision = lesson.chosen_precision(say=job.progress.say)
        place, tracks = str(recording.folder.resolve()), list(recording.tracks)
        job.settle(job.config.replace(precision=precision), recording=place, tracks=tracks)
        lesson = replace(lesson, config=job.config)
        job.progress.say(f"Run {job.folder}; if it is stopped, continue it with: {job.resume_command()}")
    result = _fit_and_save(job, known, lesson)
    job.finish(result.to_json())
    return result


def _fit_and_save(job: Run[ImitationConfig], recording: Recording, lesson: Lesson) -> DriverRun:
    config = lesson.config
    trained = lesson.network(config.precision)
    fitted = _fit(job, lesson, trained)
    model = new_network()  # in float32, whatever it was trained in
    model.set_weights(trained.get_weights())
    pilot = Pilot(model=model, recorded=recording.tracks, augmented=is_augmented(config))
    run = DriverRun(
        folder=job.folder, tracks=len(recording.tracks), moments=lesson.train.size, config=config, fitted=fitted
    )
    notes = {"config": config.to_json(), "moments": run.moments, "epochs": len(fitted.history)}
    save_pilot(run.bundle, pilot, notes=notes, seed=config.seed)
    return run


def _fit(job: Run[ImitationConfig], lesson: Lesson, model: keras.Model) -> Fitted:
    config = lesson.config
    return fit_feed(
        model,
        lesson.train,
        lesson.validation,
        config=config.training,
        folder=job.folder,
        objective=Imitation(),
        resume=has_checkpoint(job.folder),
        deadline=None if config.time_limit is None else time.perf_counter() + config.time_limit,
        on_epoch=job.epoch,
        progress=job.progress,
    )
