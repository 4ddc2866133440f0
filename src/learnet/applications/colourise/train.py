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
from learnet.core import UsageError, require_backend
from learnet.data import Part, data_name
from learnet.options.colourise import ColouriseConfig
from learnet.options.python import by_keywords
from learnet.runs import Run
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
    name = f"colourise-{data_name(config.data, data)}"
    with Run.start(config, out=out, name=name, progress=progress) as job:
        return _train(job, data)


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
    with Run.resume(folder, ColouriseConfig, progress=progress, time_limit=time_limit) as job:
        return _train(job, data)


def mean_chroma(images: np.ndarray) -> tuple[float, float]:
    """Return the mean U and V of photos: the colour that is least wrong for someone who sees nothing."""
    sums = np.zeros(2)
    for start in range(0, len(images), _PHOTOS_AT_ONCE):
        colours = chroma(images[start : start + _PHOTOS_AT_ONCE])
        sums += colours.mean(axis=(1, 2), dtype=np.float64).sum(axis=0)
    return float(sums[0] / len(images)), float(sums[1] / len(images))


def _train(job: Run[ColouriseConfig], data: Any) -> ColouriseRun:
    if data is None and not job.config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    job.by_command = bool(job.config.data)
    photos = _decode(job, data)
    job.check("fingerprint", photos.fingerprint, what=f"The photos of '{job.config.data}'")
    lesson = make_lesson(photos, job.config)
    if not job.is_resumed:
        job.settle(_settled(lesson, job), fingerprint=photos.fingerprint)
        lesson = replace(lesson, config=job.config)
    result = _fit_and_publish(job, photos, lesson)
    job.finish(result.to_json())
    return result


def _decode(job: Run[ColouriseConfig], data: Any) -> ColourPhotos:
    require_backend()
    dataset = open_photos(job.config.data if data is None else data, progress=job.progress)
    job.progress.say(dataset.layout)
    job.watch.lap("scan")
    photos = decode_photos(dataset, config=job.config, progress=job.progress)
    job.watch.lap("decode photos")
    return photos


def _settled(lesson: Lesson, job: Run[ColouriseConfig]) -> ColouriseConfig:
    """Return the options with what a timed sample decides: the precision, and the epochs that fit the time limit."""
    config = lesson.config
    if config.precision == "auto":
        config = config.replace(precision=lesson.chosen_precision(say=job.progress.say))
        job.watch.lap("choose the precision")
    if config.time_limit is not None and config.epochs is None:
        step = lesson.step_seconds(config.precision)
        epoch = epoch_seconds(step, steps=lesson.train.steps, checks=lesson.validation.steps)
        config = config.replace(epochs=epochs_within(config.time_limit, epoch))
        job.progress.say(f"About {config.epochs} epochs fit into {config.time_limit:.0f} s.")
        job.watch.lap("time some steps")
    return config


def _fit_and_publish(job: Run[ColouriseConfig], photos: ColourPhotos, lesson: Lesson) -> ColouriseRun:
    config, progress = lesson.config, job.progress
    trained = lesson.colouriser(config.precision).model
    fitted = _fit(job, photos, lesson, trained)
    job.watch.lap("train")
    colouriser = lesson.colouriser()  # in float32, whatever it was trained in
    colouriser.model.set_weights(trained.get_weights())
    mean = mean_chroma(photos.part(Part.TRAIN))
    rows: tuple[TemperatureRow, ...] = ()
    if config.network == "classification":
        chosen, rows = choose_temperature(colouriser, photos.part(Part.VAL), mean_colour=mean, progress=progress)
        colouriser = replace(colouriser, temperature=chosen)
    examined = examine(colouriser, photos.part(Part.TEST), mean_colour=mean, progress=progress)
    job.watch.lap("measure it")
    findings = Findings(fitted=fitted, examined=examined, temperatures=rows, mean_colour=mean)
    return publish(job.folder, photos, colouriser, findings, config=config, watch=job.watch)


def _fit(job: Run[ColouriseConfig], photos: ColourPhotos, lesson: Lesson, model: keras.Model) -> Fitted:
    config = lesson.config
    fitted = fit_feed(
        model,
        lesson.train,
        lesson.validation,
        config=config.training,
        folder=job.folder,
        objective=lesson.objective,
        names=photos.part_names(Part.TRAIN),
        resume=has_checkpoint(job.folder),
        deadline=None if config.time_limit is None else time.perf_counter() + config.time_limit,
        on_epoch=job.epoch,
        progress=job.progress,
    )
    job.progress.say(f"{fitted.reason} The weights of epoch {fitted.best_epoch} are kept.")
    return fitted
