"""What a step is fed: shuffled, augmented batches, the same for the same seed, ready before they are asked for."""

from __future__ import annotations

import math
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator
from learnet.training.augment import augment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from learnet.training.config import TrainingConfig

_READY = 4  # batches


@dataclass(frozen=True, kw_only=True, eq=False)
class Views:
    """What is known of each example in several versions, of which every batch draws one.

    Attributes:
        values: ``(n, versions, …)`` as the network's input wants it; an array or a memory map; never changed.
    """

    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, …)``, without the versions."""
        return (len(self.values), *self.values.shape[2:])

    def pick(self, rows: NDArray[np.int64], random: np.random.Generator) -> NDArray[Any]:
        """Return one version of each of some examples, ``(b, …)``."""
        picked: NDArray[Any] = self.values[rows, random.integers(0, self.values.shape[1], len(rows))]
        return picked


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """What one step sees.

    Attributes:
        images: uint8 ``(b, height, width, 3)``, or what else the network takes.
        targets: float32 ``(b, classes)``, each row a distribution.
        weights: float32 ``(b,)``, what each image counts.
        rows: int ``(b,)``, which training images they are.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    rows: NDArray[np.int64]


class Feed:
    """Training images in batches; epoch and step alone decide what a batch holds, so that any can be made again.

    Args:
        images: uint8 ``(n, height, width, 3)``; an array or a memory map; never changed. Or ``Views``, of whatever the
            network takes; these are not augmented further.
        labels: int ``(n,)``, in [0, classes).
        classes: How many classes there are.
        config: Batch size, augmentation, label smoothing, class weights, seed.

    Attributes:
        steps: Batches an epoch; the last one may be smaller.
        waited: Seconds that steps have waited for batches.

    Raises:
        UsageError: If images and labels do not fit each other.
    """

    def __init__(
        self,
        images: NDArray[np.uint8] | Views,
        labels: NDArray[np.integer[Any]],
        *,
        classes: int,
        config: TrainingConfig,
    ) -> None:
        check_examples(images, labels, classes=classes)
        if config.class_weights is not None and len(config.class_weights) != classes:
            raise UsageError(
                f"There are {classes} classes but {len(config.class_weights)} class weights: give one for each class."
            )
        self._images, self._labels, self._config = images, labels, config
        smooth = config.label_smoothing
        self._targets = np.full((classes, classes), smooth / classes, np.float32) + np.eye(
            classes, dtype=np.float32
        ) * (1 - smooth)
        self._weights = np.asarray(config.class_weights or [1.0] * classes, np.float32)
        self.steps = math.ceil(len(images) / config.batch_size)
        self.waited = 0.0

    def batch(self, epoch: int, step: int) -> Batch:
        """Return one batch, the same whenever it is asked for."""
        config = self._config
        order = generator(config.seed, f"order {epoch}").permutation(len(self._images))
        return self._make(order, epoch, step)

    def epoch(self, epoch: int, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch in order, from step ``start`` on, made ahead by a thread."""
        order = generator(self._config.seed, f"order {epoch}").permutation(len(self._images))
        ready: queue.Queue[Batch | Exception] = queue.Queue(_READY)
        stop = threading.Event()

        def make() -> None:
            for step in range(start, self.steps):
                try:
                    made: Batch | Exception = self._make(order, epoch, step)
                except Exception as error:  # noqa: BLE001 (it is raised again where the batch is asked for)
                    made = error
                while not stop.is_set():
                    try:
                        ready.put(made, timeout=0.1)
                        break
                    except queue.Full:
                        continue
                if stop.is_set():
                    return

        maker = threading.Thread(target=make, name="learnet-feed", daemon=True)
        maker.start()
        try:
            for _ in range(start, self.steps):
                since = time.perf_counter()
                made = ready.get()
                self.waited += time.perf_counter() - since
                if isinstance(made, Exception):
                    raise made
                yield made
        finally:
            stop.set()
            maker.join()

    def _make(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        size = self._config.batch_size
        rows = order[step * size : (step + 1) * size]
        labels = self._labels[rows]
        random = generator(self._config.seed, f"augmentation {epoch} {step}")
        targets = self._targets[labels]
        if isinstance(self._images, Views):
            images = self._images.pick(rows, random)
        else:
            images, targets = augment(self._images[rows], targets, how=self._config.augmentation, random=random)
        return Batch(images=images, targets=targets, weights=self._weights[labels], rows=rows)


def check_examples(images: NDArray[np.uint8] | Views, labels: NDArray[np.integer[Any]], *, classes: int) -> None:
    """Refuse images and labels that cannot be learnt from, before any step is taken.

    Of ``Views`` only the labels are checked here: what the network takes decides about the rest.

    Raises:
        UsageError: The sentence names what was expected, what came, and the likely cause.
    """
    if not isinstance(images, Views) and (images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3):
        cause = _cause(images)
        raise UsageError(
            f"Images must be uint8 of shape (n, height, width, 3); received {images.dtype} of shape {images.shape}. "
            f"{cause}"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise UsageError(
            f"Labels must be whole numbers of shape (n,); received {labels.dtype} of shape {labels.shape}. "
            "One-hot labels become numbers by labels.argmax(axis=1)."
        )
    if len(images) != len(labels) or not len(images):
        raise UsageError(
            f"There must be one label for each image, and at least one; received {len(images)} images and "
            f"{len(labels)} labels."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise UsageError(
            f"Labels of {classes} classes must lie in 0 … {classes - 1}; received {labels.min()} … {labels.max()}. "
            f"{'Labels that count from 1 need 1 subtracted.' if labels.min() == 1 and labels.max() == classes else ''}"
        )


def _cause(images: NDArray[Any]) -> str:
    """Return the likeliest reason why images have a wrong type or shape."""
    if images.ndim == 4 and images.shape[1] == 3 and images.shape[-1] != 3:
        return "The channels come first: images.transpose(0, 2, 3, 1) puts them last."
    if images.ndim == 3 and images.shape[-1] == 3 and images.dtype == np.uint8:
        return "A single image needs a batch of one: images[None]."
    if images.ndim == 3 or images.shape[-1:] == (1,):
        return "Grey images need three equal channels: numpy.repeat(images.reshape(n, h, w, 1), 3, axis=-1)."
    if images.shape[-1:] == (4,):
        return "A fourth channel (transparency) is not used: images[..., :3]."
    if np.issubdtype(images.dtype, np.floating):
        return "Floating-point images are usually scaled to 0 … 1 already: give the pixels as they were, 0 … 255."
    return "Give the pixels as they are in the files, 0 … 255: images.astype(numpy.uint8)."
