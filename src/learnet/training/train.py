"""The conductor of training from scratch: photos in; report, measurements and a proven bundle out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from learnet.core import LearnetError, UsageError, default_progress, require_backend, write_bytes, write_json
from learnet.core.runs import run_folder
from learnet.data import InputSpec, Part, open_dataset
from learnet.models import ARCHITECTURES
from learnet.runs import Run, Stopwatch, publish
from learnet.training.build import build_trained, choose_precision, prepare_network
from learnet.training.changes import TrainingChanges, changed
from learnet.training.checkpoint import has_checkpoint
from learnet.training.config import TrainingConfig
from learnet.training.examine import examine, product
from learnet.training.fit import fit
from learnet.training.photos import decode_photos
from learnet.training.recipes import RECIPES
from learnet.training.resuming import refuse_unfinished, telling_how_to_go_on
from learnet.training.run_config import TrainConfig
from learnet.training.solved import is_solved, refuse_descent
from learnet.training.svm_run import run_svm
from learnet.training.tensorboard import EventWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.training.loop import Fitted
    from learnet.training.photos import Photos

CONFIG = "config.json"
_FINGERPRINT = "photos.json"
_COMMAND = "learnet train"
_TOO_FEW_STEPS = 400  # to be worth timing XLA


def train(
    data: str | Path | Dataset | tuple[Any, Any],
    *,
    model: str | None = None,
    recipe: str = "plain",
    options: Mapping[str, Any] | None = None,
    train_per_class: int | None = None,
    test_fraction: float = 0.2,
    label_depth: int | None = None,
    group_by: str | None = None,
    max_pixels: int = 100_000_000,
    tensorboard: bool = False,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Unpack[TrainingChanges],
) -> Run:
    """Train a network from random weights, measure it on photos it has never seen, and prove its bundle.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        model: A name of ``learnet.models.ARCHITECTURES``; the recipe's own if not given.
        recipe: A name of ``RECIPES``: what holds where nothing else is said.
        options: What else the network's builder takes, e.g. ``{"hidden": [300, 100]}`` of ``"mlp"``, or
            ``{"kernel": "polynomial", "degree": [2]}`` of ``"svm"``, which is solved for, not trained in epochs.
        train_per_class: Photos a class to train with, all others test; None for all but ``test_fraction``.
        test_fraction: Share of the photos to test with, in (0, 1); not used where the dataset brings its own test part.
        label_depth: Which folder level below ``data`` names the class.
        group_by: Photos whose path gives the same match of this regular expression stay on one side of the split.
        max_pixels: Photos with more pixels are skipped.
        tensorboard: Write event files for TensorBoard into the run.
        seed: Every random choice comes from it; 0 or greater.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.
        **settings: Anything else of ``TrainConfig``, ``TrainingConfig`` or ``Augmentation``, by its name, e.g.
            ``epochs=5, flip=True``.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a training that was interrupted.
        DataError: If the photos cannot make a classifier.
        NotANumberError: If the loss is NaN or infinite; the batch's files are named.
        MissingDependencyError: If no Keras backend is installed.
    """
    config = configure(
        data,
        model=model,
        recipe=recipe,
        options=options,
        train_per_class=train_per_class,
        test_fraction=test_fraction,
        label_depth=label_depth,
        group_by=group_by,
        max_pixels=max_pixels,
        tensorboard=tensorboard,
        seed=seed,
        **settings,
    )
    progress = default_progress() if progress is None else progress
    watch = Stopwatch()
    refuse_unfinished(out, command=_COMMAND)
    photos, folder = open_photos(data, config, out=out, progress=progress, watch=watch)
    config = _settled(config, photos)
    if config.precision == "auto":
        config = replace(config, precision=choose_precision(config, photos, say=progress.say))
        watch.lap("choose the precision")
    write_json(folder / CONFIG, config.to_json())
    write_json(folder / _FINGERPRINT, {"fingerprint": photos.fingerprint})
    return _run(folder, photos, config, resume=False, progress=progress, watch=watch)


def configure(
    data: str | Path | Dataset | tuple[Any, Any],
    *,
    model: str | None = None,
    recipe: str = "plain",
    options: Mapping[str, Any] | None = None,
    train_per_class: int | None = None,
    test_fraction: float = 0.2,
    label_depth: int | None = None,
    group_by: str | None = None,
    max_pixels: int = 100_000_000,
    tensorboard: bool = False,
    seed: int = 0,
    **settings: Unpack[TrainingChanges],
) -> TrainConfig:
    """Return what ``train`` does with these arguments: the recipe, and what is changed in it.

    Raises:
        UsageError: If an argument makes no sense.
    """
    chosen = RECIPES[recipe]
    name = chosen.model if model is None else model
    if name is None:
        raise UsageError("Which network? Give model=NAME (--model NAME); 'learnet models' lists them.")
    same = model is None or chosen.model is None or ARCHITECTURES[model] is ARCHITECTURES[chosen.model]
    config = TrainConfig(
        data=str(data) if isinstance(data, str | Path) else "",
        model=ARCHITECTURES[name].name,
        options=dict(options) if options is not None else (chosen.options if same else {}),
        precision=chosen.precision,
        test_time_flip=chosen.test_time_flip,
        test_time_shift=chosen.test_time_shift,
        validation_fraction=chosen.validation_fraction,
        train_per_class=train_per_class,
        test_fraction=test_fraction,
        label_depth=label_depth,
        group_by=group_by,
        max_pixels=max_pixels,
        tensorboard=tensorboard,
        training=TrainingConfig(seed=seed) if ARCHITECTURES[name].solved else replace(chosen.training, seed=seed),
    )
    config = changed(config, settings)
    if is_solved(config):
        refuse_descent(config, settings=settings, recipe=recipe)
    elif chosen.crop_share and "crop" not in settings:
        spec = _spec(config)
        config = changed(config, {"crop": int(chosen.crop_share * min(spec.height, spec.width))})
    return config


def resume(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Go on with a run of ``train`` that was interrupted; the outcome is the same, bit for bit.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        LearnetError: If there is no such run, or the photos are not those that it was begun with.
    """
    place = Path(folder)
    try:
        config = TrainConfig.from_json(json.loads((place / CONFIG).read_text(encoding="utf-8")))
        known = json.loads((place / _FINGERPRINT).read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"'{folder}' is no run that can be resumed: its {CONFIG} cannot be read. Give the folder that "
            "'learnet train' named, or begin a new run."
        ) from error
    if data is None and not config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    progress = default_progress() if progress is None else progress
    watch = Stopwatch()
    photos, place = open_photos(data or config.data, config, out=place, progress=progress, watch=watch)
    if photos.fingerprint != known:
        raise LearnetError(
            f"The photos of '{config.data}' are not those that the run was begun with: files were added, removed or "
            "changed. Put them back, or begin a new run."
        )
    return _run(place, photos, config, resume=has_checkpoint(place), progress=progress, watch=watch)


