import numpy as np
import pytest

from learnet.core import UsageError
from learnet.gan import score_images


def test_sure_answers_are_counted_by_class():
    sure, unsure = np.eye(4) * 0.92 + 0.02, np.full((1, 4), 0.25)
    found = score_images(np.vstack([sure[[0, 0, 1, 3]], unsure]))
    assert found.confident == pytest.approx(0.8)
    assert found.classes == 3
    assert found.shares == pytest.approx((0.4, 0.2, 0, 0.2))
    assert found.evenness == pytest.approx(1.5 / 2)  # bits of (1/2, 1/4, 1/4) over those of 4 equal shares


def test_the_confidence_asked_for_decides():
    answers = [[0.9, 0.1], [0.7, 0.3]]
    assert score_images(answers).confident == 0
    assert score_images(answers, confidence=0.6).confident == 1
    assert score_images(answers).evenness == 0


def test_numbers_that_are_no_distributions_are_refused():
    with pytest.raises(UsageError, match="each row with the sum 1"):
        score_images([[2.0, 3.0]])
