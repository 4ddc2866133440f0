"""Which of two classifiers is better on the same photos: the exact paired test, and the difference's interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SIGNIFICANT = 0.05
_RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Two classifiers on the same photos.

    Attributes:
        n: Photos.
        gained: Photos that the second one alone answers rightly.
        lost: Photos that the first one alone answers rightly.
        difference: Accuracy of the second one less that of the first one.
        interval: Its 95 % bootstrap interval.
        p_better: Probability of so many gains or more if both were equally good (one-sided exact binomial test).
        p_different: The same for a difference in either direction (McNemar's test, exact).
    """

    n: int
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
        return (
            f"{100 * self.difference:+.1f} points (95 % interval {100 * low:+.1f} to {100 * high:+.1f}; "
            f"{self.gained} photos gained, {self.lost} lost of {self.n}; p = {self.p_different:.2g}){verdict}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "interval": list(self.interval), "shown": self.shown}


def paired_test(first: ArrayLike, second: ArrayLike, *, seed: int = 0) -> Paired:
    """Compare two classifiers by their answers to the same photos.

    Args:
        first: bool ``(n,)``, which photos the first one answers rightly.
        second: The same of the second one.
        seed: Of the bootstrap.

    Raises:
        UsageError: If there are no photos, or not the same ones.

    Source:
        McNemar, Psychometrika 12 (1947) 153-157; exact as in Fagerland, Lydersen and Laake (2013).

    Example:
        >>> paired_test([True] * 10 + [False] * 6, [True] * 16).p_better
        0.015625
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise UsageError(f"A paired test needs answers to the same photos; received shapes {a.shape} and {b.shape}.")
    gained, lost, n = int((b & ~a).sum()), int((a & ~b).sum()), len(a)
    upper, lower = _tail(gained, gained + lost), _tail(lost, gained + lost)
    draws = generator(seed, "paired bootstrap").multinomial(
        n, [gained / n, lost / n, 1 - (gained + lost) / n], _RESAMPLES
    )
    low, high = np.percentile((draws[:, 0] - draws[:, 1]) / n, (2.5, 97.5))
    return Paired(
        n=n,
        gained=gained,
        lost=lost,
        difference=(gained - lost) / n,
        interval=(float(low), float(high)),
        p_better=upper,
        p_different=min(1.0, 2 * min(upper, lower)),
    )


def _tail(successes: int, trials: int) -> float:
    """Return the probability of ``successes`` or more heads in ``trials`` tosses of a fair coin."""
    total: int = sum(math.comb(trials, k) for k in range(successes, trials + 1))
    return float(total / 2**trials)  # exact integers, divided at the end
