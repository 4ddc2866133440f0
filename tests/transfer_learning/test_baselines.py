from typing import get_args

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from learnet.transfer_learning import baselines
from learnet.transfer_learning.baselines import NEIGHBOURS, foreign_auroc, measure_baselines


def _problem(n: int = 600, d: int = 20, classes: int = 5, noise: float = 2.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(classes, size=n)
    x = np.random.default_rng(5).normal(size=(classes, d))[labels] + noise * random.normal(size=(n, d)) + 3
    return (x * np.geomspace(0.1, 10, d)).astype(np.float32), labels


def test_every_baseline_agrees_with_scikit_learn() -> None:
    x, labels = _problem()
    rows = np.random.default_rng(1).permutation(600)
    train, test = rows[:400], rows[400:]
    majority, neighbours, machine = measure_baselines(x, labels, classes=5, train_rows=train, test_rows=test)
    z = (x - x[train].mean(axis=0)) / x[train].std(axis=0)

    largest = np.bincount(labels[train]).argmax()
    assert majority.name == "always the largest class"
    assert majority.accuracy == pytest.approx((labels[test] == largest).mean())
    assert majority.mean_class_recall == pytest.approx(0.2)

    k = int(neighbours.name.split("k = ")[1].rstrip(")"))
    oracle = KNeighborsClassifier(k, metric="cosine").fit(z[train], labels[train]).predict(z[test])
    assert neighbours.accuracy == pytest.approx((oracle == labels[test]).mean(), abs=0.05)  # ties are broken otherwise
    assert neighbours.mean_class_recall == pytest.approx(balanced_accuracy_score(labels[test], oracle), abs=0.05)

    answers = {c: LinearSVC(C=c).fit(z[train], labels[train]).predict(z[test]) for c in (0.005, 0.05, 0.5)}
    accuracies = [(answer == labels[test]).mean() for answer in answers.values()]
    assert min(accuracies) - 0.03 <= machine.accuracy <= max(accuracies) + 0.03
    low, high = machine.accuracy_interval
    assert low < machine.accuracy < high


def test_answers_are_those_whose_accuracy_is_measured() -> None:
    x, labels = _problem(n=300)
    parts = {"classes": 5, "train_rows": np.arange(200), "test_rows": np.arange(200, 300)}
    rows = measure_baselines(x, labels, **parts, seed=3)
    for method, row in zip(get_args(baselines.SimpleMethod), rows, strict=True):
        answers, chosen = baselines.answer_simply(method, x, labels, **parts, seed=3)
        assert (answers == labels[200:]).mean() == row.accuracy
        assert row.name == (f"{method} ({chosen})" if chosen else method)


def test_neighbours_equal_a_plain_search_for_every_k() -> None:
    x, labels = _problem(n=150)
    search = baselines._NeighbourSearch(x, labels, np.arange(100), 5)
    answers = search.answers(np.arange(100, 150))
    z = (x - x[:100].mean(axis=0)) / x[:100].std(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    order = np.argsort(-(z[100:] @ z[:100].T), axis=1)
    assert (answers[0] == labels[order[:, 0]]).all()
    for index, k in enumerate(NEIGHBOURS):
        votes = np.array([np.bincount(labels[row[:k]], minlength=5) for row in order])
        chosen = votes[np.arange(50), answers[index]]
        assert (chosen == votes.max(axis=1)).all()


def test_a_photo_is_not_its_own_neighbour_when_k_is_chosen() -> None:
    x, labels = _problem(n=60)
    rows = np.arange(60)
    search = baselines._NeighbourSearch(x, labels, rows, 5)
    assert (search.answers(rows)[0] == labels).all()
    assert (search.answers(rows, leave_out=rows)[0] == labels).mean() < 0.9


def test_a_capped_search_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "_MOST_REFERENCES", 50)
    x, labels = _problem(n=200)
    _, neighbours, _ = measure_baselines(x, labels, classes=5, train_rows=np.arange(150), test_rows=np.arange(150, 200))
    assert "among 50 of 150 photos" in neighbours.name


@pytest.mark.parametrize("train", [2, 3, 7])
def test_very_few_photos_are_enough(train: int) -> None:
    x, labels = _problem(n=30, classes=2)
    labels[:2] = 0, 1
    for row in measure_baselines(x, labels, classes=2, train_rows=np.arange(train), test_rows=np.arange(train, 30)):
        assert 0 <= row.accuracy <= 1


def test_foreign_classes_far_away_are_noticed_and_indistinguishable_ones_are_not() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(800) % 8
    x = (6 * np.eye(8)[labels] + random.normal(size=(800, 8))).astype(np.float32)
    parts = {"train_rows": np.arange(400), "test_rows": np.arange(400, 800)}
    assert foreign_auroc(x, labels, classes=8, l2=0.01, **parts) > 0.9
    noise = random.normal(size=(800, 8)).astype(np.float32)
    assert foreign_auroc(noise, labels, classes=8, l2=0.01, **parts) == pytest.approx(0.5, abs=0.1)


def test_foreign_needs_four_classes_and_photos_of_both_kinds() -> None:
    x, labels = _problem(n=90, classes=3)
    assert foreign_auroc(x, labels, classes=3, train_rows=np.arange(60), test_rows=np.arange(60, 90), l2=0.1) is None
    x, labels = _problem(n=90, classes=4)
    assert foreign_auroc(x, labels, classes=4, train_rows=np.arange(60), test_rows=np.arange(60, 61), l2=0.1) is None
