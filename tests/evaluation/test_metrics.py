import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.evaluation import auroc, confusion_matrix, measure


def _answers(seed: int, n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(classes), size=n).astype(np.float32)
    return probabilities, random.integers(classes, size=n)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), classes=st.integers(2, 9))
def test_every_number_agrees_with_scikit_learn(seed: int, n: int, classes: int) -> None:
    probabilities, labels = _answers(seed, n, classes)
    answers, present = probabilities.argmax(1), np.unique(labels)
    metrics = measure(probabilities, labels, class_count=classes)
    everything = {"labels": np.arange(classes)}
    assert metrics.n == n
    assert metrics.accuracy == pytest.approx(sklearn.metrics.accuracy_score(labels, answers))
    assert (metrics.confusion == sklearn.metrics.confusion_matrix(labels, answers, **everything)).all()
    recall = sklearn.metrics.recall_score(labels, answers, labels=present, average=None, zero_division=0)
    assert metrics.mean_class_recall == pytest.approx(recall.mean())
    assert [r for r in metrics.per_class_recall if r is not None] == pytest.approx(recall.tolist())
    f1 = sklearn.metrics.f1_score(labels, answers, labels=present, average="macro", zero_division=0)
    assert metrics.macro_f1 == pytest.approx(f1)
    chosen = probabilities[np.arange(n), labels]
    assert metrics.log_loss == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    assert metrics.accuracy_interval[0] <= metrics.accuracy <= metrics.accuracy_interval[1]


def test_classes_without_test_photos_are_left_out_and_said() -> None:
    probabilities = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]])
    metrics = measure(probabilities, np.array([2, 2]))
    assert metrics.per_class_recall == (None, None, 0.5)
    assert metrics.absent_classes == (0, 1)
    assert metrics.support == (0, 0, 2)
    assert metrics.mean_class_recall == 0.5
    assert metrics.macro_f1 == pytest.approx(2 / 3)
    assert metrics.summary()["classes_without_test_photos"] == 2
    assert all(math.isfinite(value) for value in metrics.summary().values() if isinstance(value, float))


def test_the_same_seed_gives_the_same_interval() -> None:
    probabilities, labels = _answers(1, 300, 3)
    first, second, other = (measure(probabilities, labels, seed=seed).mean_class_recall_interval for seed in (5, 5, 6))
    assert first == second
    assert first != other


def test_confusion_rows_are_true_classes() -> None:
    confusion = confusion_matrix(np.array([0, 0, 1]), np.array([1, 1, 0]), classes=3)
    assert confusion.tolist() == [[0, 2, 0], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("probabilities", "labels", "complaint"),
    [
        (np.zeros((0, 2)), np.zeros(0, int), "at least one label"),
        (np.ones((2, 2)) / 2, np.zeros(3, int), "received 3 labels"),
        (np.ones((1, 2)) / 2, np.array([2]), r"lie in \[0, 2\)"),
        (np.array([[np.nan, 0.5]]), np.array([0]), "not a number"),
    ],
)
def test_what_cannot_be_measured_is_refused(probabilities: np.ndarray, labels: np.ndarray, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        measure(probabilities, labels)


@settings(max_examples=50, deadline=None)
@given(
    positive=st.lists(st.integers(0, 8), min_size=1, max_size=30),
    negative=st.lists(st.integers(0, 8), min_size=1, max_size=30),
)
def test_auroc_agrees_with_scikit_learn_with_ties(positive: list[int], negative: list[int]) -> None:
    truth = [1] * len(positive) + [0] * len(negative)
    oracle = sklearn.metrics.roc_auc_score(truth, positive + negative)
    assert auroc(np.array(positive, float), np.array(negative, float)) == pytest.approx(oracle)


def test_auroc_needs_both_kinds() -> None:
    with pytest.raises(UsageError, match="0 negative"):
        auroc(np.ones(3), np.ones(0))
