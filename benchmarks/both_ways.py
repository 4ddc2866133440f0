"""The upper layers trained from cached activations, and trained in the whole graph with the lower layers frozen.

Both learn from the same versions of the same photos of Caltech-101 in the same order, begin with the same weights and
are asked the same test photos: what differs is rounding, and the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.data import Part, open_dataset, split, stream_photos
from learnet.inference import Predictor
from learnet.training import Augmentation, TrainingConfig, Views, augment, fit
from learnet.transfer_learning import TransferConfig, load_backbone, solve_head
from learnet.transfer_learning.cut import Cut, find_cut, freeze_statistics, lower_part, upper_part
from learnet.transfer_learning.fine_tuning import augmentation, classifier_logits, training_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.data import Dataset
    from learnet.transfer_learning import LoadedBackbone

DATA, BACKBONE = "caltech101", "efficientnet_lite0"
CLASSES, TRAIN_PER_CLASS = 101, 30
_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Networks:
    """A backbone with a head, twice, with the same layers trained.

    Attributes:
        loaded: The backbone of which ``cached`` is the upper part.
        cut: Where it is cut.
        lower: From photos to the activations at the cut.
        cached: From those to logits.
        whole: From photos to logits; of another copy of the backbone, its lower layers frozen.
    """

    loaded: LoadedBackbone
    cut: Cut
    lower: keras.Model
    cached: keras.Model
    whole: keras.Model


@dataclass(frozen=True, kw_only=True, eq=False)
class BothWays:
    """The test photos, which of them each way answers rightly, bool ``(n,)``, and the seconds of an epoch."""

    photos: tuple[str, ...]
    cached: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    cached_seconds: float
    whole_seconds: float


def networks(unfreeze: str | None, *, classes: int = CLASSES) -> Networks:
    """Return the pretrained backbone both ways, with heads that know nothing."""
    loaded, other = load_backbone(BACKBONE), load_backbone(BACKBONE).model
    cut = find_cut(loaded.model, unfreeze)
    cached = classifier_logits(upper_part(loaded.model, cut), classes=classes)
    names = [layer.name for layer in other.layers]
    for layer in other.layers[: names.index(cut.first)]:
        layer.trainable = False
    whole = classifier_logits(other, classes=classes)
    for model in (cached, whole):
        freeze_statistics(model)
    return Networks(loaded=loaded, cut=cut, lower=lower_part(loaded.model, cut), cached=cached, whole=whole)


def partial_training(unfreeze: str | None, *, seed: int) -> tuple[TransferConfig, TrainingConfig]:
    """Return a transfer's configuration, and how it trains the upper layers."""
    config = TransferConfig(
        data=DATA,
        backbone=BACKBONE,
        weights="imagenet",
        train_per_class=TRAIN_PER_CLASS,
        test_fraction=0.2,
        balance="auto",
        label_depth=None,
        group_by=None,
        max_pixels=10**8,
        seed=seed,
        mode="partial",
        unfreeze=unfreeze,
    )
    return config, training_of("partial", config, spec=load_backbone(BACKBONE).input_spec)


def train_both_ways(unfreeze: str | None, *, seed: int, epochs: int | None, folder: Path) -> BothWays:
    """Train once from the cache and once in the whole graph; ask both all test photos."""
    config, how = partial_training(unfreeze, seed=seed)
    how = how.replace(epochs=epochs or how.epochs, keep_last=True)
    dataset, made = open_dataset(DATA), networks(unfreeze)
    parts = split(
        dataset.labels,
        seed=seed,
        names=dataset.names(),
        class_names=dataset.class_names,
        train_per_class=TRAIN_PER_CLASS,
    )
    train, test = (np.flatnonzero(parts == part) for part in (Part.TRAIN, Part.TEST))
    labels = dataset.labels[train]
    changed = augmentation(made.loaded.input_spec)
    photos = _versions(dataset, train, made.loaded, versions=config.versions, how=changed, seed=seed)
    shape = tuple(int(side) for side in made.cut.tensor.shape[1:])
    stored = np.empty((*photos.shape[:2], *shape), np.float16)
    flat = photos.reshape(-1, *photos.shape[2:])
    for row, activations in zip(stored.reshape(-1, *shape), Predictor.compile(made.lower).stream(flat), strict=True):
        row[:] = activations.reshape(shape)
    features = Predictor.compile(made.loaded.model).predict(np.ascontiguousarray(photos[:, 0]))
    head = solve_head(features, labels, classes=CLASSES, seed=seed).head
    seconds = []
    for name, model, fed in (("cached", made.cached, stored), ("whole", made.whole, photos)):
        model.get_layer("head").set_weights([head.kernel, head.bias])
        few = Views(values=fed[:_AT_ONCE])  # nothing is chosen by them: the last epoch is kept
        fitted = fit(
            model, (Views(values=fed), labels), (few, labels[:_AT_ONCE]), config=how, folder=folder / f"{name}-{seed}"
        )
        seconds.append(fitted.seconds / len(fitted.history))
    tested = classifier_logits(made.loaded.model, classes=CLASSES)
    tested.get_layer("head").set_weights(made.cached.get_layer("head").get_weights())
    cached, whole = _right(dataset, test, made.loaded, [tested, made.whole])
    names = dataset.names()
    return BothWays(
        photos=tuple(names[row] for row in test),
        cached=cached,
        whole=whole,
        cached_seconds=seconds[0],
        whole_seconds=seconds[1],
    )


def _versions(
    dataset: Dataset,
    rows: NDArray[np.int64],
    loaded: LoadedBackbone,
    *,
    versions: int,
    how: Augmentation,
    seed: int,
) -> NDArray[np.uint8]:
    """Return uint8 ``(n, versions, h, w, 3)``; the first version of a photo is the photo as it is."""
    spec, random = loaded.input_spec, np.random.default_rng(seed)
    made = np.empty((len(rows), versions, spec.height, spec.width, 3), np.uint8)
    none = np.zeros((versions, 1), np.float32)
    for row, image in zip(made, _images(dataset, rows, loaded), strict=True):
        copies = np.repeat(image[None], versions, axis=0)
        row[:] = augment(copies, none, how=how, random=random)[0]
        row[0] = image
    return made


def _right(
    dataset: Dataset, rows: NDArray[np.int64], loaded: LoadedBackbone, models: list[keras.Model]
) -> list[NDArray[np.bool_]]:
    """Return of each model which photos it answers rightly."""
    photos = np.stack(list(_images(dataset, rows, loaded)))
    return [Predictor.compile(model).predict(photos).argmax(axis=1) == dataset.labels[rows] for model in models]


def _images(dataset: Dataset, rows: NDArray[np.int64], loaded: LoadedBackbone) -> Iterator[NDArray[np.uint8]]:
    for photo in stream_photos(dataset.source, rows.tolist(), spec=loaded.input_spec):
        if photo.image is None:
            raise SystemExit(f"{dataset.source.location(photo.index)}: {photo.problem}")
        yield photo.image
