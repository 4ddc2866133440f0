"""Can the probabilities be believed: temperature, calibration error, and where "not sure" begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15
_COLDEST, _HOTTEST = 0.02, 50.0  # the temperatures that are searched


def softmax(logits: NDArray[np.floating[Any]], *, temperature: float = 1.0) -> NDArray[np.floating[Any]]:
    """Return the probabilities (n, k) of ``logits`` (n, k) divided by ``temperature``, in the logits' precision.

    Example:
        >>> softmax(np.zeros((1, 4))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    scaled: NDArray[np.floating[Any]] = logits - logits.max(axis=1, keepdims=True)
    scaled /= temperature
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled


def fit_temperature(logits: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> float:
    """Return the temperature T for which softmax(logits / T) has the smallest negative log-likelihood.

    One true label in n + 2 is treated as unknown (spread evenly over the classes), as Platt does: n right answers out
    of n are no proof of certainty, and T stays away from 0.

    Args:
        logits: (n, k), of examples that the classifier was not fitted on.
        labels: Their classes, int (n,) in [0, k).

    Returns:
        T, in [0.02, 50]; 1.0 if there are no examples. Above 1 the classifier was too sure of itself, below 1 too
        modest.

    Source:
        Guo et al., On Calibration of Modern Neural Networks, 2017, section 4.2; Platt, 1999, for the smoothing.

    Example:
        >>> logits = np.log([[0.9, 0.1]] * 10)
        >>> temperature = fit_temperature(logits, np.array([0] * 7 + [1] * 3))  # says 90 %, is right 70 % of the time
        >>> bool(softmax(logits[:1], temperature=temperature)[0, 0].round(1) == 0.7)
        True
    """
    from scipy.optimize import minimize_scalar

    count = len(labels)
    if count == 0:
        return 1.0
    shifted = (logits - logits.max(axis=1, keepdims=True)).astype(np.float32, copy=False)
    unknown = 1 / (count + 2)
    said = (1 - unknown) * float(shifted[np.arange(count), labels].mean(dtype=np.float64))
    said += unknown * float(shifted.mean(dtype=np.float64))
    buffer = np.empty_like(shifted)

    def loss(log_temperature: float) -> float:
        inverse = float(np.exp(-log_temperature))
        np.multiply(shifted, np.float32(inverse), out=buffer)
        np.exp(buffer, out=buffer)
        return float(np.log(buffer.sum(axis=1)).mean(dtype=np.float64)) - inverse * said

    bounds = (float(np.log(_COLDEST)), float(np.log(_HOTTEST)))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4}).x))


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """What a classifier said against what came true, in bins of equal width over its confidence.

    Attributes:
        edges: The bins' ends, ``len(counts) + 1`` values from 0 to 1; a bin holds its upper end and not its lower.
        counts: Photos in each bin.
        confidence: Mean top probability in each bin; 0 where it is empty.
        accuracy: Share of right answers in each bin; 0 where it is empty.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]

    @property
    def error(self) -> float:
        """The expected calibration error: gap between confidence and accuracy, averaged over the photos; in [0, 1]."""
        gaps = np.abs(np.subtract(self.confidence, self.accuracy))
        return float(np.average(gaps, weights=self.counts)) if sum(self.counts) else 0.0


def reliability(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], *, bins: int = BINS
) -> Reliability:
    """Sort answers into bins by their top probability.

    Args:
        probabilities: (n, k), rows summing to 1.
        labels: The true classes, int (n,) in [0, k).
        bins: How many bins, at least 1.

    Returns:
        The bins.

    Raises:
        UsageError: If shapes disagree or ``bins`` is below 1.

    Source:
        Guo et al., On Calibration of Modern Neural Networks, 2017, section 2.

    Example:
        >>> result = reliability(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1]), bins=5)
        >>> result.counts, round(result.error, 3)
        ((0, 0, 0, 0, 2), 0.4)
    """
    if bins < 1 or probabilities.ndim != 2 or len(probabilities) != len(labels):
        raise UsageError(
            f"Reliability needs bins >= 1, probabilities (n, k) and n labels; received {bins} bins, probabilities "
            f"of shape {probabilities.shape} and {len(labels)} labels."
        )
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    shared = np.maximum(counts, 1)
    return Reliability(
        edges=tuple(np.linspace(0, 1, bins + 1).tolist()),
        counts=tuple(counts.tolist()),
        confidence=tuple((np.bincount(place, weights=confidence, minlength=bins) / shared).tolist()),
        accuracy=tuple((np.bincount(place, weights=right, minlength=bins) / shared).tolist()),
    )


def expected_calibration_error(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], bins: int = BINS
) -> float:
    """Return the ECE, in [0, 1]: the mean gap between what was said and what came true; see ``Reliability.error``."""
    return reliability(probabilities, labels, bins=bins).error


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Where "not sure" ends, and what was measured there on examples that the classifier was not fitted on.

    Attributes:
        value: A top probability below this is told as "not sure"; in [0, 1].
        coverage: Share of the examples that get an answer.
        accuracy_when_sure: Share of right answers among those; None if nothing was measured.
        accuracy: Share of right answers if all were answered; None if nothing was measured.
        measured_on: How many examples this was measured on.
        wanted_accuracy: What the answers given should reach.
    """

    value: float
    coverage: float
    accuracy_when_sure: float | None
    accuracy: float | None
    measured_on: int
    wanted_accuracy: float

    def describe(self) -> str:
        """Return what was measured as a sentence."""
        if self.accuracy_when_sure is None or self.accuracy is None:
            return "Every answer counts as sure, as there were too few photos to measure where it should not."
        return (
            f'Below a probability of {self.value:.2f} the answer is "not sure". Of {self.measured_on} photos held '
            f"out in turn, {self.coverage:.1%} got an answer, of which {self.accuracy_when_sure:.1%} were right "
            f"({self.accuracy:.1%} had all been answered)."
        )


