import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.evaluation import (
    choose_threshold,
    expected_calibration_error,
    fit_temperature,
    reliability,
    softmax,
)


def _drawn(temperature: float, n: int = 20_000, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Return logits and labels drawn from softmax(logits / temperature)."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(n, classes)).astype(np.float32) * 3
    probabilities = softmax(logits, temperature=temperature)
    return logits, (random.random((n, 1)) > probabilities.cumsum(1)).sum(1).clip(0, classes - 1)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_a_known_temperature_is_recovered(temperature: float) -> None:
    logits, labels = _drawn(temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.04)


def test_the_temperature_minimises_the_likelihood_over_a_grid() -> None:
    logits, labels = _drawn(1.7, n=500)

    def loss(temperature: float) -> float:
        return float(-np.log(softmax(logits, temperature=temperature)[np.arange(500), labels]).mean())

    fitted = fit_temperature(logits, labels)
    assert loss(fitted) <= min(loss(t) for t in np.geomspace(0.5, 5, 400)) + 1e-3


def test_temperature_repairs_overconfidence() -> None:
    logits, labels = _drawn(3.0)
    assert expected_calibration_error(softmax(logits), labels) > 0.2
    assert expected_calibration_error(softmax(logits, temperature=fit_temperature(logits, labels)), labels) < 0.02


def test_always_right_is_not_taken_for_certainty() -> None:
    logits = np.tile(np.array([[4.0, 0.0]], np.float32), (20, 1))
    temperature = fit_temperature(logits, np.zeros(20, int))
    assert softmax(logits, temperature=temperature)[0, 0] == pytest.approx(1 - 1 / 44, abs=1e-3)


def test_no_examples_leave_the_temperature_at_one() -> None:
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, int)) == 1.0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 80), bins=st.integers(1, 20))
def test_ece_agrees_with_a_plain_loop(seed: int, n: int, bins: int) -> None:
    random = np.random.default_rng(seed)
    probabilities, labels = random.dirichlet(np.ones(3), size=n), random.integers(3, size=n)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    error = 0.0
    for index in range(bins):
        inside = (confidence > index / bins) & (confidence <= (index + 1) / bins)
        if inside.any():
            error += inside.sum() / n * abs(right[inside].mean() - confidence[inside].mean())
    assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(error, abs=1e-9)


def test_bins_hold_their_upper_end() -> None:
    result = reliability(np.array([[0.6, 0.4], [1.0, 0.0]]), np.array([0, 1]), bins=5)
    assert result.counts == (0, 0, 1, 0, 1)
    assert result.confidence == (0, 0, 0.6, 0, 1.0)
    assert result.accuracy == (0, 0, 1.0, 0, 0.0)
    assert result.edges == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1))
    assert result.error == pytest.approx((0.4 + 1.0) / 2)


def test_reliability_refuses_shapes_that_disagree() -> None:
    with pytest.raises(UsageError, match="2 labels"):
        reliability(np.ones((3, 2)), np.zeros(2, int))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 120))
def test_the_threshold_obeys_its_three_rules(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    confidence = random.random(n).round(2)
    right = random.random(n) < confidence**0.3
    choice = choose_threshold(confidence, right)
    sure = confidence >= choice.value
    assert choice.coverage == pytest.approx(sure.mean())
    assert choice.coverage >= 0.7
    assert choice.accuracy_when_sure == pytest.approx(right[sure].mean())
    assert choice.accuracy == pytest.approx(right.mean())
    floor = np.percentile(confidence[right], 2, method="lower") if right.any() else 0.0
    lower = [t for t in np.unique(confidence) if right[confidence >= t].mean() >= 0.98]
    wanted = max(min(lower, default=np.inf), floor)
    cap = np.sort(confidence)[::-1][int(np.ceil(0.7 * n - 1e-9)) - 1]
    assert choice.value == pytest.approx(min(wanted, cap))


def test_a_perfect_classifier_still_has_a_threshold() -> None:
    choice = choose_threshold(np.linspace(0.5, 1, 101), np.ones(101, bool))
    assert choice.value == pytest.approx(0.51)
    assert choice.accuracy_when_sure == 1.0
    assert "0.51" in choice.describe()


def test_nothing_measured_is_said() -> None:
    choice = choose_threshold(np.zeros(0), np.zeros(0, bool))
    assert (choice.value, choice.coverage, choice.accuracy_when_sure, choice.measured_on) == (0.0, 1.0, None, 0)
    assert "too few" in choice.describe()
