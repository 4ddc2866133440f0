"""Which of two classifiers is better on the same photos: the exact paired test, and the difference's interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError
from learnet.evaluation.intervals import by_photo, resampled_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

SIGNIFICANT = 0.05


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Two classifiers on the same photos.

    Attributes:
        n: Answers of each.
        photos: Photos that they are to; fewer than ``n`` where a photo was asked several times, as by several seeds.
        gained: Answers that the second one alone gives rightly.
        lost: Answers that the first one alone gives rightly.
        difference: Accuracy of the second one less that of the first one.
        interval: Its 95 % bootstrap interval.
        p_better: Probability of such a difference or a larger one if both were equally good (one-sided).
        p_different: The same for a difference in either direction.
    """

    n: int
    photos: int
    gained: int
    lost: int
    difference: float
    interval: tuple[float, float]
    p_better: float
    p_different: float

    @property
    def better(self) -> bool:
        """Whether the second one is shown to be better, at 5 %."""
        return self.p_better < SIGNIFICANT

    @property
    def shown(self) -> bool:
        """Whether a difference in either direction is shown, at 5 %."""
        return self.p_different < SIGNIFICANT

    def describe(self) -> str:
        """Return the outcome as a sentence without its full stop."""
        low, high = self.interval
        verdict = "" if self.shown else "; difference not shown"
        once = self.photos == self.n
        return (
            f"{100 * self.difference:+.1f} points (95 % interval {100 * low:+.1f} to {100 * high:+.1f}; "
            f"{self.gained} {'photos' if once else 'answers'} gained, {self.lost} lost of {self.n}"
            f"{'' if once else f' to {self.photos} photos'}; p = {self.p_different:.2g}){verdict}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "interval": list(self.interval), "shown": self.shown}


def paired_test(first: ArrayLike, second: ArrayLike, *, photos: Sequence[str] | None = None, seed: int = 0) -> Paired:
    """Compare two classifiers by their answers to the same photos.

    What is tested is each photo's gains less its losses, whose sign is a toss of a coin if both are equally good. Where
    every photo is asked once, that is McNemar's test. Where several seeds' runs were asked about the same photo, their
    answers are alike, and counted as so many photos they would make any difference look surer than it is.

    Args:
        first: bool ``(n,)``, which answers of the first one are right.
        second: The same of the second one.
        photos: Which photo each answer is to; all different if not given.
        seed: Of the bootstrap.

    Raises:
        UsageError: If there are no answers, or not to the same photos.

    Source:
        McNemar, Psychometrika 12 (1947) 153-157; Fisher, The Design of Experiments, 1935, section 21.

    Example:
        >>> round(paired_test([True] * 10 + [False] * 6, [True] * 16).p_better, 6)
        0.015625
        >>> round(paired_test([False] * 6, [True] * 6, photos=["a", "a", "b", "b", "c", "c"]).p_better, 6)
        0.125
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise UsageError(f"A paired test needs answers to the same photos; received shapes {a.shape} and {b.shape}.")
    change = b.astype(np.int64) - a
    balance, asked = by_photo(change, photos)
    better, worse = _sign_flips(balance)
    return Paired(
        n=len(a),
        photos=len(asked),
        gained=int((change > 0).sum()),
        lost=int((change < 0).sum()),
        difference=float(change.mean()),
        interval=resampled_share(balance, asked, seed=seed),
        p_better=better,
        p_different=min(1.0, 2 * min(better, worse)),
    )


def _sign_flips(balance: NDArray[np.int64]) -> tuple[float, float]:
    """Return how probable so large a sum is, and so small a one, if each balance's sign were tossed for; exactly."""
    from scipy.stats import binom

    chances = np.ones(1)  # of the number of steps of 2 by which the sum is above the smallest possible one
    for size, count in zip(*np.unique(np.abs(balance[balance != 0]), return_counts=True), strict=True):
        steps = np.zeros(count * size + 1)
        steps[::size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chances = np.convolve(chances, steps)
    at = int(balance.sum() + np.abs(balance).sum()) // 2
    return min(1.0, float(chances[at:].sum())), min(1.0, float(chances[: at + 1].sum()))