def choose_threshold(
    confidence: NDArray[np.floating[Any]],
    right: NDArray[np.bool_],
    *,
    wanted_accuracy: float = 0.98,
    unanswered: float = 0.3,
) -> Threshold:
    """Choose where "not sure" ends.

    It is the lowest threshold at which the answers given are right ``wanted_accuracy`` of the time; raised, if need
    be, to the 2nd percentile of the right answers' probability (a classifier that is always right is still asked about
    things it has never seen); lowered, if need be, so that at most a share ``unanswered`` stays without an answer.

    Args:
        confidence: Calibrated top probabilities of held-out examples (n,).
        right: Whether each of those answers was right (n,).
        wanted_accuracy: In [0, 1].
        unanswered: In [0, 1).

    Returns:
        The threshold and what was measured.

    Example:
        >>> right = np.array([True, True, True, False])
        >>> choice = choose_threshold(np.array([0.9, 0.8, 0.7, 0.6]), right, unanswered=0.5)
        >>> choice.value, choice.coverage, choice.accuracy_when_sure
        (0.7, 0.75, 1.0)
    """
    count = len(confidence)
    if count == 0:
        return Threshold(
            value=0.0,
            coverage=1.0,
            accuracy_when_sure=None,
            accuracy=None,
            measured_on=0,
            wanted_accuracy=wanted_accuracy,
        )
    order = np.argsort(-confidence, kind="stable")
    surest_first = confidence[order].astype(np.float64)
    share_right = np.cumsum(right[order]) / np.arange(1, count + 1)
    last_of_ties = np.append(surest_first[1:] != surest_first[:-1], True)
    good = np.flatnonzero(last_of_ties & (share_right >= wanted_accuracy))
    value = float(surest_first[good[-1]]) if len(good) else np.inf
    if right.any():
        value = max(value, float(np.percentile(confidence[right], 2, method="lower")))
    must_answer = max(1, int(np.ceil((1 - unanswered) * count)))
    value = min(value, float(surest_first[must_answer - 1]))
    sure = confidence >= value
    return Threshold(
        value=value,
        coverage=float(sure.mean()),
        accuracy_when_sure=float(right[sure].mean()),
        accuracy=float(right.mean()),
        measured_on=count,
        wanted_accuracy=wanted_accuracy,
    )
