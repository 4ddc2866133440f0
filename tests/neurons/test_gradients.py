import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.neurons import check_gradients


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5))
def test_polynomials_pass(point):
    assert check_gradients(lambda x: np.sum(x**3 + x), lambda x: 3 * x**2 + 1, point).holds()


def test_a_wrong_coordinate_is_found():
    def gradient(x):
        wrong = 2 * x
        wrong[1, 2] += 0.5
        return wrong

    check = check_gradients(lambda x: np.sum(x**2), gradient, np.ones((2, 3)))
    assert not check.holds()
    assert check.worst == (1, 2)
    assert check.claimed[1, 2] == 2.5
    np.testing.assert_allclose(check.numeric, 2, rtol=1e-9)


def test_two_zeros_agree():
    assert check_gradients(lambda _: 1.0, np.zeros(3), np.ones(3)).relative_error == 0


@pytest.mark.parametrize(
    ("gradient", "step", "sentence"),
    [
        ([1.0], 1e-5, r"shape of its point, \(2,\); received \(1,\)"),
        ([1.0, 1.0], 0.0, "greater than 0; received 0"),
        ([1.0, np.nan], 1e-5, "not finite"),
    ],
)
def test_mistakes_are_named(gradient, step, sentence):
    with pytest.raises(UsageError, match=sentence):
        check_gradients(lambda x: x.sum(), gradient, [1.0, 2.0], step=step)
