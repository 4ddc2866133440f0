"""Training more than the head: the layers above a cut from cached activations, or everything from photos."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from learnet.core import DataError, LearnetError, fingerprint, probe
from learnet.core import keras as import_keras
from learnet.data import FACTS_VERSION, Part, cache_folder, split, stream_photos
from learnet.inference import Predictor
from learnet.training import Augmentation, EpochRow, Fitted, Trainer, TrainingConfig, Views, fit, photo_feed
from learnet.training.checkpoint import Checkpoint, load_best
from learnet.training.precision import choose_precision
from learnet.transfer_learning.activations import Wanted, affordable_versions, load_activations
from learnet.transfer_learning.budget import OutOfTime
from learnet.transfer_learning.cut import find_cut, freeze_statistics, lower_part, upper_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import Dataset, InputSpec, Photo
    from learnet.options.training import Precision
    from learnet.options.transfer import TransferConfig
    from learnet.training import Batch
    from learnet.transfer_learning.cut import Cut
    from learnet.transfer_learning.study import Divided
    from learnet.transfer_learning.weights import LoadedBackbone

    Ints = NDArray[np.int64]

CHECKED_SHARE = 0.2  # of the training photos: they choose between modes, and calibrate
_AT_ONCE = 64
_SMALL = 64  # pixels: a network for smaller photos knows less, and must and can move further from it
_MEMORY_SHARE = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Inner:
    """The training part, divided once more.

    Attributes:
        learn: int, rows that are trained on while modes are compared.
        check: int, rows that compare them.
        given: Whether ``check`` is the dataset's own validation part.
    """

    learn: Ints
    check: Ints
    given: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """A backbone and its head, between two trainings.

    Attributes:
        weights: Of the whole backbone, in Keras' order.
        kernel: float32 ``(d, k)``, of the head.
        bias: float32 ``(k,)``, of the head.
    """

    weights: list[NDArray[Any]]
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuned:
    """What a training gave.

    Attributes:
        state: The network afterwards.
        check_logits: float32 ``(m, k)`` of the inner division's ``check`` rows, of which it has learnt nothing.
        fitted: How it went.
    """

    state: State
    check_logits: NDArray[np.float32]
    fitted: Fitted


def divide_training(divided: Divided, *, seed: int) -> Inner:
    """Divide the training part into what is learnt from and what compares; the test part is not touched.

    Raises:
        DataError: If there are too few photos for that.
    """
    train, val = divided.rows(Part.TRAIN), divided.rows(Part.VAL)
    if len(val):
        return Inner(learn=train, check=val, given=True)
    names = divided.dataset.names()
    try:
        inner = split(
            divided.labels[train],
            seed=seed,
            names=[names[position] for position in divided.order[train]],
            class_names=divided.dataset.class_names,
            groups=divided.groups[train],
            test_fraction=CHECKED_SHARE,
        )
    except DataError as error:
        raise DataError(
            f"There are too few photos to train more than the head, as some must be held back to judge it. {error} "
            "Add photos, or use --mode head."
        ) from error
    return Inner(learn=train[inner == Part.TRAIN], check=train[inner == Part.TEST], given=False)


def training_of(mode: str, config: TransferConfig, *, spec: InputSpec) -> TrainingConfig:
    """Return how the upper layers (``"partial"``) or all layers (``"full"``) are trained.

    Args:
        mode: ``"partial"``, from versions that are cached, or ``"full"``, from photos changed in each epoch.
        config: What was asked.
        spec: How photos are prepared.
    """
    small = min(spec.height, spec.width) <= _SMALL
    upper = TrainingConfig(
        epochs=config.epochs or 12,
        batch_size=32,
        optimizer="adamw",
        learning_rate=config.learning_rate or (1e-3 if small else 3e-4),
        weight_decay=1e-2,
        label_smoothing=0.1,
        ema=0.99,
        discriminative=config.discriminative,
        seed=config.seed,
    )
    if mode == "partial":
        return upper
    return upper.replace(
        epochs=config.epochs or (12 if small else 6),
        batch_size=16,
        learning_rate=config.learning_rate or (1e-3 if small else 1e-4),
        warmup_epochs=0.5,
        **augmentation(spec).values(),
    )


def augmentation(spec: InputSpec) -> Augmentation:
    """Return how the photos of a training of more than the head are changed."""
    side = min(spec.height, spec.width)
    return Augmentation(flip=True, crop=max(1, side // 16), zoom=0.1, rotation=5.0, colour=0.1)


class Trainable(Protocol):
    """A backbone and its head, and what they are trained from."""

    is_late: Callable[[], bool]

    @property
    def mode(self) -> str:
        """``"partial"`` or ``"full"``."""

    @property
    def model(self) -> keras.Model:
        """From what is fed to logits; it shares its layers with ``network``."""

    @property
    def network(self) -> keras.Model:
        """The whole backbone that is trained."""

    @property
    def answering(self) -> keras.Model:
        """The same as ``model`` in float32, as the bundle answers; it shares its layers with the loaded backbone."""

    def examples(self, rows: Ints) -> NDArray[Any] | Views:
        """Return what is fed of some rows' photos."""

    def facts(self) -> dict[str, str]:
        """Return what the report should say."""


