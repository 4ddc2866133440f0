"""What the quick mode shows of experiments that need longer for their threshold."""

import pytest

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS
from learnet.plots import to_png

pytestmark = pytest.mark.slow


def test_samples_come_near_most_modes_of_the_ring():
    outcome = EXPERIMENTS["gan-ring"].run(seeds=range(2), quick=True, progress=Silent())
    measured = outcome.measured
    assert max(measured["modes with a single sample at least"]) >= 6
    assert measured["modes of the best seed"][0] >= 3  # a generator that knows nothing finds none
    assert outcome.figure is not None
    assert to_png(outcome.figure(), dots_per_inch=30)[:4] == b"\x89PNG"


def test_digits_are_made_that_a_classifier_reads():
    measured = EXPERIMENTS["gan-digits"].run(seeds=range(1), quick=True, progress=Silent()).measured
    assert 0.2 <= measured["D of samples"][0] <= measured["D of examples"][0] <= 0.8
    assert measured["digits among them"][0] >= 8
    assert (
        measured["the same share of shuffled digits"][0] < measured["share of samples read with confidence over 0.9"][0]
    )