def open_photos(
    data: str | Path | Dataset | tuple[Any, Any],
    config: TrainConfig,
    *,
    out: str | Path | None,
    progress: Progress,
    watch: Stopwatch,
) -> tuple[Photos, Path]:
    """Check what can be checked without photos, then decode and divide them."""
    if ARCHITECTURES[config.model].task != "classification":
        raise UsageError(f"{config.model} is no classifier: it cannot be trained on photos with classes.")
    require_backend()
    spec = _spec(config)
    prepare_network(config, classes=2)  # refuses options and sizes before photos are looked at
    dataset = open_dataset(data, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
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
        return run_svm(folder, photos, config, spec=_spec(config), progress=progress, watch=watch)
    classes = len(photos.dataset.class_names)
    network = build_trained(config, classes=classes, images=photos.part(Part.TRAIN)[0])
    validation = photos.part(Part.VAL)
    events_folder = folder / "tensorboard" if config.tensorboard else None
    command = _COMMAND if config.data else None  # photos from Python: no command can go on
    with telling_how_to_go_on(folder, command=command), EventWriter(events_folder) as events:
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
    goods = product(network, fitted, study=made, config=config, spec=_spec(config))
    return publish(folder, made, goods, config=config, progress=progress, watch=watch)


def _spec(config: TrainConfig) -> InputSpec:
    height, width = ARCHITECTURES[config.model].input_size if config.input_size is None else config.input_size
    return InputSpec(height=height, width=width)


def _settled(config: TrainConfig, photos: Photos) -> TrainConfig:
    """Return the configuration with what only the photos tell: class weights, and whether XLA is worth timing."""
    training = replace(config.training, class_weights=_class_weights(photos, config))
    steps = training.epochs * -(-len(photos.part(Part.TRAIN)[1]) // training.batch_size)
    if training.jit == "auto" and steps < _TOO_FEW_STEPS:
        training = replace(training, jit=False)
    return replace(config, training=training)


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
