"""How sure a measured share is: bootstrap intervals without a loop over resamples, and Wilson's interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_RESAMPLES = 10_000
_NORMAL_95 = 1.959963984540054  # the standard normal distribution holds 95 % of its mass within +- this


def bootstrap_interval(right: int, n: int, *, seed: int, resamples: int = _RESAMPLES) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of an accuracy.

    Drawing ``n`` answers with replacement out of ``n`` of which ``right`` are right gives a binomial number of right
    ones, so all resamples are drawn at once from that distribution, exactly. Where all answers are right, or none,
    every resample says the same and the bootstrap would claim certainty; Wilson's interval is returned instead.

    Args:
        right: Right answers, in [0, n].
        n: Answers, at least 1.
        seed: The run's seed.
        resamples: How many resamples, at least 1.

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        UsageError: If the counts are impossible.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Example:
        >>> low, high = bootstrap_interval(90, 100, seed=0)
        >>> round(low, 2), round(high, 2)
        (0.84, 0.95)
    """
    if right in (0, n):
        return wilson_interval(right, n)
    _check_counts(right, n)
    draws = generator(seed, "bootstrap").binomial(n, right / n, size=resamples)
    return _percentiles(draws / n)


def bootstrap_by_photo(right: ArrayLike, photos: Sequence[str], *, seed: int) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of an accuracy over photos that were asked several times.

    Answers to one photo, of the networks of several seeds, are alike: photos are drawn, each with all answers to it.

    Args:
        right: bool ``(n,)``, which answers are right.
        photos: Which photo each answer is to.
        seed: The run's seed.

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        UsageError: If there are no answers, or not as many photos' names.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 8.3.

    Example:
        >>> right = [True] * 90 + [False] * 10
        >>> once = bootstrap_interval(90, 100, seed=0)
        >>> thrice = bootstrap_by_photo(right * 3, [str(n) for n in range(100)] * 3, seed=0)
        >>> bool(np.allclose(once, thrice, atol=0.011))
        True
    """
    hits, asked = by_photo(np.asarray(right, np.int64), photos)
    if hits.sum() in (0, asked.sum()):
        return wilson_interval(len(asked) if hits.any() else 0, len(asked))
    return resampled_share(hits, asked, seed=seed)


def by_photo(values: NDArray[np.int64], photos: Sequence[str] | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each photo's sum of the values of the answers to it, and the number of answers.

    Args:
        values: int ``(n,)``, one of each answer.
        photos: Which photo each is to; all different if not given.

    Raises:
        UsageError: If there are none, or not as many photos' names.

    Example:
        >>> by_photo(np.array([1, 1, -1]), ["a", "b", "b"])
        (array([1, 0]), array([1, 2]))
    """
    if (photos is not None and len(photos) != len(values)) or not len(values):
        raise UsageError(
            f"Each answer needs its photo's name; received {len(values)} answers and "
            f"{len(values) if photos is None else len(photos)} names."
        )
    if photos is None:
        return values, np.ones(len(values), np.int64)
    _, which, asked = np.unique(np.asarray(photos), return_inverse=True, return_counts=True)
    sums = np.zeros(len(asked), np.int64)
    np.add.at(sums, which, values)
    return sums, asked


def resampled_share(sums: NDArray[np.int64], asked: NDArray[np.int64], *, seed: int) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of all photos' sums over all answers, photos being drawn.

    Photos that are alike are drawn together, by a multinomial distribution, which makes a resample cheap.

    Args:
        sums: int ``(photos,)``, of each photo.
        asked: int ``(photos,)``, the number of answers to each.
        seed: The run's seed.
    """
    kinds, counts = np.unique(np.stack([sums, asked], axis=1), axis=0, return_counts=True)
    draws = generator(seed, "bootstrap by photo").multinomial(len(asked), counts / len(asked), _RESAMPLES)
    return _percentiles(draws @ kinds[:, 0] / (draws @ kinds[:, 1]))


def bootstrap_mean_recall(
    right: ArrayLike, support: ArrayLike, *, seed: int, resamples: int = 2_000
) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean class recall, resampling within each class.

    Args:
        right: Right answers of each class, int (k,).
        support: Photos of each class, int (k,); classes without photos are left out.
        seed: The run's seed.
        resamples: How many resamples, at least 1.

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        UsageError: If no class has a photo.

    Example:
        >>> bootstrap_mean_recall([5, 0], [5, 0], seed=0)
        (1.0, 1.0)
    """
    counts = np.asarray(support)
    present = counts > 0
    if not present.any():
        raise UsageError("An interval needs at least one photo; received none of any class.")
    counts = counts[present]
    recalls = np.asarray(right)[present] / counts
    source, total = generator(seed, "bootstrap recall"), np.zeros(resamples)
    for count, recall in zip(counts, recalls, strict=True):
        total += source.binomial(count, recall, size=resamples) / count
    return _percentiles(total / len(counts))


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; it stays honest for small ``n`` and for shares of 0 and 1.

    Args:
        right: Right answers, in [0, n].
        n: Answers, at least 1.

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        UsageError: If the counts are impossible.

    Source:
        Wilson, Journal of the American Statistical Association 22 (1927) 209-212.

    Example:
        >>> low, high = wilson_interval(10, 10)
        >>> round(low, 3), high
        (0.722, 1.0)
    """
    _check_counts(right, n)
    share, square = right / n, _NORMAL_95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = _NORMAL_95 / (1 + square / n) * float(np.sqrt(share * (1 - share) / n + square / (4 * n**2)))
    low, high = centre - half, centre + half
    return (0.0 if right == 0 else low), (1.0 if right == n else high)


def _check_counts(right: int, n: int) -> None:
    if not 0 <= right <= n or n < 1:
        raise UsageError(f"An interval needs n >= 1 answers of which 0..n are right; received {right} of {n}.")


def _percentiles(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