class UpperLayers:
    """The layers above a cut, trained from the activations there.

    Args:
        divided: The photos.
        loaded: The backbone, with its pretrained weights; its upper layers will be changed.
        config: What was asked.
        limit_bytes: What the cached activations may take.
        progress: Where to tell how it goes.

    Attributes:
        cut: Where the backbone is cut.
        is_late: Asked while activations are computed; where it says yes, that ends with ``OutOfTime``.
    """

    mode = "partial"

    def __init__(
        self,
        divided: Divided,
        loaded: LoadedBackbone,
        *,
        config: TransferConfig,
        limit_bytes: int,
        progress: Progress,
    ) -> None:
        self._divided, self._loaded, self._config = divided, loaded, config
        self._limit, self._progress = limit_bytes, progress
        self.cut: Cut = find_cut(loaded.model, config.unfreeze)
        self._lower = lower_part(loaded.model, self.cut)
        self.network = loaded.model
        self.model = self.answering = classifier_logits(upper_part(loaded.model, self.cut), classes=divided.classes)
        freeze_statistics(self.model)
        self._versions = 0
        self.is_late: Callable[[], bool] = lambda: False
        self._last: tuple[Ints, Views] | None = None

    def facts(self) -> dict[str, str]:
        """Return what the report should say."""
        return {
            "Trained layers": f"from {self.cut.first} on, from the cached activations below it",
            "Versions of each photo": str(self._versions),
        }

    def examples(self, rows: Ints) -> Views:
        """Return what the frozen part computes of some rows' photos, from the cache or computed now.

        Raises:
            LearnetError: If it does not fit into the cache.
        """
        if self._last is not None and np.array_equal(self._last[0], rows):
            return self._last[1]
        divided, spec = self._divided, self._loaded.input_spec
        self._versions = versions = self._afford(len(rows))
        how = augmentation(spec)
        key = {
            "weights": self._loaded.fingerprint,
            "cut": self.cut.after,
            "spec": spec.to_json(),
            "decoding": FACTS_VERSION,
            "photos": [digest.tobytes().hex() for digest in divided.digests[rows]],
            "versions": versions,
            "augmentation": repr(how) if versions > 1 else "",
            "seed": self._config.seed if versions > 1 else 0,
        }
        views = load_activations(
            Wanted(
                key=fingerprint(key),
                dataset=divided.dataset,
                photos=divided.order[rows],
                spec=spec,
                shape=tuple(int(side) for side in self.cut.tensor.shape[1:]),
                versions=versions,
                augmentation=how,
                seed=self._config.seed,
            ),
            predictor=lambda: Predictor.compile(self._lower),
            folder=cache_folder(),
            limit_bytes=self._limit,
            progress=self._progress,
            is_late=self.is_late,
        )
        self._last = (rows, views)
        return views

    def _afford(self, photos: int) -> int:
        versions = affordable_versions(
            photos=photos, size=self.cut.size, wanted=self._config.versions, limit_bytes=self._limit
        )
        if versions < 1:
            raise LearnetError(
                f"The activations below {self.cut.first} take {2 * photos * self.cut.size / 1e9:.2f} GB, more than the "
                f"cache's limit of {self._limit / 1e9:.2f} GB. Raise --cache-limit, or choose a later layer with "
                "--unfreeze."
            )
        return versions


