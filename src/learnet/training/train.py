"""The conductor of training from scratch: photos in; report, measurements and a proven bundle out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import LearnetError, UsageError, default_progress, require_backend, write_bytes
from learnet.core.runs import run_folder
from learnet.data import InputSpec, Part, open_dataset
from learnet.models import ARCHITECTURES
from learnet.options.python import by_keywords
from learnet.options.train import TrainConfig
from learnet.runs import Begun, Run, Stopwatch, publish, started_here, telling_how_to_resume, unfinished_in
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
    from learnet.training.loop import Fitted
    from learnet.training.photos import Photos

_TOO_FEW_STEPS = 400  # to be worth timing XLA


def run(
    config: TrainConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Run:
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
    progress = default_progress() if progress is None else progress
    begun = unfinished_in(out, config)
    if begun is not None:
        return _continue(begun, data, progress=progress)
    watch = Stopwatch()
    photos, folder = open_photos(config, data, out=out, progress=progress, watch=watch)
    used = _settled(config, photos)
    if used.precision == "auto":
        used = used.replace(precision=choose_network_precision(used, photos, say=progress.say))
        watch.lap("choose the precision")
    Begun(folder=folder, asked=config, used=used, notes={"fingerprint": photos.fingerprint}).write()
    return _run(folder, photos, used, resume=False, progress=progress, watch=watch)


train = by_keywords(run, TrainConfig)


def resume(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Continue a run of ``train`` that was interrupted; the outcome is the same, bit for bit.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        progress: Progress reporter; standard error if not given.

    Raises:
        LearnetError: If there is no such run, or the photos are not those that it was started with.
    """
    begun = started_here(folder, TrainConfig)
    return _continue(begun, data, progress=default_progress() if progress is None else progress)


def _continue(begun: Begun[TrainConfig], data: Any, *, progress: Progress) -> Run:
    config, folder, watch = begun.used, begun.folder, Stopwatch()
    if data is None and not config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    photos, _ = open_photos(config, data, out=folder, progress=progress, watch=watch)
    if photos.fingerprint != begun.notes["fingerprint"]:
        raise LearnetError(
            f"The photos of '{config.data}' are not those that the run was started with: files were added, removed or "
            "changed. Put them back, or start a new run."
        )
    return _run(folder, photos, config, resume=has_checkpoint(folder), progress=progress, watch=watch)


def open_photos(
    config: TrainConfig,
    data: str | Path | Dataset | tuple[Any, Any] | None,
    *,
    out: str | Path | None,
    progress: Progress,
    watch: Stopwatch,
) -> tuple[Photos, Path]:
    """Check what can be checked without photos, then decode and divide them."""
    if ARCHITECTURES[config.model].task != "classification":
        raise UsageError(f"{config.model} is no classifier: it cannot be trained on photos with classes.")
    require_backend()
    spec = input_spec(config)
    prepare_network(config, classes=2)  # refuses options and sizes before photos are looked at
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
    progress.say(dataset.layout)
    folder = run_folder(out, dataset.name)
    watch.lap("scan")
    photos = decode_photos(dataset, spec=spec, config=config, folder=folder, progress=progress)
    watch.lap("decode photos")
    return photos, folder


def _run(
    folder: Path, photos: Photos, config: TrainConfig, *, resume: bool, progress: Progress, watch: Stopwatch
) -> Run:
    if is_solved(config):
        return run_svm(folder, photos, config, spec=input_spec(config), progress=progress, watch=watch)
    classes = len(photos.dataset.class_names)
    network = build_trained(config, classes=classes, images=photos.part(Part.TRAIN)[0])
    validation = photos.part(Part.VAL)
    events_folder = folder / "tensorboard" if config.tensorboard else None
    by_command = telling_how_to_resume(folder, config, possible=bool(config.data))
    with by_command, EventWriter(events_folder) as events:
        fitted = fit(
            network.trainer,
            photos.part(Part.TRAIN),
            validation if len(validation[1]) else photos.part(Part.TRAIN),
            config=config.training,
            folder=folder,
            names=photos.names(Part.TRAIN),
            auxiliary_weights=network.auxiliary_weights,
            resume=resume,
            on_epoch=events.write,
            progress=progress,
        )
    progress.say(f"{fitted.reason} The weights of epoch {fitted.best_epoch} are kept.")
    watch.lap("train")
    _draw(folder, fitted, hardest=config.training.hardest)
    made = examine(photos, network, config=config)
    watch.lap("measure it")
    goods = product(network, fitted, study=made, config=config, spec=input_spec(config))
    return publish(folder, made, goods, config=config, progress=progress, watch=watch)


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
