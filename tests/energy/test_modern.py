import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax

from learnet.core import DataError, UsageError
from learnet.energy import ModernHopfield, corrupt, random_patterns


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), beta=st.floats(0.05, 20), patterns=st.integers(1, 8), units=st.integers(1, 6))
def test_update_and_energy_are_the_papers_and_energy_never_rises(seed, beta, patterns, units):
    random = np.random.default_rng(seed)
    stored, cues = random.normal(size=(patterns, units)), random.normal(size=(5, units))
    network = ModernHopfield(beta=beta).fit(stored)
    recall = network.recall(cues, steps=6)
    first = network.recall(cues)
    assert first.states == pytest.approx(softmax(beta * cues @ stored.T, axis=1) @ stored, abs=1e-9)
    length = (stored**2).sum(axis=1).max()
    energy = -logsumexp(beta * cues @ stored.T, axis=1) / beta + 0.5 * (cues**2).sum(axis=1)
    energy += np.log(patterns) / beta + 0.5 * length
    assert network.energy(cues) == pytest.approx(energy, abs=1e-9)
    assert recall.energies[:, 0] == pytest.approx(energy, abs=1e-9)
    assert (np.diff(recall.energies, axis=1) <= 1e-9).all()
    assert (recall.energies >= -1e-9).all()
    assert recall.attention.sum(axis=1) == pytest.approx(1, abs=1e-9)


def test_a_thousand_patterns_of_100_units_come_back_in_one_step():
    patterns = random_patterns(1000, 100)
    recall = ModernHopfield(beta=1.0).fit(patterns).recall(corrupt(patterns[:300], flips=10))
    assert recall.steps == 1
    assert (np.sign(recall.states) == patterns[:300]).all(axis=1).mean() >= 0.99
    assert (recall.attention.argmax(axis=1) == np.arange(300)).mean() >= 0.99


def test_a_blunt_network_answers_with_the_mean_and_a_fixed_point_stops_it():
    stored = np.array([[1.0, 0.0], [0.0, 1.0]])
    recall = ModernHopfield(beta=1e-3).fit(stored).recall([0.9, 0.1], steps=50, tolerance=1e-12)
    assert recall.states == pytest.approx([0.5, 0.5], abs=1e-6)
    assert recall.steps < 50


def test_pictures_and_float32_stay():
    pictures = random_patterns(6, 16).reshape(6, 4, 4).astype(np.float32)
    network = ModernHopfield().fit(pictures)
    recall = network.recall(pictures[2])
    assert recall.states.shape == (4, 4)
    assert recall.states.dtype == np.float32
    assert recall.states == pytest.approx(pictures[2], abs=1e-2)


def test_impossible_requests_are_refused():
    network = ModernHopfield().fit([[1.0, 2.0]])
    with pytest.raises(UsageError, match="received 0"):
        ModernHopfield(beta=0)
    with pytest.raises(UsageError, match="stores nothing yet"):
        ModernHopfield().recall([1.0])
    with pytest.raises(UsageError, match=r"the axes \(2,\) of the patterns; received \(3,\)"):
        network.recall([1.0, 2.0, 3.0])
    with pytest.raises(UsageError, match="at least 1 step; received 0"):
        network.recall([1.0, 2.0], steps=0)
    with pytest.raises(DataError, match="NaN or infinite"):
        network.recall([np.nan, 2.0])
    with pytest.raises(UsageError, match="Patterns must have the shape"):
        network.fit([1.0])