class AllLayers:
    """Everything, trained from the photos.

    Args:
        divided: The photos.
        loaded: The backbone; all its layers will be changed.
        precision: In which steps compute; the weights are float32 in any case.
        progress: Where to tell how it goes.

    Attributes:
        is_late: Asked while photos are decoded; where it says yes, that ends with ``OutOfTime``.
    """

    mode = "full"

    def __init__(
        self, divided: Divided, loaded: LoadedBackbone, *, precision: Precision = "float32", progress: Progress
    ) -> None:
        self._divided, self._loaded, self._progress = divided, loaded, progress
        self.is_late: Callable[[], bool] = lambda: False
        self.model = self.answering = classifier_logits(loaded.model, classes=divided.classes)
        self.network = loaded.model
        if precision == "bfloat16":
            self.network = in_bfloat16(loaded.model)
            self.model = classifier_logits(self.network, classes=divided.classes)
        freeze_statistics(self.model)
        self._last: tuple[Ints, NDArray[np.uint8]] | None = None

    def facts(self) -> dict[str, str]:
        """Return what the report should say."""
        return {"Trained layers": "all; batch normalisation kept the statistics of the pretraining"}

    def examples(self, rows: Ints) -> NDArray[np.uint8]:
        """Return some rows' photos, decoded.

        Raises:
            OutOfTime: If it became late.
            LearnetError: If they do not fit into memory, or a photo cannot be read any more.
        """
        if self._last is not None and np.array_equal(self._last[0], rows):
            return self._last[1]
        spec, dataset = self._loaded.input_spec, self._divided.dataset
        need, memory = len(rows) * spec.height * spec.width * 3, probe().memory_bytes
        if memory and need > _MEMORY_SHARE * memory:
            raise LearnetError(
                f"The decoded photos take {need / 1e9:.1f} GB, more than a machine with {memory / 1e9:.0f} GB should "
                "hold. Use --mode partial, or --train-per-class."
            )
        images = np.empty((len(rows), spec.height, spec.width, 3), np.uint8)
        with self._progress.stage("Decoding photos", len(rows)) as task:
            photos = stream_photos(dataset.source, self._divided.order[rows].tolist(), spec=spec)
            for row, photo in zip(images, photos, strict=True):
                if self.is_late():
                    raise OutOfTime("The time was up while the photos were decoded.")
                row[:] = readable(photo, dataset)
                task.advance()
        self._last = (rows, images)
        return images


def classifier_logits(features: keras.Model, *, classes: int) -> keras.Model:
    """Put a dense layer ``"head"`` without softmax on a model that gives features; its layers are shared."""
    keras = import_keras()
    logits = keras.layers.Dense(classes, dtype="float32", name="head")(features.output)
    return keras.Model(features.input, logits, name=features.name)


def faster_precision(divided: Divided, loaded: LoadedBackbone, *, how: TrainingConfig, progress: Progress) -> Precision:
    """Return the precision in which steps of a full fine-tuning are faster here, timed on noise.

    Args:
        divided: The photos.
        loaded: The backbone, whose weights stay as they are.
        how: The training.
        progress: Told what was measured.
    """
    spec, classes = loaded.input_spec, divided.classes
    noise = np.random.default_rng(0).integers(0, 256, (how.batch_size, spec.height, spec.width, 3), dtype=np.uint8)
    before = loaded.model.get_weights()

    def build(precision: Precision) -> Trainer:
        return Trainer(AllLayers(divided, loaded, precision=precision, progress=progress).model, config=how)

    def batch(size: int) -> Batch:
        labels = np.arange(size) % classes
        return photo_feed(noise[:size], labels, classes=classes, config=how.replace(batch_size=size)).batch(0, 0)

    chosen = choose_precision(build, few=batch(2), whole=lambda: batch(how.batch_size), say=progress.say)
    loaded.model.set_weights(before)
    return chosen


def in_bfloat16(model: keras.Model) -> keras.Model:
    """Return a copy of a network, weights included, whose layers compute in bfloat16."""

    def rebuilt(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})

    twin: Any = import_keras().models.clone_model(model, clone_function=rebuilt)
    twin.set_weights(model.get_weights())
    return twin


