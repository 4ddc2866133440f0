"""From a folder of colour photos to a network that colours grey ones: the conductor of ``learnet colourise train``."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from learnet.applications.colourise.colour import chroma
from learnet.applications.colourise.colouriser import Colouriser, make_colouriser
from learnet.applications.colourise.config import ColouriseConfig, usual_training
from learnet.applications.colourise.examine import choose_temperature, examine
from learnet.applications.colourise.feeds import checking_feed, training_feed
from learnet.applications.colourise.grid import ColourGrid, choose_colours
from learnet.applications.colourise.objectives import RebalancedColours, SquaredColours
from learnet.applications.colourise.photos import ColourPhotos, decode_photos, open_photos
from learnet.applications.colourise.publish import ColouriseRun, Findings, publish
from learnet.core import LearnetError, UsageError, default_progress, require_backend, unknown_name, write_json
from learnet.core import keras as import_keras
from learnet.core.runs import run_folder
from learnet.data import Part
from learnet.runs import Stopwatch
from learnet.training import TrainingConfig, fit_feed
from learnet.training.checkpoint import has_checkpoint
from learnet.training.resuming import refuse_unfinished, telling_how_to_go_on
from learnet.training.step import Trainer

if TYPE_CHECKING:
    from typing import Unpack

    from learnet.applications.colourise.colouriser import NetworkName
    from learnet.applications.colourise.examine import TemperatureRow
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.training import Feed, Fitted, Objective

_CONFIG, _BEGUN = "config.json", "begun.json"
_COMMAND = "learnet colourise train"
_TIMED_STEPS = 3
_MOST_EPOCHS = 200
_PHOTOS_AT_ONCE = 256


class Settings(TypedDict, total=False):
    """What else ``train_colouriser`` takes, by name."""

    lam: float
    kept: int
    centres: bool
    test_fraction: float
    validation_fraction: float
    max_pixels: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """A network, and what it is trained with.

    Attributes:
        colouriser: With random weights, or trained ones once ``learn`` has returned.
        objective: What is minimised.
        train: The training photos.
        validation: The validation photos.
    """

    colouriser: Colouriser
    objective: Objective
    train: Feed
    validation: Feed


def train_colouriser(
    data: str | Path | Dataset | tuple[Any, Any],
    *,
    network: NetworkName = "classification",
    size: int = 64,
    photos: int = 20_000,
    epochs: int | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> ColouriseRun:
    """Train a network that colours photos; measure it, write a report, and a bundle that proves itself.

    Args:
        data: A folder of colour photos, however they lie in it, or the name of a known data set, e.g. ``"caltech101"``.
        network: ``"classification"`` or ``"regression"``, see ``ColouriseConfig``.
        size: Height and width of the photos that the network sees, in pixels.
        photos: The most photos to use.
        epochs: Passes over the training photos; 20 if neither they nor a time limit are given, else as many as fit.
        time_limit: Seconds that the training itself may take; decoding and measuring come on top. With it and without
            ``epochs``, some steps are timed first.
        seed: Every random choice comes from it.
        out: The run's folder.
        progress: Where to tell how it goes; standard error if not given.
        **settings: Anything else of ``ColouriseConfig``, by its name; ``batch_size`` and ``learning_rate``.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a training that was interrupted.
        DataError: If there are too few photos with colours.
        NotANumberError: If the loss is NaN or infinite; the batch's files are named.
    """
    config = _configure(data, epochs=epochs, seed=seed, network=network, size=size, photos=photos, settings=settings)
    if time_limit is not None and time_limit <= 0:
        raise UsageError(f"The time limit must be greater than 0 seconds; received {time_limit:g}.")
    progress, watch = progress or default_progress(), Stopwatch()
    refuse_unfinished(out, command=_COMMAND)
    ready, place = _prepare(data, config, out=out, progress=progress, watch=watch)
    if time_limit is not None and epochs is None:
        fitting = epochs_within(make_lesson(ready, config)[0], config.training, seconds=time_limit)
        config = replace(config, training=replace(config.training, epochs=fitting))
        progress.say(f"About {fitting} epochs fit into {time_limit:.0f} s.")
        watch.lap("time some steps")
    write_json(place / _CONFIG, config.to_json())
    write_json(place / _BEGUN, {"fingerprint": ready.fingerprint, "time_limit": time_limit})
    return _run(place, ready, config, time_limit=time_limit, resume=False, progress=progress, watch=watch)


def resume_colouriser(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> ColouriseRun:
    """Go on with a run of ``train_colouriser`` that was interrupted; the outcome is the same, bit for bit.

    A time limit counts anew.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        LearnetError: If there is no such run, or the photos are not those that it was begun with.
    """
    place = Path(folder)
    try:
        config = ColouriseConfig.from_json(json.loads((place / _CONFIG).read_text(encoding="utf-8")))
        begun = json.loads((place / _BEGUN).read_text(encoding="utf-8"))
        known, time_limit = begun["fingerprint"], begun["time_limit"]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"'{folder}' is no run that can be resumed: its {_CONFIG} cannot be read. Give the folder that "
            "'learnet colourise train' named, or begin a new run."
        ) from error
    if data is None and not config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    progress, watch = progress or default_progress(), Stopwatch()
    ready, place = _prepare(data or config.data, config, out=place, progress=progress, watch=watch)
    if ready.fingerprint != known:
        raise LearnetError(
            f"The photos of '{config.data}' are not those that the run was begun with: files were added, removed or "
            "changed. Put them back, or begin a new run."
        )
    resumed = has_checkpoint(place)
    return _run(place, ready, config, time_limit=time_limit, resume=resumed, progress=progress, watch=watch)


def make_lesson(photos: ColourPhotos, config: ColouriseConfig) -> tuple[Lesson, ColourGrid | None]:
    """Return a network with random weights and what it is trained with, and the colours of a classification network."""
    train, validation = photos.part(Part.TRAIN), photos.part(Part.VAL)
    grid = None
    if config.network == "classification":
        grid = choose_colours(train, kept=config.kept, centres=config.centres)
    import_keras().utils.set_random_seed(config.seed)
    colouriser = make_colouriser(config.network, size=config.size, colours=None if grid is None else grid.colours)
    objective: Objective = SquaredColours()
    if grid is not None:
        objective = RebalancedColours(weights=tuple(grid.weights(config.lam).tolist()))
    lesson = Lesson(
        colouriser=colouriser,
        objective=objective,
        train=training_feed(train, grid=grid, config=config.training),
        validation=checking_feed(validation, grid=grid, batch_size=config.training.batch_size),
    )
    return lesson, grid


def epochs_within(lesson: Lesson, training: TrainingConfig, *, seconds: float) -> int:
    """Time some steps and return how many epochs fit into ``seconds``, from 1 to 200; the network is left unchanged."""
    model = lesson.colouriser.model
    before = model.get_weights()
    trainer = Trainer(model, config=training, objective=lesson.objective)
    batch = lesson.train.batch(0, 0)
    trainer.step(batch, number=0, learning_rate=0.0)
    start = time.perf_counter()
    for number in range(_TIMED_STEPS):
        trainer.step(lesson.train.batch(0, min(number, lesson.train.steps - 1)), number=number, learning_rate=0.0)
    step = (time.perf_counter() - start) / _TIMED_STEPS
    model.set_weights(before)
    epoch = step * (lesson.train.steps + lesson.validation.steps / 3)  # forward only: a third of a step
    return int(np.clip(seconds / epoch, 1, _MOST_EPOCHS))


def mean_chroma(images: np.ndarray) -> tuple[float, float]:
    """Return the mean U and V of photos: the colour that is least wrong for someone who sees nothing."""
    sums = np.zeros(2)
    for start in range(0, len(images), _PHOTOS_AT_ONCE):
        colours = chroma(images[start : start + _PHOTOS_AT_ONCE])
        sums += colours.mean(axis=(1, 2), dtype=np.float64).sum(axis=0)
    return float(sums[0] / len(images)), float(sums[1] / len(images))


def _configure(
    data: str | Path | Dataset | tuple[Any, Any],
    *,
    epochs: int | None,
    seed: int,
    network: NetworkName,
    size: int,
    photos: int,
    settings: Settings,
) -> ColouriseConfig:
    known = Settings.__annotations__
    for name in settings:
        if name not in known:
            raise unknown_name("setting", name, known)
    given = dict(settings)
    changes: dict[str, Any] = {name: given.pop(name) for name in ("batch_size", "learning_rate") if name in given}
    usual = usual_training()
    training = replace(usual, epochs=usual.epochs if epochs is None else epochs, seed=seed, **changes)
    name = str(data) if isinstance(data, str | Path) else ""
    return ColouriseConfig(data=name, network=network, size=size, photos=photos, training=training, **given)  # type: ignore[arg-type]


def _prepare(
    data: str | Path | Dataset | tuple[Any, Any],
    config: ColouriseConfig,
    *,
    out: str | Path | None,
    progress: Progress,
    watch: Stopwatch,
) -> tuple[ColourPhotos, Path]:
    require_backend()
    dataset = open_photos(data, progress=progress)
    progress.say(dataset.layout)
    watch.lap("scan")
    ready = decode_photos(dataset, config=config, progress=progress)
    watch.lap("decode photos")
    return ready, run_folder(out, f"colourise-{dataset.name}")


def _run(
    folder: Path,
    photos: ColourPhotos,
    config: ColouriseConfig,
    *,
    time_limit: float | None,
    resume: bool,
    progress: Progress,
    watch: Stopwatch,
) -> ColouriseRun:
    lesson, _ = make_lesson(photos, config)
    deadline = None if time_limit is None else time.perf_counter() + time_limit
    fitted = _fit(folder, photos, lesson, config, deadline=deadline, resume=resume, progress=progress)
    watch.lap("train")
    mean = mean_chroma(photos.part(Part.TRAIN))
    colouriser = lesson.colouriser
    rows: tuple[TemperatureRow, ...] = ()
    if config.network == "classification":
        chosen, rows = choose_temperature(colouriser, photos.part(Part.VAL), mean_colour=mean, progress=progress)
        colouriser = replace(colouriser, temperature=chosen)
    examined = examine(colouriser, photos.part(Part.TEST), mean_colour=mean, progress=progress)
    watch.lap("measure it")
    findings = Findings(fitted=fitted, examined=examined, temperatures=rows, mean_colour=mean)
    return publish(folder, photos, colouriser, findings, config=config, watch=watch)


def _fit(
    folder: Path,
    photos: ColourPhotos,
    lesson: Lesson,
    config: ColouriseConfig,
    *,
    deadline: float | None,
    resume: bool,
    progress: Progress,
) -> Fitted:
    with telling_how_to_go_on(folder, command=_COMMAND if config.data else None):
        fitted = fit_feed(
            lesson.colouriser.model,
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
