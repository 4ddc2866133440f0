"""Changed copies of training images: the label stays true, the pixels do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.options.training import Augmentation

_GREY = 128


def augment(
    images: NDArray[np.uint8],
    targets: NDArray[np.float32],
    *,
    how: Augmentation,
    random: np.random.Generator,
    mirrored: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return changed copies of a batch.

    Args:
        images: uint8 ``(b, height, width, 3)``, not changed.
        targets: float32 ``(b, classes)``, not changed.
        how: What is done, and how strongly.
        random: Where every draw comes from.
        mirrored: bool ``(b,)``, which images ``how.flip`` mirrors; drawn if not given.

    Returns:
        Images and targets of the same shapes.
    """
    if how.crop:
        images = _cropped(images, how.crop, random)
    if how.rotation or how.zoom:
        images = _turned(images, how.rotation, how.zoom, random)
    if how.flip:
        mirrored = random.random(len(images)) < 0.5 if mirrored is None else mirrored
        images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    if how.colour:
        images = _recoloured(images, how.colour, random)
    if how.cutout:
        images = _cut_out(images, how.cutout, random)
    if how.mixup:
        images, targets = _mixed(images, targets, how.mixup, random)
    return np.ascontiguousarray(images), targets


def _cropped(images: NDArray[np.uint8], margin: int, random: np.random.Generator) -> NDArray[np.uint8]:
    count, height, width = images.shape[:3]
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    top, left = random.integers(0, 2 * margin + 1, (2, count))
    return np.moveaxis(windows[np.arange(count), top, left], 1, -1)


def _turned(images: NDArray[np.uint8], rotation: float, zoom: float, random: np.random.Generator) -> NDArray[np.uint8]:
    import cv2

    count, height, width = images.shape[:3]
    draws = random.uniform(-1, 1, (count, 2))
    turned = np.empty_like(images)
    middle = (width - 1) / 2, (height - 1) / 2
    for index in range(count):
        matrix = cv2.getRotationMatrix2D(middle, rotation * draws[index, 0], 1 + zoom * draws[index, 1])
        image = np.ascontiguousarray(images[index])
        turned[index] = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return turned


def _recoloured(images: NDArray[np.uint8], strength: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Change saturation, then contrast, then brightness, each by its own factor in ``1 ± strength``."""
    factors = random.uniform(1 - strength, 1 + strength, (3, len(images), 1, 1, 1)).astype(np.float32)
    values = images.astype(np.float32)
    grey = values.mean(axis=-1, keepdims=True)
    values = grey + factors[0] * (values - grey)
    level = values.mean(axis=(1, 2, 3), keepdims=True)
    values = (level + factors[1] * (values - level)) * factors[2]
    changed: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return changed


def _cut_out(images: NDArray[np.uint8], side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Put a grey square at a random centre, as in DeVries and Taylor, Improved Regularization of CNNs, 2017."""
    count, height, width = images.shape[:3]
    rows, columns = np.arange(height), np.arange(width)
    middle = random.random((2, count, 1))
    top, left = np.floor(middle[0] * height) - side // 2, np.floor(middle[1] * width) - side // 2
    inside_rows = (rows >= top) & (rows < top + side)
    inside_columns = (columns >= left) & (columns < left + side)
    inside = inside_rows[:, :, None] & inside_columns[:, None, :]
    return np.where(inside[..., None], np.uint8(_GREY), images)


def _mixed(
    images: NDArray[np.uint8], targets: NDArray[np.float32], alpha: float, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Blend each image and its target with another one's: Zhang et al., mixup, 2018."""
    partner = random.permutation(len(images))
    share = random.beta(alpha, alpha, len(images)).astype(np.float32)
    blend = share[:, None, None, None]
    mixed = blend * images.astype(np.float32) + (1 - blend) * images[partner].astype(np.float32)
    return (
        np.rint(mixed).astype(np.uint8),
        share[:, None] * targets + (1 - share[:, None]) * targets[partner],
    )
