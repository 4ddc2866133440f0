"""Handwritten digits that come with scikit-learn: small enough to learn from in seconds, on any machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Examples = tuple[NDArray[np.float64], NDArray[np.int64]]

ALL = 1797
SIDE = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class LabDigits:
    """Digits as rows of 64 numbers from 0, paper, to 1, ink.

    Attributes:
        train: float64 ``(n, 64)`` and int64 ``(n,)``.
        test: All others, in the same form.
        about: What they are, as a sentence.
    """

    train: Examples
    test: Examples
    about: str = (
        "These are 1,797 handwritten digits that come with scikit-learn (by E. Alpaydin and C. Kaynak): 8 x 8 grey "
        "dots each."
    )


def lab_digits(count: int = 1200, *, seed: int = 0) -> LabDigits:
    """Return digits to learn from, and the rest to test with.

    Args:
        count: How many to learn from, in [10, 1,787].
        seed: The order comes from it.

    Raises:
        UsageError: If the count is out of range.

    Example:
        >>> digits = lab_digits(1000)
        >>> digits.train[0].shape, digits.test[1].shape, float(digits.train[0].max())
        ((1000, 64), (797,), 1.0)
    """
    from sklearn.datasets import load_digits

    if not 10 <= count <= ALL - 10:
        raise UsageError(f"There are {ALL:,} digits, of which 10 to {ALL - 10:,} can be learnt from; received {count}.")
    images, labels = load_digits(return_X_y=True)
    order = generator(seed, "lab digits").permutation(len(labels))
    x, y = images[order] / 16, labels[order].astype(np.int64)
    return LabDigits(train=(x[:count], y[:count]), test=(x[count:], y[count:]))
