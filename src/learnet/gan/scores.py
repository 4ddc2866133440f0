"""What a classifier of real images says of generated ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, kw_only=True)
class ImageScore:
    """What a classifier says of generated images.

    Attributes:
        confident: Share of the images whose likeliest class has more than the probability asked for, in [0, 1].
        classes: How many classes have such an image.
        shares: Share of all images that is confidently called each class; their sum is ``confident``.
        evenness: Entropy of those shares, relative to that of equal ones: 1 if all classes come equally often, 0 if
            there is only one.
    """

    confident: float
    classes: int
    shares: tuple[float, ...]
    evenness: float


def score_images(probabilities: ArrayLike, *, confidence: float = 0.9) -> ImageScore:
    """Score images by the answers of a classifier that was trained on real ones and has never seen generated ones.

    A classifier may be sure of nonsense, too: hold the score against that of held-out real images and of noise.

    Args:
        probabilities: float ``(n, classes)``, at least one row, each a distribution.
        confidence: The probability above which an answer counts as sure, in (0, 1).

    Raises:
        UsageError: If these are no distributions.

    Example:
        >>> score_images([[0.95, 0.05], [0.4, 0.6], [0.01, 0.99], [0.5, 0.5]])
        ImageScore(confident=0.5, classes=2, shares=(0.25, 0.25), evenness=1.0)
    """
    values = np.asarray(probabilities, np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] < 2 or not np.allclose(values.sum(axis=1), 1, atol=1e-3):
        raise UsageError(
            "Probabilities should be of shape (n, classes), at least one row and two classes, each row with the sum 1; "
            f"received the shape {values.shape}."
        )
    sure = values.max(axis=1) > confidence
    shares = np.bincount(values[sure].argmax(axis=1), minlength=values.shape[1]) / len(values)
    present = shares[shares > 0] / max(shares.sum(), 1e-12)
    return ImageScore(
        confident=float(sure.mean()),
        classes=len(present),
        shares=tuple(shares.tolist()),
        evenness=float(-(present * np.log(present)).sum() / np.log(values.shape[1])) + 0.0,
    )
