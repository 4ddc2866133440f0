import keras
import numpy as np
import pytest

from learnet.neurons import LOSSES, check_gradients
from learnet.neurons.activations import sigmoid, softmax

RANDOM = np.random.default_rng(0)
ANSWERS = RANDOM.normal(0, 2, (6, 3))
TARGETS = {
    "numbers": RANDOM.normal(size=(6, 3)),
    "0 or 1": RANDOM.integers(0, 2, (6, 3)).astype(float),
    "shares": RANDOM.dirichlet([1, 1, 1], 6),
    "-1 or 1": RANDOM.choice([-1.0, 1.0], (6, 3)),
}


@pytest.mark.parametrize("loss", list(LOSSES), ids=lambda loss: loss.name)
def test_every_loss_is_derived_rightly(loss):
    targets = TARGETS[loss.targets]
    check = check_gradients(lambda x: loss.value(x, targets).sum(), lambda x: loss.slope(x, targets), ANSWERS)
    assert check.relative_error < 1e-7


@pytest.mark.parametrize(
    ("name", "theirs", "factor"),
    [
        ("squared_error", keras.losses.mean_squared_error, 3 / 2),
        ("absolute_error", keras.losses.mean_absolute_error, 3),
        ("hinge", keras.losses.hinge, 3),
        ("squared_hinge", keras.losses.squared_hinge, 3),
        ("cross_entropy", lambda t, y: keras.losses.categorical_crossentropy(t, y, from_logits=True), 1),
        ("binary_cross_entropy", lambda t, y: keras.losses.binary_crossentropy(t, y, from_logits=True), 3),
    ],
)
def test_values_are_those_of_keras(name, theirs, factor):
    targets = TARGETS[LOSSES[name].targets]
    expected = factor * np.asarray(theirs(targets, ANSWERS))
    np.testing.assert_allclose(LOSSES[name].value(ANSWERS, targets), expected, rtol=1e-6)


def test_slopes_of_cross_entropies_are_probability_minus_target():
    shares, bits = TARGETS["shares"], TARGETS["0 or 1"]
    np.testing.assert_allclose(LOSSES["cross_entropy"].slope(ANSWERS, shares), softmax(ANSWERS) - shares)
    np.testing.assert_allclose(LOSSES["binary_cross_entropy"].slope(ANSWERS, bits), sigmoid(ANSWERS) - bits)


def test_extreme_logits_stay_numbers():
    logits = np.array([[1e4, -1e4]])
    assert LOSSES["cross_entropy"].value(logits, np.array([[0.0, 1.0]])).tolist() == [2e4]
    assert LOSSES["binary_cross_entropy"].value(logits, np.array([[0.0, 0.0]])).tolist() == [1e4]


def test_the_perceptrons_loss_counts_mistakes_only():
    value = LOSSES["perceptron"].value(np.array([[2.0], [-3.0]]), np.array([[1.0], [1.0]]))
    assert value.tolist() == [0, 3]
