"""The conductor of training from scratch: photos in; report, measurements and a proven bundle out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, require_backend, write_bytes
from learnet.data import InputSpec, Part, data_name, open_dataset
from learnet.models import ARCHITECTURES
from learnet.options.python import by_keywords
from learnet.options.train import TrainConfig
from learnet.runs import Run, RunResult, publish
from learnet.training.build import build_trained, choose_network_precision, prepare_network
from learnet.training.checkpoint import has_checkpoint
from learnet.training.examine import examine, product
from learnet.training.fit import fit
from learnet.training.photos import decode_photos
from learnet.training.solved import is_solved
from learnet.training.svm_run import run_svm
from learnet.training.tensorboard import EventWriter

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.runs import Stopwatch
    from learnet.training.loop import EpochRow, Fitted
    from learnet.training.photos import Photos

_TOO_FEW_STEPS = 400  # to be worth timing XLA


def run(
    config: TrainConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Train a network from random weights, measure it on photos it has never seen, and prove its bundle.

    Called again with the same options and ``out``, an interrupted run is continued; the outcome is the same, bit for
    bit.

    Args:
        config: The options.
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Progress reporter; standard error if not given.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a finished run, or one with other options.
        DataError: If the photos cannot make a classifier.
        NotANumberError: If the loss is NaN or infinite; the batch's files are named.
        MissingDependencyError: If no Keras backend is installed.
    """
    with Run.start(config, out=out, name=data_name(config.data, data), progress=progress) as job:
        return _train(job, data)


train = by_keywords(run, TrainConfig)


def resume(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Continue a run of ``train`` that was interrupted; the outcome is the same, bit for bit.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        progress: Progress reporter; standard error if not given.

    Raises:
        LearnetError: If there is no such run, or the photos are not those that it was started with.
    """
    with Run.resume(folder, TrainConfig, progress=progress) as job:
        return _train(job, data)


def _train(job: Run[TrainConfig], data: Any) -> RunResult:
    if data is None and not job.config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    job.by_command = bool(job.config.data)
    photos = open_photos(job.config, data, folder=job.folder, progress=job.progress, watch=job.watch)
    job.check("fingerprint", photos.fingerprint, what=f"The photos of '{job.config.data}'")
    if not job.is_resumed:
        job.settle(_decided(job, photos), fingerprint=photos.fingerprint)
    if is_solved(job.config):
        result = run_svm(job, photos, spec=input_spec(job.config))
    else:
        result = _fit_and_publish(job, photos)
    job.finish(result.to_json())
    return result


def open_photos(
    config: TrainConfig,
    data: str | Path | Dataset | tuple[Any, Any] | None,
    *,
    folder: Path,
    progress: Progress,
    watch: Stopwatch,
) -> Photos:
    """Check what can be checked without photos, then decode and divide them."""
    if ARCHITECTURES[config.model].task != "classification":
        raise UsageError(f"{config.model} is no classifier: it cannot be trained on photos with classes.")
    require_backend()
    spec = input_spec(config)
    prepare_network(config, classes=2)  # refuses options and sizes before photos are looked at
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
    progress.say(dataset.layout)
    watch.lap("scan")
    photos = decode_photos(dataset, spec=spec, config=config, folder=folder, progress=progress)
    watch.lap("decode photos")
    return photos


def _decided(job: Run[TrainConfig], photos: Photos) -> TrainConfig:
    """Return the configuration with what only the photos and timed steps tell."""
    used = _settled(job.config, photos)
    if used.precision == "auto":
        used = used.replace(precision=choose_network_precision(used, photos, say=job.progress.say))
        job.watch.lap("choose the precision")
    return used


def _fit_and_publish(job: Run[TrainConfig], photos: Photos) -> RunResult:
    config, classes = job.config, len(photos.dataset.class_names)
    network = build_trained(config, classes=classes, images=photos.part(Part.TRAIN)[0])
    validation = photos.part(Part.VAL)
    with EventWriter(job.folder / "tensorboard" if config.tensorboard else None) as curves:

        def after(row: EpochRow) -> None:
            job.epoch(row)
            curves.write(row)

        fitted = fit(
            network.trainer,
            photos.part(Part.TRAIN),
            validation if len(validation[1]) else photos.part(Part.TRAIN),
            config=config.training,
            folder=job.folder,
            names=photos.names(Part.TRAIN),
            auxiliary_weights=network.auxiliary_weights,
            resume=has_checkpoint(job.folder),
            on_epoch=after,
            progress=job.progress,
        )
    job.progress.say(f"{fitted.reason} The weights of epoch {fitted.best_epoch} are kept.")
    job.watch.lap("train")
    _draw(job.folder, fitted, hardest=config.training.hardest)
    made = examine(photos, network, config=config)
    job.watch.lap("measure it")
    goods = product(network, fitted, study=made, config=config, spec=input_spec(config))
    return publish(job.folder, made, goods, config=config, progress=job.progress, watch=job.watch)


def input_spec(config: TrainConfig) -> InputSpec:
    """Return how photos are prepared for a run's network."""
    height, width = ARCHITECTURES[config.model].input_size if config.input_size is None else config.input_size
    return InputSpec(height=height, width=width)


def _settled(config: TrainConfig, photos: Photos) -> TrainConfig:
    """Return the configuration with what only the photos tell: class weights, and whether XLA is worth timing."""
    training = config.training
    steps = training.epochs * -(-len(photos.part(Part.TRAIN)[1]) // training.batch_size)
    jit = False if training.jit == "auto" and steps < _TOO_FEW_STEPS else training.jit
    return config.replace(label_weights=_class_weights(photos, config), jit=jit)


def _class_weights(photos: Photos, config: TrainConfig) -> tuple[float, ...] | None:
    """Return ``n / (classes * n_class)``, the weights that give each class the same say, or None."""
    if config.class_weights == "none":
        return None
    labels = photos.part(Part.TRAIN)[1]
    counts = np.bincount(labels, minlength=len(photos.dataset.class_names))
    return tuple((len(labels) / (len(counts) * np.maximum(counts, 1))).tolist())


def _draw(folder: Path, fitted: Fitted, *, hardest: float) -> None:
    from learnet.plots import curves_figure, to_png

    training = "training" if hardest == 1 else f"training, the hardest {hardest:.0%}"
    figure = curves_figure(fitted.history, best_epoch=fitted.best_epoch, training=training)
    write_bytes(folder / "learning-curve.png", to_png(figure))
