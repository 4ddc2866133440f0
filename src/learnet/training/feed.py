"""What a step is fed: shuffled, augmented batches, the same for the same seed, ready before they are asked for."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator
from learnet.training.augment import augment
from learnet.training.hardest import Hardest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from learnet.options.training import TrainingConfig

    Inputs = NDArray[Any] | tuple[NDArray[Any], ...]

_READY = 4  # batches
_EVALUATED_AT_ONCE = 256


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
        inputs: What the network takes, with the batch first: uint8 ``(b, height, width, 3)`` of photos; a tuple where
            it has several inputs.
        targets: What it should answer, as the objective wants it: float32 ``(b, classes)`` of a classifier, each row a
            distribution.
        weights: float32 ``(b,)``, what each example counts.
        rows: int ``(b,)``, which examples they are.
    """

    inputs: Inputs
    targets: NDArray[Any]
    weights: NDArray[np.float32]
    rows: NDArray[np.int64]


class Feed:
    """Examples in batches; epoch, step and ``state`` decide what a batch holds, so that any can be made again.

    Args:
        plan: From the number of an epoch to its batches, each as the rows of its examples; the same number of batches
            for every epoch, the same ones whenever it is asked within an epoch.
        make: From rows, a random generator, which is the batch's own, and the epoch's number to the batch. Called in a
            thread.
        seed: All that is random comes from it.
        hardest: What knows the losses of examples, if the plan and what is made depend on them.

    Attributes:
        steps: Batches an epoch; they may be of different sizes.
        size: Examples an epoch.
        waited: Seconds that steps have waited for batches.

    Example:
        >>> def make(rows, random, epoch):
        ...     inputs = random.normal(size=(len(rows), 2)).astype(np.float32)
        ...     return Batch(inputs=inputs, targets=rows, weights=np.ones(len(rows), np.float32), rows=rows)
        >>> feed = Feed(plan=lambda epoch: np.array_split(np.arange(5), 2), make=make, seed=0)
        >>> [batch.rows.tolist() for batch in feed.epoch(0)]
        [[0, 1, 2], [3, 4]]
    """

    def __init__(
        self,
        *,
        plan: Callable[[int], Sequence[NDArray[np.int64]]],
        make: Callable[[NDArray[np.int64], np.random.Generator, int], Batch],
        seed: int,
        hardest: Hardest | None = None,
    ) -> None:
        self._plan, self._given, self._seed, self._hardest = plan, make, seed, hardest
        first = plan(0)
        self.steps, self.size = len(first), sum(map(len, first))
        self.waited = 0.0

    def batch(self, epoch: int, step: int) -> Batch:
        """Return one batch, the same whenever it is asked for while ``state`` is the same."""
        return self._make(self._plan(epoch)[step], epoch, step)

    def epoch(self, epoch: int, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch in order, from step ``start`` on, made ahead by a thread."""
        if self._hardest is not None and not start:
            self._hardest.begin_epoch()
        plan = self._plan(epoch)
        ready: queue.Queue[Batch | Exception] = queue.Queue(_READY)
        stop = threading.Event()

        def make() -> None:
            for step in range(start, self.steps):
                try:
                    made: Batch | Exception = self._make(plan[step], epoch, step)
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

    def note(self, batch: Batch, losses: NDArray[np.float32]) -> None:
        """Hear what the examples of a batch lost, ``(b,)``."""
        if self._hardest is not None:
            self._hardest.note(batch.rows, losses)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of what the feed has heard, by which further epochs are planned."""
        return {} if self._hardest is None else self._hardest.state()

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Put back what ``state`` returned."""
        if self._hardest is not None:
            self._hardest.restore(state)

    def _make(self, rows: NDArray[np.int64], epoch: int, step: int) -> Batch:
        return self._given(rows, generator(self._seed, f"augmentation {epoch} {step}"), epoch)


def shuffled(count: int, *, batch_size: int, seed: int) -> Callable[[int], list[NDArray[np.int64]]]:
    """Return a plan for a feed: all of ``count`` examples in each epoch, each time in another order.

    Example:
        >>> plan = shuffled(5, batch_size=2, seed=0)
        >>> [len(rows) for rows in plan(0)], sorted(np.concatenate(plan(1)).tolist())
        ([2, 2, 1], [0, 1, 2, 3, 4])
    """

    def plan(epoch: int) -> list[NDArray[np.int64]]:
        order = generator(seed, f"order {epoch}").permutation(count)
        return [order[start : start + batch_size] for start in range(0, count, batch_size)]

    return plan


def in_order(count: int, *, batch_size: int) -> Callable[[int], list[NDArray[np.int64]]]:
    """Return a plan for a feed: all of ``count`` examples as they come, for validation.

    Example:
        >>> [rows.tolist() for rows in in_order(3, batch_size=2)(0)]
        [[0, 1], [2]]
    """
    return lambda _: [np.arange(start, min(start + batch_size, count)) for start in range(0, count, batch_size)]


def photo_feed(
    images: NDArray[np.uint8] | Views, labels: NDArray[np.integer[Any]], *, classes: int, config: TrainingConfig
) -> Feed:
    """Return a classifier's training images in batches.

    Args:
        images: uint8 ``(n, height, width, 3)``; an array or a memory map; never changed. Or ``Views``, of whatever the
            network takes; these are not augmented further.
        labels: int ``(n,)``, in [0, classes).
        classes: How many classes there are.
        config: Batch size, share of the hardest, augmentation, label smoothing, class weights, seed.

    Raises:
        UsageError: If images and labels do not fit each other.
    """
    check_examples(images, labels, classes=classes)
    if config.label_weights is not None and len(config.label_weights) != classes:
        raise UsageError(
            f"There are {classes} classes but {len(config.label_weights)} class weights: give one for each class."
        )
    smooth = config.label_smoothing
    smoothed = np.full((classes, classes), smooth / classes, np.float32)
    smoothed += np.eye(classes, dtype=np.float32) * (1 - smooth)
    weights = np.asarray(config.label_weights or [1.0] * classes, np.float32)

    how = config.augmentation
    sides = generator(config.seed, "sides").random(len(images)) < 0.5 if how.alternate else None
    hardest = None
    if config.hardest < 1:
        hardest = Hardest(len(images), batch_size=config.batch_size, share=config.hardest, seed=config.seed)

    def make(rows: NDArray[np.int64], random: np.random.Generator, epoch: int) -> Batch:
        targets = smoothed[labels[rows]]
        if isinstance(images, Views):
            values = images.pick(rows, random)
        else:
            turns = epoch if hardest is None else hardest.visits[rows]
            mirrored = None if sides is None else sides[rows] ^ (turns % 2 == 1)
            values, targets = augment(images[rows], targets, how=how, random=random, mirrored=mirrored)
        return Batch(inputs=values, targets=targets, weights=weights[labels[rows]], rows=rows)

    shuffling = shuffled(len(images), batch_size=config.batch_size, seed=config.seed)
    plan = shuffling if hardest is None else hardest.plan
    return Feed(plan=plan, make=make, seed=config.seed, hardest=hardest)


def validation_feed(images: NDArray[np.uint8] | Views, labels: NDArray[np.integer[Any]], *, classes: int) -> Feed:
    """Return a classifier's validation images in batches: as they are, in order; of ``Views`` the first version."""
    values = images.values[:, 0] if isinstance(images, Views) else images
    targets = np.eye(classes, dtype=np.float32)

    def make(rows: NDArray[np.int64], _: np.random.Generator, __: int) -> Batch:
        span = slice(rows[0], rows[-1] + 1)
        return Batch(
            inputs=np.ascontiguousarray(values[span]),
            targets=targets[labels[span]],
            weights=np.ones(len(rows), np.float32),
            rows=rows,
        )

    return Feed(plan=in_order(len(labels), batch_size=_EVALUATED_AT_ONCE), make=make, seed=0)


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
