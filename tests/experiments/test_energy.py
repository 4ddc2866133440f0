"""What the quick mode shows of experiments that need longer for their threshold."""

import numpy as np

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS


def test_most_boltzmann_machines_find_four_codes():
    outcome = EXPERIMENTS["boltzmann-encoder"].run(seeds=range(20), quick=True, progress=Silent())
    assert np.mean(outcome.measured["found four codes"]) >= 0.9
    assert 40 <= np.median(outcome.measured["cycles"]) <= 300
