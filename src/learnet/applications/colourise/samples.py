"""Colour photos that are always at hand: pieces of the two photos that come with scikit-learn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from learnet.applications.colourise.photos import open_photos
from learnet.core import DataError, Silent, UsageError, generator
from learnet.data import NO_PART, ArraySource, Dataset, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 160
_HELD_BACK = 0.3  # of each photo's width, at its right, is for the test


def sample_pieces(count: int, *, size: int, seed: int = 0, test: bool = False) -> NDArray[np.uint8]:
    """Return square pieces of a temple by a lake and of a flower, half of each, brought to ``size``.

    Pieces for the test are cut from the right of the two photos, all others from what is left of that.

    Args:
        count: How many.
        size: In pixels.
        seed: Where they are cut.
        test: Which ones.

    Returns:
        uint8 RGB ``(count, size, size, 3)``.
    """
    import cv2
    from sklearn.datasets import load_sample_images

    photos = load_sample_images().images
    random = generator(seed, f"pieces of photos {test}")
    pieces = np.empty((count, size, size, 3), np.uint8)
    for number in range(count):
        photo = photos[number % len(photos)]
        border = round((1 - _HELD_BACK) * photo.shape[1])
        side = photo[:, border:] if test else photo[:, :border]
        edge = int(random.integers(_PIECE // 2, _PIECE + 1))
        top, left = (int(random.integers(0, length - edge + 1)) for length in side.shape[:2])
        pieces[number] = cv2.resize(
            side[top : top + edge, left : left + edge], (size, size), interpolation=cv2.INTER_AREA
        )
    return pieces


def sample_photos(count: int, *, size: int, seed: int = 0) -> Dataset:
    """Return pieces of scikit-learn's two photos as a dataset, a quarter of them for the test.

    Args:
        count: How many, at least 20.
        size: In pixels.
        seed: Where they are cut.

    Raises:
        UsageError: If there are fewer than 20.
    """
    if count < 20:
        raise UsageError(f"At least 20 pieces are needed, so that some are left to test; received {count}.")
    tests = count // 4
    images = [sample_pieces(count - tests, size=size, seed=seed), sample_pieces(tests, size=size, seed=seed, test=True)]
    parts = np.full(count, NO_PART, np.int8)
    parts[count - tests :] = Part.TEST
    return Dataset(
        name="sample-photos",
        source=ArraySource(np.concatenate(images)),
        labels=np.zeros(count, np.int32),
        class_names=("photo",),
        parts=parts,
        layout=f"{count} pieces of the two photos that come with scikit-learn.",
    )


def photos_at_hand(*names: str, count: int, size: int, seed: int = 0) -> Dataset:
    """Return the first of some known data sets that this machine has, else pieces of scikit-learn's two photos.

    Nothing is downloaded.

    Args:
        *names: Of known data sets, e.g. ``"caltech101"``.
        count: How many pieces, if it comes to that.
        size: Of a piece, in pixels.
        seed: Where they are cut.
    """
    before = os.environ.get("LEARNET_OFFLINE")
    os.environ["LEARNET_OFFLINE"] = "1"
    try:
        for name in names:
            try:
                return open_photos(name, progress=Silent())
            except DataError:
                continue
    finally:
        if before is None:
            del os.environ["LEARNET_OFFLINE"]
        else:
            os.environ["LEARNET_OFFLINE"] = before
    return sample_photos(count, size=size, seed=seed)
