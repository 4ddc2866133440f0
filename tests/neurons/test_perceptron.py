import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import Perceptron as TheirPerceptron
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from learnet.core import UsageError
from learnet.neurons import Perceptron, novikoff_bound

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def by_hand(x, signs, epochs, rate=1.0):
    """Rosenblatt's rule, one example at a time."""
    weights, bias, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for _ in range(epochs):
        before = mistakes
        for example, sign in zip(x, signs, strict=True):
            if sign * (example @ weights + bias) <= 0:
                weights, bias, mistakes = weights + rate * sign * example, bias + rate * sign, mistakes + 1
        if mistakes == before:
            break
    return weights, bias, mistakes


@pytest.mark.parametrize("epochs", [1, 3, 50])
def test_the_rule_is_rosenblatts_example_by_example(epochs):
    random = np.random.default_rng(0)
    x, signs = random.integers(-5, 6, (300, 4)).astype(float), random.choice([-1, 1], 300)
    unit = Perceptron(max_epochs=epochs).fit(x, signs)
    weights, bias, mistakes = by_hand(x, signs, epochs)
    assert unit.coef_[0].tolist() == weights.tolist()
    assert (unit.intercept_[0], unit.mistakes_[0]) == (bias, mistakes)


@pytest.mark.parametrize("rate", [0.5, 4.0])
def test_the_learning_rate_scales_the_weights_and_nothing_else(rate):
    x, y = load_iris(return_X_y=True)
    one, other = (Perceptron(max_epochs=20, learning_rate=value).fit(np.rint(x), y) for value in (1.0, rate))
    np.testing.assert_array_equal(other.coef_, rate * one.coef_)
    np.testing.assert_array_equal(other.mistakes_, one.mistakes_)
    np.testing.assert_array_equal(other.predict(x), one.predict(x))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(1, 10), st.floats(0.02, 1.0), st.booleans())
def test_mistakes_never_exceed_novikoffs_bound(seed, count, dimensions, margin, shuffle):
    random = np.random.default_rng(seed)
    plane = random.normal(size=dimensions + 1)
    plane /= np.linalg.norm(plane[:-1])
    x = random.normal(size=(count, dimensions))
    signs = np.where(x @ plane[:-1] + plane[-1] > 0, 1, -1)
    signs[:2] = 1, -1
    short = np.maximum(0, margin - signs * (x @ plane[:-1] + plane[-1]))
    x += np.outer(signs * short, plane[:-1])
    unit = Perceptron(max_epochs=10**6, shuffle=shuffle, seed=seed).fit(x, signs)
    assert unit.converged_.all()
    assert unit.score(x, signs) == 1
    assert unit.mistakes_[0] <= novikoff_bound(x, signs, plane) + 1e-6
    assert unit.mistakes_[0] <= unit.bound_[0] + 1e-6


def test_gates_are_learnt_and_xor_is_not():
    for gate in ([0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0]):
        assert Perceptron().fit(CORNERS, gate).predict(CORNERS).tolist() == gate
    unit = Perceptron(max_epochs=500).fit(CORNERS, [0, 1, 1, 0])
    assert not unit.converged_[0]
    assert (unit.epochs_[0], unit.bound_[0]) == (500, np.inf)
    assert unit.score(CORNERS, [0, 1, 1, 0]) <= 0.75


def test_several_classes_are_one_against_the_rest():
    x, y = load_iris(return_X_y=True)
    unit = Perceptron(max_epochs=200).fit(x, y)
    for number in range(3):
        alone = Perceptron(max_epochs=200).fit(x, y == number)
        assert unit.coef_[number].tolist() == alone.coef_[0].tolist()
        assert unit.converged_[number] == alone.converged_[0]
    assert unit.decision_function(x).argmax(axis=1).tolist() == unit.predict(x).tolist()
    assert unit.converged_.tolist() == [True, False, False]


def test_it_is_as_good_as_scikit_learns_on_digits():
    x, y = load_digits(return_X_y=True)
    ours = Perceptron(max_epochs=30, shuffle=True).fit(x[:1200], y[:1200]).score(x[1200:], y[1200:])
    theirs = TheirPerceptron(max_iter=30, tol=None, random_state=0).fit(x[:1200], y[:1200]).score(x[1200:], y[1200:])
    assert ours > 0.85
    assert ours > theirs - 0.03


def test_labels_of_any_kind_and_a_pipeline():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    assert is_classifier(Perceptron())
    scores = cross_val_score(make_pipeline(StandardScaler(), Perceptron(max_epochs=50, shuffle=True)), x, names, cv=3)
    assert scores.mean() > 0.8
    assert clone(Perceptron(seed=3, shuffle=True)).get_params() == {
        "learning_rate": 1.0,
        "max_epochs": 1000,
        "shuffle": True,
        "seed": 3,
    }


def test_passes_one_by_one_are_a_fit():
    x, y = load_iris(return_X_y=True)
    whole, passes = Perceptron(max_epochs=7).fit(x[50:], y[50:]), Perceptron()
    for _ in range(7):
        passes.partial_fit(x[50:], y[50:])
    assert passes.coef_.tolist() == whole.coef_.tolist()
    assert passes.mistakes_.tolist() == whole.mistakes_.tolist()
    in_parts = Perceptron().partial_fit(x[50:60], y[50:60], classes=[1, 2]).partial_fit(x[60:], y[60:])
    assert in_parts.coef_.tolist() == Perceptron(max_epochs=1).fit(x[50:], y[50:]).coef_.tolist()


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (lambda: Perceptron().fit([[1.0]], [1]), "at least two classes"),
        (lambda: Perceptron().fit([1.0], [1]), r"received the shapes \(1,\) and \(1,\)"),
        (lambda: Perceptron().fit([[np.nan], [1.0]], [0, 1]), "NaN or infinite"),
        (lambda: Perceptron(learning_rate=0).fit([[0.0], [1.0]], [0, 1]), "greater than 0; received 0"),
        (lambda: Perceptron(max_epochs=0).fit([[0.0], [1.0]], [0, 1]), "at least 1 epoch"),
        (lambda: Perceptron().predict([[1.0]]), "Call fit first"),
        (
            lambda: Perceptron().fit([[0.0], [1.0]], [0, 1]).predict([[1.0, 2.0]]),
            r"\(n, 1\); received the shape \(1, 2\)",
        ),
        (lambda: Perceptron().fit([[0.0], [1.0]], [0, 1]).partial_fit([[1.0]], [7]), "Fit it anew"),
        (lambda: Perceptron().set_params(rate=1), "no parameter 'rate'"),
        (lambda: novikoff_bound([[1.0]], [1], [1.0]), r"separator \(features \+ 1,\)"),
    ],
)
def test_mistakes_are_named(work, sentence):
    with pytest.raises(UsageError, match=sentence):
        work()