def tune(
    trainable: Trainable,
    divided: Divided,
    loaded: LoadedBackbone,
    inner: Inner,
    *,
    begin: State,
    how: TrainingConfig,
    folder: Path,
    progress: Progress,
    deadline: float | None = None,
    everything: bool = False,
    resume: bool = False,
    on_epoch: Callable[[EpochRow], None] | None = None,
) -> Tuned:
    """Train a backbone and its head.

    Args:
        trainable: What is trained.
        divided: The photos.
        loaded: The backbone; it holds the trained weights afterwards.
        inner: The training part, divided: what is learnt from, and what chooses the best epoch.
        begin: The network before, with a head that has learnt already: no random one pulls on trained features.
        how: The training.
        folder: Where checkpoints go.
        progress: Where to tell how it goes.
        deadline: When training is to have ended, by ``time.perf_counter``.
        everything: Learn from the rows that would choose the best epoch, too, and keep the last one.
        resume: Go on from the checkpoint in ``folder``.
        on_epoch: Called after each epoch.
    """
    rows = np.concatenate([inner.learn, inner.check])
    labels, seen, model = divided.labels[rows], len(inner.learn), trainable.model
    examples = trainable.examples(rows)
    part, check = slice(None if everything else seen), _part(examples, slice(seen, None))
    trainable.network.set_weights(begin.weights)
    model.get_layer("head").set_weights([begin.kernel, begin.bias])
    fitted = fit(
        model,
        (_part(examples, part), labels[part]),
        (check, labels[seen:]),
        config=how.replace(keep_last=everything),
        folder=folder,
        names=[divided.dataset.source.name(int(position)) for position in divided.order[rows[part]]],
        resume=resume,
        deadline=deadline,
        on_epoch=on_epoch,
        progress=progress,
    )
    state = _handed_over(trainable, loaded)
    return Tuned(
        state=state,
        check_logits=predict_logits(trainable.answering, check),
        fitted=fitted,
    )


def restore(trainable: Trainable, loaded: LoadedBackbone, *, begin: State, folder: Path, outcome: Checkpoint) -> Tuned:
    """Return what a training that has ended gave, and leave its weights in the backbone.

    Args:
        trainable: What was trained.
        loaded: The backbone.
        begin: The network before.
        folder: Where its best weights are.
        outcome: As ``outcome_of`` made it.
    """
    trainable.network.set_weights(begin.weights)
    trainable.model.set_weights(load_best(folder))
    told = dict(outcome.notes["fitted"])
    return Tuned(
        state=_handed_over(trainable, loaded),
        check_logits=outcome.arrays["check_logits"],
        fitted=Fitted(**{**told, "history": tuple(EpochRow(**row) for row in told["history"])}),
    )


def _handed_over(trainable: Trainable, loaded: LoadedBackbone) -> State:
    """Return the trained network, and leave its weights in the loaded backbone and in the float32 network."""
    kernel, bias = trainable.model.get_layer("head").get_weights()
    if trainable.network is not loaded.model:
        loaded.model.set_weights(trainable.network.get_weights())
        trainable.answering.get_layer("head").set_weights([kernel, bias])
    return State(weights=loaded.model.get_weights(), kernel=kernel, bias=bias)


def outcome_of(tuned: Tuned) -> Checkpoint:
    """Return what ``restore`` needs besides the best weights."""
    return Checkpoint(arrays={"check_logits": tuned.check_logits}, notes={"fitted": asdict(tuned.fitted)})


def predict_logits(model: keras.Model, examples: NDArray[Any] | Views) -> NDArray[np.float32]:
    """Return the logits ``(m, k)`` of what a network takes; of several versions, of the first one."""
    values = examples.values[:, 0] if isinstance(examples, Views) else examples
    parts = (np.ascontiguousarray(values[start : start + _AT_ONCE]) for start in range(0, len(values), _AT_ONCE))
    return np.concatenate([np.asarray(model(part, training=False)) for part in parts])


def readable(photo: Photo, dataset: Dataset) -> NDArray[np.uint8]:
    """Return the pixels of a photo that could be read before.

    Raises:
        LearnetError: If it cannot be read any more.
    """
    if photo.image is None:
        raise LearnetError(
            f"'{dataset.source.location(photo.index)}' could be read at first and now cannot: {photo.problem} "
            "Leave the photos as they are while learnet works, and run it again."
        )
    return photo.image


def _part(examples: NDArray[Any] | Views, part: slice) -> NDArray[Any] | Views:
    return Views(values=examples.values[part]) if isinstance(examples, Views) else examples[part]
