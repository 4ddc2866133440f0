import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.svm import SVC

from learnet.core import Silent, UsageError
from learnet.training import svm
from learnet.training.svm import Setting, kernel_of, solve_svm

POINTS, LABELS = load_iris(return_X_y=True)
POINTS = (POINTS - POINTS.min(axis=0)) / np.ptp(POINTS, axis=0)
TRAIN, VAL = np.arange(150) % 3 > 0, np.arange(150) % 3 == 0
PARTS = (POINTS[TRAIN], LABELS[TRAIN]), (POINTS[VAL], LABELS[VAL])
SIGNS = np.where(np.arange(3) == LABELS[TRAIN][:, None], 1.0, -1.0)
NAMES = {"polynomial": "poly"}


def decisions(machine, x):
    """Decision values by the arrays alone, as a bundle holds them."""
    vectors, dual, intercept, gamma, coef0 = (array.astype(np.float64) for array in machine.arrays)
    products = x @ vectors.T
    if machine.setting.kernel != "linear":
        exact = Setting(
            kernel=machine.setting.kernel, c=1, degree=machine.setting.degree, gamma=float(gamma), coef0=float(coef0)
        )
        products = kernel_of(products, np.square(x).sum(axis=1), np.square(vectors).sum(axis=1), exact)
    return products @ dual + intercept


@pytest.mark.parametrize("kernel", ["polynomial", "rbf", "sigmoid"])
def test_the_machines_are_those_of_scikit_learn(kernel):
    found = solve_svm(*PARTS, classes=3, kernel=kernel)
    setting = found.setting
    options = {"C": setting.c, "degree": setting.degree, "gamma": setting.gamma, "coef0": setting.coef0}
    for label in range(3):
        theirs = SVC(kernel=NAMES.get(kernel, kernel), **options).fit(POINTS[TRAIN], np.equal(LABELS[TRAIN], label))
        assert set(found.rows) >= set(theirs.support_)
        np.testing.assert_allclose(decisions(found, POINTS)[:, label], theirs.decision_function(POINTS), atol=5e-3)
    assert found.best.val_accuracy > 0.85


def test_the_optimum_meets_the_conditions_of_karush_kuhn_and_tucker():
    found = solve_svm(*PARTS, classes=3, kernel="rbf")
    alpha = np.zeros((len(SIGNS), 3))
    alpha[found.rows] = found.pulls * SIGNS[found.rows]
    margins, c = SIGNS * decisions(found, POINTS[TRAIN]), found.setting.c
    assert alpha.min() >= 0
    assert alpha.max() <= c + 1e-9
    np.testing.assert_allclose((alpha * SIGNS).sum(axis=0), 0, atol=1e-6 * c)
    assert margins[alpha == 0].min() > 1 - 2e-3
    assert margins[alpha > c - 1e-9].max(initial=0) < 1 + 2e-3
    free = (alpha > 1e-9) & (alpha < c - 1e-9)
    np.testing.assert_allclose(margins[free], 1, atol=2e-3)


CORNERS, ODD = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]]), np.array([0, 1, 1, 0])


def test_exclusive_or_has_the_known_solution():
    """With K = (u·v + 1)² and wide enough bounds all four corners are support vectors, each with the weight 1/8."""
    setting = Setting(kernel="polynomial", c=100.0, degree=2, gamma=1.0, coef0=1.0)
    parts = (CORNERS, ODD), (CORNERS, ODD)
    ((_, machine),) = svm._kernel_machines(*parts, [setting], classes=2, weights=np.ones(4), progress=Silent())
    np.testing.assert_allclose(machine.pulls, np.array([[1, -1], [-1, 1], [-1, 1], [1, -1]]) / 8, atol=1e-4)
    np.testing.assert_allclose(machine.decisions, [[1, -1], [-1, 1], [-1, 1], [1, -1]], atol=1e-3)


def test_exclusive_or_is_beyond_planes_and_within_parabolas():
    errors = [
        1 - solve_svm((CORNERS, ODD), (CORNERS, ODD), classes=2, **options).best.val_accuracy
        for options in ({"kernel": "linear"}, {"kernel": "polynomial", "degrees": [2]})
    ]
    assert errors[0] >= 0.25
    assert errors[1] == 0


def test_linear_machines_are_the_sum_of_what_their_support_vectors_pull():
    found = solve_svm(*PARTS, classes=3, kernel="linear")
    vectors, dual, *_ = found.arrays
    assert vectors.shape == (3, 4)
    np.testing.assert_array_equal(dual, np.eye(3))
    summed = found.pulls.T @ POINTS[TRAIN][found.rows]
    np.testing.assert_allclose(vectors, summed, atol=2e-2 * np.abs(vectors).max())
    assert len(found.rows) == found.best.support_vectors


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_the_choice_is_by_errors_then_by_support_vectors(kernel):
    found = solve_svm(*PARTS, classes=3, kernel=kernel)
    assert len(found.trials) == {"linear": 4, "rbf": 12}[kernel]
    ranks = [(-trial.val_accuracy, trial.support_vectors) for trial in found.trials]
    assert (-found.best.val_accuracy, found.best.support_vectors) == min(ranks)
    received = (decisions(found, POINTS[VAL]).argmax(axis=1) == LABELS[VAL]).mean()
    assert received == pytest.approx(found.best.val_accuracy)


def test_a_class_that_counts_more_is_missed_less():
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(0, 1, (90, 2)), random.normal(1, 1, (10, 2))])
    labels = np.repeat([0, 1], [90, 10])
    missed = []
    for weights in ((1.0, 1.0), (1.0, 9.0)):
        found = solve_svm((x, labels), (x, labels), classes=2, kernel="linear", class_weights=weights)
        missed.append((decisions(found, x).argmax(axis=1) == 0)[labels == 1].sum())
    assert missed[1] < missed[0]


def test_two_runs_give_the_same_arrays():
    one, two = (solve_svm(*PARTS, classes=3, kernel="rbf") for _ in range(2))
    assert one.trials == two.trials
    assert all(np.array_equal(a, b) for a, b in zip(one.arrays, two.arrays, strict=True))


class Telling(Silent):
    def __init__(self):
        self.said = []

    def say(self, line):
        self.said.append(line)


def test_many_photos_are_announced_and_too_many_refused(monkeypatch):
    monkeypatch.setattr(svm, "_SAMPLE", 40)
    told = Telling()
    solve_svm(*PARTS, classes=3, kernel="rbf", progress=told)
    assert "36 machines will be solved on 100 photos" in told.said[0]
    assert "--train-per-class" in told.said[0]
    monkeypatch.setattr(svm, "_MOST_PHOTOS", 90)
    with pytest.raises(UsageError, match=r"each of the 100 training photos.*--train-per-class 30.*kernel=linear"):
        solve_svm(*PARTS, classes=3, kernel="rbf")
    assert solve_svm(*PARTS, classes=3, kernel="linear").best.val_accuracy > 0.85


def test_curved_borders_tell_digits_apart_that_planes_do_not():
    digits = load_digits()
    x, labels = digits.data[:1000] / 16, digits.target[:1000]
    train, test = (x[:600], labels[:600]), (x[600:], labels[600:])
    errors = [
        1 - solve_svm(train, test, classes=10, kernel="polynomial", degrees=[degree]).best.val_accuracy
        for degree in (1, 2)
    ]
    assert errors[1] < 0.75 * errors[0]
