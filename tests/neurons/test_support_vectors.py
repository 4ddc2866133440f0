import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from learnet.core import UsageError
from learnet.neurons import dual_objective, kkt_gap, polynomial_kernel, support_vectors

CORNERS, XOR = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]]), np.array([-1.0, 1, 1, -1])


def test_two_points_have_the_solution_that_is_known():
    x = np.array([[2.0], [-2.0]])
    found = support_vectors(x @ x.T, [1, -1], bound=10, tolerance=1e-10)
    np.testing.assert_allclose(found.multipliers, 1 / 8, rtol=1e-8)  # w = 1/2, margin 2 on each side
    assert found.objective == pytest.approx(1 / 8)
    assert found.bias == pytest.approx(0)
    assert found.gap < 1e-9
    np.testing.assert_allclose(found.decide(np.array([[3.0]]) @ x.T), [1.5])


def test_xor_by_degree_two():
    gram = polynomial_kernel(CORNERS, CORNERS, degree=2)
    found = support_vectors(gram, XOR, bound=100, tolerance=1e-9)
    np.testing.assert_allclose(found.multipliers, 1 / 8, rtol=1e-8)
    assert found.objective == pytest.approx(1 / 4)
    np.testing.assert_allclose(found.decide(gram), XOR, atol=1e-8)
    assert found.outside.size == 0


def test_decisions_are_those_of_scikit_learn():
    x, y = load_breast_cancer(return_X_y=True)
    x, signs = StandardScaler().fit_transform(x)[:200], np.where(y[:200], 1, -1)
    found = support_vectors(polynomial_kernel(x, x, degree=3, scale=1 / 30), signs, bound=2.0)
    theirs = SVC(kernel="poly", degree=3, gamma=1 / 30, coef0=1.0, C=2.0).fit(x, signs)
    assert found.indices.tolist() == sorted(theirs.support_.tolist())
    np.testing.assert_allclose(
        found.decide(polynomial_kernel(x, x, degree=3, scale=1 / 30)), theirs.decision_function(x), atol=1e-6
    )
    assert found.gap <= 1e-3
    assert abs(found.multipliers @ found.signs) < 1e-9


def test_a_worse_point_has_a_gap_and_a_smaller_objective():
    gram = polynomial_kernel(CORNERS, CORNERS, degree=2)
    best, worse = np.full(4, 1 / 8), np.full(4, 1 / 16)
    assert dual_objective(worse, XOR, gram) < dual_objective(best, XOR, gram) == pytest.approx(0.25)
    assert kkt_gap(best, XOR, gram, bound=1.0) == pytest.approx(0)
    assert kkt_gap(worse, XOR, gram, bound=1.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("gram", "signs", "bound", "sentence"),
    [
        (np.eye(3), [1, -1], 1.0, r"received the shapes \(3, 3\) and \(2,\)"),
        (np.eye(2), [1, 1], 1.0, "both -1 and 1"),
        (np.eye(2), [1, -1], 0.0, "greater than 0; received 0"),
    ],
)
def test_mistakes_are_named(gram, signs, bound, sentence):
    with pytest.raises(UsageError, match=sentence):
        support_vectors(gram, signs, bound=bound)
