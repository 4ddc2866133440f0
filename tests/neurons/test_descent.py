import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.neurons import descend, soft_threshold

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3))
Y = X @ [1.0, -2.0, 0.5]
CURVATURES = np.array([1.0, 10.0])


def bowl(w, _):
    return 0.5 * np.sum(CURVATURES * w**2, axis=-1), CURVATURES * w


def least_squares(w, chosen):
    errors = X[chosen] @ w - Y[chosen]
    return 0.5 * np.mean(errors**2), X[chosen].T @ errors / len(chosen)


def test_the_steps_on_a_quadratic_are_powers():
    way = descend(bowl, [1.0, 1.0], learning_rate=0.05, epochs=7)
    expected = (1 - 0.05 * CURVATURES) ** np.arange(8)[:, None]
    np.testing.assert_allclose(way.weights, expected)
    np.testing.assert_allclose(way.losses, 0.5 * (expected**2 @ CURVATURES))
    np.testing.assert_allclose(way.gradient_norms, np.linalg.norm(expected * CURVATURES, axis=1))
    assert way.steps.tolist() == list(range(8))
    assert way.reason == "All 7 epochs were walked."


@pytest.mark.parametrize(("rate", "diverges"), [(0.02, False), (0.19, False), (0.21, True)])
def test_a_rate_above_two_over_the_curvature_diverges(rate, diverges):
    way = descend(bowl, [1.0, 1.0], learning_rate=rate, epochs=20_000, record_every=100)
    assert way.diverged == diverges
    if diverges:
        assert "smaller learning rate" in way.reason
    else:
        np.testing.assert_allclose(way.end, 0, atol=1e-12)


@pytest.mark.parametrize(("size", "steps"), [(None, 20), (40, 20), (1, 800), (16, 60)])
def test_three_kinds_of_descent_find_the_same_weights(size, steps):
    way = descend(least_squares, np.zeros(3), examples=40, batch_size=size, learning_rate=0.01, epochs=20)
    assert way.steps[-1] == steps
    assert way.batch_size == (size or 40)
    longer = descend(least_squares, np.zeros(3), examples=40, batch_size=size, learning_rate=0.1, epochs=400)
    np.testing.assert_allclose(longer.end, [1.0, -2.0, 0.5], atol=1e-8)


def test_every_epoch_sees_each_example_once_in_a_new_order():
    seen = []

    def objective(w, chosen):
        if len(chosen) < 10:
            seen.append(chosen.tolist())
        return 0.0, np.ones(1)

    descend(objective, [0.0], examples=10, batch_size=4, epochs=2)
    assert [len(batch) for batch in seen] == [4, 4, 2, 4, 4, 2]
    first, second = np.concatenate(seen[:3]).tolist(), np.concatenate(seen[3:]).tolist()
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_the_seed_decides_the_order():
    ends = [
        descend(least_squares, np.zeros(3), examples=40, batch_size=1, epochs=1, seed=seed).end.tolist()
        for seed in (0, 0, 1)
    ]
    assert ends[0] == ends[1] != ends[2]


def test_descents_side_by_side_are_those_alone():
    starts = np.array([[1.0, 1.0], [-2.0, 0.3]])
    together = descend(bowl, starts, learning_rate=0.1, momentum=0.5, epochs=9)
    for number, start in enumerate(starts):
        alone = descend(bowl, start, learning_rate=0.1, momentum=0.5, epochs=9)
        np.testing.assert_array_equal(together.weights[:, number], alone.weights)
        np.testing.assert_array_equal(together.losses[:, number], alone.losses)


def test_momentum_is_the_heavy_ball():
    way = descend(lambda w, _: (w.sum(), np.ones(1)), [0.0], learning_rate=1.0, momentum=0.5, epochs=3)
    assert way.weights[:, 0].tolist() == [0, -1, -2.5, -4.25]


def test_the_last_point_is_recorded_and_a_tolerance_stops():
    way = descend(bowl, [1.0, 1.0], learning_rate=0.1, epochs=7, record_every=3)
    assert way.steps.tolist() == [0, 3, 6, 7]
    stopped = descend(bowl, [1.0, 1.0], learning_rate=0.1, epochs=1000, tolerance=1e-3)
    assert stopped.gradient_norms[-1] <= 1e-3 < stopped.gradient_norms[-2]
    assert "no longer than 0.001" in stopped.reason


def test_a_schedule_gives_the_rate_of_each_step():
    way = descend(lambda w, _: (w.sum(), np.ones(1)), [0.0], learning_rate=lambda step: 1 / (step + 1), epochs=3)
    np.testing.assert_allclose(way.weights[:, 0], [0, -1, -1.5, -1.5 - 1 / 3])
    assert way.learning_rate == 1


@settings(deadline=None)
@given(st.floats(-10, 10), st.floats(0, 5))
def test_the_soft_threshold_minimises_its_objective(value, threshold):
    found = soft_threshold(value, threshold).item()
    others = np.linspace(-11, 11, 1001)
    cost = 0.5 * (others - value) ** 2 + threshold * np.abs(others)
    assert 0.5 * (found - value) ** 2 + threshold * abs(found) <= cost.min() + 1e-12


def test_proximal_steps_solve_the_lasso_of_scikit_learn():
    from sklearn.linear_model import Lasso

    noisy = Y + np.random.default_rng(1).normal(size=40)
    way = descend(
        lambda w, _: (0.5 * np.mean((X @ w - noisy) ** 2), X.T @ (X @ w - noisy) / 40),
        np.zeros(3),
        proximal=lambda w, rate: soft_threshold(w, rate * 0.6),
        learning_rate=0.3,
        epochs=500,
    )
    theirs = Lasso(alpha=0.6, fit_intercept=False, tol=1e-12).fit(X, noisy).coef_
    np.testing.assert_allclose(way.end, theirs, atol=1e-8)
    assert (way.end == 0).tolist() == (theirs == 0).tolist()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1; received 0"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"momentum": 1.0}, "momentum of a descent must be at least 0 and less than 1"),
    ],
)
def test_mistakes_are_named(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        descend(bowl, [1.0, 1.0], **options)
