"""From a folder of colour photos to a network that colours grey ones: the conductor of ``learnet colourise train``."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.colour import chroma
from learnet.applications.colourise.examine import choose_temperature, examine
from learnet.applications.colourise.lesson import Lesson, epoch_seconds, epochs_within, make_lesson
from learnet.applications.colourise.photos import decode_photos, open_photos
from learnet.applications.colourise.publish import ColouriseRun, Findings, publish
from learnet.core import LearnetError, UsageError, default_progress, require_backend
from learnet.core.runs import run_folder
from learnet.data import Part
from learnet.options.colourise import ColouriseConfig
from learnet.options.python import by_keywords
from learnet.runs import Begun, Stopwatch, started_here, telling_how_to_resume, unfinished_in
from learnet.training import fit_feed
from learnet.training.checkpoint import has_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from learnet.applications.colourise.examine import TemperatureRow
    from learnet.applications.colourise.photos import ColourPhotos
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.training import Fitted

_PHOTOS_AT_ONCE = 256


def run(
    config: ColouriseConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> ColouriseRun:
    """Train a network that colours photos; measure it, write a report, and a bundle that proves itself.

    Called again with the same options and ``out``, an interrupted run is continued; the outcome is the same, bit for
    bit. A time limit is that of the training itself: decoding and measuring come on top. With it and without
    ``epochs``, some steps are timed first.

    Args:
        config: The options.
        data: A folder of colour photos of any layout, the name of a known data set, an open ``Dataset``, or
            ``(images, labels)``.
        out: Folder of the run; ``runs/colourise-NAME-TIME`` if not given.
        progress: Progress reporter; standard error if not given.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a finished run, or one with other options.
        DataError: If there are too few photos with colours.
        NotANumberError: If the loss is NaN or infinite; the batch's files are named.
    """
    progress = default_progress() if progress is None else progress
    begun = unfinished_in(out, config)
    if begun is not None:
        return _continue(begun, data, progress=progress)
    watch = Stopwatch()
    photos, folder = _prepare(config, data, out=out, progress=progress, watch=watch)
    lesson = make_lesson(photos, config)
    used = _settled(lesson, progress=progress, watch=watch)
    Begun(folder=folder, asked=config, used=used, notes={"fingerprint": photos.fingerprint}).write()
    return _run(folder, photos, replace(lesson, config=used), resume=False, progress=progress, watch=watch)


train_colouriser = by_keywords(run, ColouriseConfig)


def resume_colouriser(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> ColouriseRun:
    """Continue a run of ``train_colouriser`` that was interrupted; the outcome is the same, bit for bit.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        time_limit: Seconds that the rest of the training may take; the run's own limit if not given.
        progress: Progress reporter; standard error if not given.

    Raises:
        LearnetError: If there is no such run, or the photos are not those that it was started with.
    """
    begun = started_here(folder, ColouriseConfig)
    if time_limit is not None:
        begun = replace(begun, used=begun.used.replace(time_limit=time_limit))
    return _continue(begun, data, progress=default_progress() if progress is None else progress)


def mean_chroma(images: np.ndarray) -> tuple[float, float]:
    """Return the mean U and V of photos: the colour that is least wrong for someone who sees nothing."""
    sums = np.zeros(2)
    for start in range(0, len(images), _PHOTOS_AT_ONCE):
        colours = chroma(images[start : start + _PHOTOS_AT_ONCE])
        sums += colours.mean(axis=(1, 2), dtype=np.float64).sum(axis=0)
    return float(sums[0] / len(images)), float(sums[1] / len(images))


def _continue(begun: Begun[ColouriseConfig], data: Any, *, progress: Progress) -> ColouriseRun:
    config, folder, watch = begun.used, begun.folder, Stopwatch()
    if data is None and not config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    photos, _ = _prepare(config, data, out=folder, progress=progress, watch=watch)
    if photos.fingerprint != begun.notes["fingerprint"]:
        raise LearnetError(
            f"The photos of '{config.data}' are not those that the run was started with: files were added, removed or "
            "changed. Put them back, or start a new run."
        )
    lesson = make_lesson(photos, config)
    return _run(folder, photos, lesson, resume=has_checkpoint(folder), progress=progress, watch=watch)


def _prepare(
    config: ColouriseConfig,
    data: str | Path | Dataset | tuple[Any, Any] | None,
    *,
    out: str | Path | None,
    progress: Progress,
    watch: Stopwatch,
) -> tuple[ColourPhotos, Path]:
    require_backend()
    dataset = open_photos(config.data if data is None else data, progress=progress)
    progress.say(dataset.layout)
    watch.lap("scan")
    photos = decode_photos(dataset, config=config, progress=progress)
    watch.lap("decode photos")
    return photos, run_folder(out, f"colourise-{dataset.name}")


def _settled(lesson: Lesson, *, progress: Progress, watch: Stopwatch) -> ColouriseConfig:
    """Return the options with what a timed sample decides: the precision, and the epochs that fit the time limit."""
    config = lesson.config
    if config.precision == "auto":
        config = config.replace(precision=lesson.chosen_precision(say=progress.say))
        watch.lap("choose the precision")
    if config.time_limit is not None and config.epochs is None:
        step = lesson.step_seconds(config.precision)
        epoch = epoch_seconds(step, steps=lesson.train.steps, checks=lesson.validation.steps)
        config = config.replace(epochs=epochs_within(config.time_limit, epoch))
        progress.say(f"About {config.epochs} epochs fit into {config.time_limit:.0f} s.")
        watch.lap("time some steps")
    return config


def _run(
    folder: Path, photos: ColourPhotos, lesson: Lesson, *, resume: bool, progress: Progress, watch: Stopwatch
) -> ColouriseRun:
    config = lesson.config
    trained = lesson.colouriser(config.precision).model
    fitted = _fit(folder, photos, lesson, trained, resume=resume, progress=progress)
    watch.lap("train")
    colouriser = lesson.colouriser()  # in float32, whatever it was trained in
    colouriser.model.set_weights(trained.get_weights())
    mean = mean_chroma(photos.part(Part.TRAIN))
    rows: tuple[TemperatureRow, ...] = ()
    if config.network == "classification":
        chosen, rows = choose_temperature(colouriser, photos.part(Part.VAL), mean_colour=mean, progress=progress)
        colouriser = replace(colouriser, temperature=chosen)
    examined = examine(colouriser, photos.part(Part.TEST), mean_colour=mean, progress=progress)
    watch.lap("measure it")
    findings = Findings(fitted=fitted, examined=examined, temperatures=rows, mean_colour=mean)
    return publish(folder, photos, colouriser, findings, config=config, watch=watch)


def _fit(
    folder: Path, photos: ColourPhotos, lesson: Lesson, model: keras.Model, *, resume: bool, progress: Progress
) -> Fitted:
    config = lesson.config
    deadline = None if config.time_limit is None else time.perf_counter() + config.time_limit
    with telling_how_to_resume(folder, config, possible=bool(config.data)):
        fitted = fit_feed(
            model,
            lesson.train,
            lesson.validation,
            config=config.training,
            folder=folder,
            objective=lesson.objective,
            names=photos.part_names(Part.TRAIN),
            resume=resume,
            deadline=deadline,
            progress=progress,
        )
    progress.say(f"{fitted.reason} The weights of epoch {fitted.best_epoch} are kept.")
    return fitted
