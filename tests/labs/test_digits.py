import numpy as np
import pytest
from sklearn.datasets import load_digits

from learnet.core import UsageError
from learnet.labs import lab_digits


def test_digits_are_all_there_once_and_chosen_by_the_seed():
    digits = lab_digits(1000, seed=3)
    images, labels = load_digits(return_X_y=True)
    ours = np.concatenate([digits.train[0], digits.test[0]]) * 16
    rows = np.column_stack([ours, np.concatenate([digits.train[1], digits.test[1]])])
    wanted = np.column_stack([images, labels])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], wanted[np.lexsort(wanted.T)])
    np.testing.assert_array_equal(digits.train[1], lab_digits(1000, seed=3).train[1])
    assert not np.array_equal(digits.train[1], lab_digits(1000, seed=4).train[1])


@pytest.mark.parametrize("count", [9, 1788])
def test_there_are_only_so_many(count):
    with pytest.raises(UsageError, match="10 to 1,787"):
        lab_digits(count)
