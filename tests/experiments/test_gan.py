"""What the quick mode shows of experiments that need longer for their threshold."""

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS


def test_digits_are_made_that_a_classifier_reads():
    measured = EXPERIMENTS["gan-digits"].run(seeds=range(1), quick=True, progress=Silent()).measured
    assert 0.2 <= measured["D of samples"][0] <= measured["D of examples"][0] <= 0.8
    assert measured["digits among them"][0] >= 8
    assert (
        measured["the same share of shuffled digits"][0] < measured["share of samples read with confidence over 0.9"][0]
    )
