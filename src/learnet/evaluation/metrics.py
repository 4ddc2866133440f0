"""What a classifier is worth on photos it has never seen: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError
from learnet.evaluation.calibration import expected_calibration_error
from learnet.evaluation.intervals import bootstrap_interval, bootstrap_mean_recall

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
    """Measurements on a test part; classes without a test photo are left out of every mean.

    Attributes:
        n: Photos measured.
        accuracy: Share of right answers, in [0, 1].
        accuracy_interval: Its 95 % bootstrap interval.
        mean_class_recall: Mean over the classes of the share of their photos that were recognised, in [0, 1].
        mean_class_recall_interval: Its 95 % bootstrap interval.
        macro_f1: Mean over the classes of the harmonic mean of precision and recall, in [0, 1].
        per_class_recall: Of each of the k classes; None where the test part has no photo of it.
        support: Test photos of each class (k,).
        ece: Expected calibration error over 15 bins of equal width, in [0, 1].
        log_loss: Mean negative log-likelihood of the true classes, in nats.
        confusion: int64 (k, k); row = true class, column = answer.
    """

    n: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    mean_class_recall: float
    mean_class_recall_interval: tuple[float, float]
    macro_f1: float
    per_class_recall: tuple[float | None, ...]
    support: tuple[int, ...]
    ece: float
    log_loss: float
    confusion: NDArray[np.int64]

    @property
    def absent_classes(self) -> tuple[int, ...]:
        """The classes that could not be measured, as the test part has no photo of them."""
        return tuple(index for index, count in enumerate(self.support) if count == 0)

    def summary(self) -> dict[str, Any]:
        """Return the single numbers as a JSON-like object."""
        return {
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "mean_class_recall": self.mean_class_recall,
            "mean_class_recall_interval": list(self.mean_class_recall_interval),
            "macro_f1": self.macro_f1,
            "ece": self.ece,
            "log_loss": self.log_loss,
            "classes_without_test_photos": len(self.absent_classes),
        }


def measure(
    probabilities: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    *,
    seed: int = 0,
    class_count: int | None = None,
) -> Metrics:
    """Measure a classifier's answers.

    Args:
        probabilities: (n, k), rows summing to 1; the answer is the first class of the largest probability.
        labels: The true classes, int (n,) in [0, k).
        seed: The run's seed, for the bootstrap.
        class_count: k, if it should be checked.

    Returns:
        The measurements.

    Raises:
        UsageError: If there is nothing to measure, if shapes or labels disagree, or if a probability is not a number.

    Example:
        >>> metrics = measure(np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]), np.array([0, 1, 1]))
        >>> round(metrics.accuracy, 3), metrics.per_class_recall, metrics.confusion.tolist()
        (0.667, (1.0, 0.5), [[1, 0], [1, 1]])
    """
    classes = _checked_classes(probabilities, labels, class_count)
    confusion = confusion_matrix(labels, probabilities.argmax(axis=1), classes=classes)
    right, support, answered = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    present = support > 0
    recall = right / np.maximum(support, 1)
    f1 = 2 * right / np.maximum(support + answered, 1)
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return Metrics(
        n=len(labels),
        accuracy=float(right.sum() / len(labels)),
        accuracy_interval=bootstrap_interval(int(right.sum()), len(labels), seed=seed),
        mean_class_recall=float(recall[present].mean()),
        mean_class_recall_interval=bootstrap_mean_recall(right, support, seed=seed),
        macro_f1=float(f1[present].mean()),
        per_class_recall=tuple(
            float(value) if measured else None for value, measured in zip(recall, present, strict=True)
        ),
        support=tuple(support.tolist()),
        ece=expected_calibration_error(probabilities, labels),
        log_loss=float(-np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean()),
        confusion=confusion,
    )


def confusion_matrix(
    labels: NDArray[np.integer[Any]], answers: NDArray[np.integer[Any]], *, classes: int
) -> NDArray[np.int64]:
    """Return the int64 (k, k) matrix of counts; row = true class, column = answer."""
    flat = labels.astype(np.int64) * classes + answers
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def auroc(positive: NDArray[np.floating[Any]], negative: NDArray[np.floating[Any]]) -> float:
    """Return the probability that a random positive scores higher than a random negative, ties counting half.

    Args:
        positive: Scores (n,), at least one.
        negative: Scores (m,), at least one.

    Returns:
        The area under the receiver operating characteristic, in [0, 1]; 0.5 is chance.

    Raises:
        UsageError: If either is empty.

    Source:
        Mann and Whitney, 1947; Fawcett, An introduction to ROC analysis, 2006.

    Example:
        >>> auroc(np.array([3.0, 2.0]), np.array([2.0, 1.0]))
        0.875
    """
    from scipy.stats import rankdata

    n, m = len(positive), len(negative)
    if n == 0 or m == 0:
        raise UsageError(f"AUROC needs scores of both kinds; received {n} positive and {m} negative ones.")
    ranks = rankdata(np.concatenate([positive, negative]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _checked_classes(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], class_count: int | None
) -> int:
    classes = probabilities.shape[-1] if class_count is None else class_count
    if len(labels) == 0 or probabilities.shape != (len(labels), classes):
        raise UsageError(
            f"Measuring needs at least one label and probabilities of shape (labels, classes); received "
            f"{len(labels)} labels, {classes} classes and probabilities of shape {probabilities.shape}."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise UsageError(f"Labels must lie in [0, {classes}); received {labels.min()} to {labels.max()}.")
    if not np.isfinite(probabilities).all():
        raise UsageError("A probability is not a number (NaN or infinite): the classifier that gave it is broken.")
    return classes
