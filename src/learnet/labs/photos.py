"""The photos of the labs: CIFAR-10 where this machine has it, handwritten digits otherwise."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError, Silent, generator
from learnet.data import InputSpec, Part, open_dataset, split, stream_photos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from learnet.data import Dataset

    Examples = tuple[NDArray[np.uint8], NDArray[np.int32]]

SIDE = 32
_SHARES = {Part.TRAIN: 1.0, Part.VAL: 0.15, Part.TEST: 0.2}  # of the number of photos asked for


@dataclass(frozen=True, kw_only=True, eq=False)
class LabPhotos:
    """Photos of 32 x 32 pixels and what they show.

    Attributes:
        name: Of the data set.
        class_names: What the labels mean.
        train: uint8 ``(n, 32, 32, 3)`` and int ``(n,)``.
        validation: The same, for choosing.
        test: The same, for the last word.
        about: What they are, as a sentence.
    """

    name: str
    class_names: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    about: str


def lab_photos(count: int, *, download: bool = False, seed: int = 0) -> LabPhotos:
    """Return photos to learn with: CIFAR-10 if this machine has it, else the digits that come with scikit-learn.

    Args:
        count: How many to train with; fewer if there are not so many. Some more are for validation and test.
        download: Fetch CIFAR-10 (170 MB) if it is not here.
        seed: Which photos are chosen.
    """
    dataset = open_dataset("cifar10") if download else open_here("cifar10")
    if not (dataset.parts == Part.TEST).any():
        parts = split(dataset.labels, seed=seed, names=dataset.names(), class_names=dataset.class_names)
    else:
        parts = dataset.parts
    train = _shuffled(np.flatnonzero(parts == Part.TRAIN), seed)
    test = _shuffled(np.flatnonzero(parts == Part.TEST), seed)
    held = min(round(_SHARES[Part.VAL] * count), len(train) // 6)
    rows = {
        Part.VAL: train[:held],
        Part.TRAIN: train[held : held + count],
        Part.TEST: test[: max(100, round(_SHARES[Part.TEST] * count))],
    }
    decoded = {part: _decode(dataset, chosen) for part, chosen in rows.items()}
    real = dataset.name == "cifar10"
    return LabPhotos(
        name=dataset.name,
        class_names=dataset.class_names,
        train=decoded[Part.TRAIN],
        validation=decoded[Part.VAL],
        test=decoded[Part.TEST],
        about=(
            "These are photos of CIFAR-10, 32 x 32 pixels in colour, of 10 classes."
            if real
            else "CIFAR-10 is not on this computer, so these are 1,797 handwritten digits instead, 8 x 8 grey pixels "
            "enlarged to 32 x 32. lab_photos(..., download=True) fetches CIFAR-10 (170 MB)."
        ),
    )


def open_here(name: str) -> Dataset:
    """Return a known data set if this machine has it, else the digits that come with scikit-learn; fetch nothing."""
    try:
        with _offline():
            return open_dataset(name, progress=Silent())
    except DataError:
        return open_dataset("digits", progress=Silent())


@contextmanager
def _offline() -> Iterator[None]:
    before = os.environ.get("LEARNET_OFFLINE")
    os.environ["LEARNET_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LEARNET_OFFLINE"]
        else:
            os.environ["LEARNET_OFFLINE"] = before


def _shuffled(rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    return generator(seed, "lab photos").permutation(rows)


def _decode(dataset: Dataset, rows: NDArray[np.int64]) -> Examples:
    spec = InputSpec(height=SIDE, width=SIDE)
    images = np.empty((len(rows), SIDE, SIDE, 3), np.uint8)
    usable: list[int] = []
    for position, photo in enumerate(stream_photos(dataset.source, rows.tolist(), spec=spec)):
        if photo.image is not None:
            images[len(usable)] = photo.image
            usable.append(position)
    return images[: len(usable)], dataset.labels[rows[usable]]
