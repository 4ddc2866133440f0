import json
import tracemalloc

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from learnet.core import DataError, UsageError
from learnet.evaluation import measure, softmax
from learnet.transfer_learning import head as head_module
from learnet.transfer_learning.head import Head, solve_head


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    x, labels = load_digits(return_X_y=True)
    return x.astype(np.float32), labels


def _clouds(counts: tuple[int, ...], d: int = 8, *, seed: int = 0, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(len(counts)), counts)
    centres = np.random.default_rng(99).normal(size=(len(counts), d))
    x = centres[labels] + noise * np.random.default_rng(seed).normal(size=(len(labels), d))
    return x.astype(np.float32), labels


def test_digits_are_recognised_and_the_probabilities_are_honest(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = digits
    rows = np.random.default_rng(0).permutation(len(x))
    result = solve_head(x, labels, classes=10, rows=rows[:1000])
    metrics = measure(result.head.probabilities(x, rows=rows[1000:]), labels[rows[1000:]])
    assert metrics.accuracy > 0.95
    assert metrics.ece < 0.03
    assert result.converged
    assert not result.balanced
    assert result.threshold.measured_on == 1000
    assert set(result.measured_rows) == set(rows[:1000])
    assert len(result.trials) >= 2


def test_the_head_is_what_scikit_learn_solves_at_the_chosen_strength(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = digits[0][:500], digits[1][:500]
    result = solve_head(x, labels, classes=10)
    deviation = x.std(axis=0, dtype=np.float64)
    z = (x - x.mean(axis=0, dtype=np.float64)) / np.where(deviation > 0, deviation, 1)
    oracle = LogisticRegression(C=1 / (len(x) * result.head.l2), tol=1e-8, max_iter=10_000).fit(z, labels)
    expected = softmax(oracle.decision_function(z), temperature=result.head.temperature)
    assert np.abs(result.head.probabilities(x) - expected).max() < 2e-3


def test_held_out_probabilities_come_from_heads_that_did_not_see_the_photo() -> None:
    x = np.random.default_rng(0).normal(size=(120, 60)).astype(np.float32)
    labels = np.random.default_rng(1).integers(2, size=120)  # nothing to learn: only memory could be right
    result = solve_head(x, labels, classes=2)
    right = result.measured_probabilities.argmax(axis=1) == labels[result.measured_rows]
    assert 0.3 < right.mean() < 0.7
    assert result.measured_probabilities.max(axis=1).mean() < 0.75


def test_copies_in_one_group_do_not_flatter_the_measurement() -> None:
    random = np.random.default_rng(0)
    x = np.repeat(random.normal(size=(60, 40)), 4, axis=0).astype(np.float32)
    labels, groups = np.repeat(random.integers(2, size=60), 4), np.repeat(np.arange(60), 4)
    alone = solve_head(x, labels, classes=2)
    together = solve_head(x, labels, classes=2, groups=groups)
    assert alone.threshold.accuracy is not None
    assert together.threshold.accuracy is not None
    assert alone.threshold.accuracy > 0.95
    assert together.threshold.accuracy < 0.7


def test_the_same_seed_gives_the_same_head_to_the_bit() -> None:
    x, labels = _clouds((40, 40, 40))
    first, second = (solve_head(x, labels, classes=3, seed=4) for _ in range(2))
    assert (first.head.kernel == second.head.kernel).all()
    assert (first.head.bias == second.head.bias).all()
    assert first.to_json() == second.to_json()


def test_rows_are_all_that_is_learned_from() -> None:
    x, labels = _clouds((50, 50))
    rows = np.arange(0, 100, 2)
    result = solve_head(x, labels, classes=2, rows=rows)
    alone = solve_head(x[rows], labels[rows], classes=2)
    assert result.head.kernel == pytest.approx(alone.head.kernel, rel=1e-3, abs=1e-4)
    assert (result.measured_rows == rows[alone.measured_rows]).all()


def test_balance_recognises_more_of_a_rare_class_and_stays_honest() -> None:
    x, labels = _clouds((400, 20), d=6, noise=2.2)
    test, truth = _clouds((4000, 200), d=6, noise=2.2, seed=1)
    balanced, plain = (solve_head(x, labels, classes=2, balance=balance) for balance in ("auto", "none"))
    with_balance, without = (measure(result.head.probabilities(test), truth) for result in (balanced, plain))
    assert (balanced.balanced, plain.balanced) == (True, False)
    assert with_balance.per_class_recall[1] > without.per_class_recall[1] + 0.05
    assert with_balance.mean_class_recall > without.mean_class_recall
    assert with_balance.ece < 0.05
    assert without.ece < 0.05


def test_equal_classes_are_not_weighted() -> None:
    x, labels = _clouds((30, 40))
    assert not solve_head(x, labels, classes=2, balance="auto").balanced


def test_a_given_validation_part_sets_temperature_and_threshold() -> None:
    x, labels = _clouds((60, 60), noise=2.0)
    rows, validation = np.arange(0, 120, 2), np.arange(1, 120, 2)
    result = solve_head(x, labels, classes=2, rows=rows, validation_rows=validation)
    assert (result.measured_rows == validation).all()
    assert result.measured_probabilities == pytest.approx(result.head.probabilities(x, rows=validation), abs=1e-5)
    right = result.measured_probabilities.argmax(axis=1) == labels[validation]
    assert result.threshold.accuracy == pytest.approx(right.mean())


@pytest.mark.parametrize("counts", [(1, 1), (2, 1), (1, 30), (2, 2, 2), (3, 40, 1)])
def test_tiny_classes_are_no_obstacle(counts: tuple[int, ...]) -> None:
    x, labels = _clouds(counts, noise=0.1)
    result = solve_head(x, labels, classes=len(counts))
    assert np.isfinite(result.head.kernel).all()
    assert (result.head.probabilities(x).argmax(axis=1) == labels).all()
    assert 0 <= result.threshold.value <= 1


def test_a_class_without_photos_is_never_the_answer() -> None:
    x, labels = _clouds((30, 30))
    result = solve_head(x, labels * 2, classes=3)
    assert (result.head.probabilities(x)[:, 1] < 0.05).all()


def test_fewer_photos_than_features_constant_features_and_copies() -> None:
    x, labels = _clouds((12, 12), d=50, noise=0.3)
    x[:, 3], x[:, 4] = 7.0, 0.0
    x[1], x[13] = x[0], x[12]
    result = solve_head(x, labels, classes=2)
    assert (result.head.kernel[3:5] == 0).all()
    assert (result.head.probabilities(x).argmax(axis=1) == labels).all()


def test_separable_classes_keep_a_finite_temperature() -> None:
    labels = np.repeat([0, 1], 30)
    result = solve_head((np.eye(2)[labels] * 9).astype(np.float32), labels, classes=2)
    assert 0.02 <= result.head.temperature <= 50
    assert result.head.probabilities(np.array([[9.0, 0.0]], np.float32))[0, 0] > 0.9


def test_cooling_divides_the_logits() -> None:
    head = Head(kernel=np.array([[2.0, 4.0]], np.float32), bias=np.array([1.0, 0.0], np.float32), l2=1, temperature=1.0)
    x = np.array([[3.0]], np.float32)
    assert head.logits(x).tolist() == [[7.0, 12.0]]
    assert head.cooled(2.0).logits(x).tolist() == [[3.5, 6.0]]
    assert head.cooled(2.0).cooled(3.0).temperature == 6.0


def test_the_record_is_json() -> None:
    x, labels = _clouds((20, 20))
    record = solve_head(x, labels, classes=2).to_json()
    assert json.loads(json.dumps(record)) == record


def test_the_features_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = _clouds((8_000, 8_000), d=128)
    monkeypatch.setattr(head_module, "_CHEAP", 0)
    solve_head(x[::100].copy(), labels[::100], classes=2)  # imports
    rows = np.random.default_rng(0).permutation(16_000)[:12_800]
    before = x.copy()
    tracemalloc.start()
    solve_head(x, labels, classes=2, rows=rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes / 2
    assert (x == before).all()


@pytest.mark.parametrize(
    ("change", "error", "complaint"),
    [
        ({"balance": "yes"}, UsageError, "'auto' or 'none'; received 'yes'"),
        ({"folds": 1}, UsageError, "2 to 100 folds; received 1"),
        ({"classes": 1}, UsageError, r"lie in \[0, 1\); received 0 to 1"),
        ({"rows": np.arange(10)}, DataError, "at least two classes to learn from; received 1"),
        ({"labels": np.zeros(5, int)}, UsageError, "5 labels"),
        ({"features": np.zeros((20, 8))}, UsageError, "float64"),
        ({"features": np.full((20, 8), np.nan, np.float32)}, DataError, "not a number"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], error: type[Exception], complaint: str) -> None:
    x, labels = _clouds((10, 10))
    arguments = {"features": x, "labels": labels, "classes": 2, **change}
    with pytest.raises(error, match=complaint):
        solve_head(**arguments)
