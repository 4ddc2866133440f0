import numpy as np
import pytest

from learnet.energy import RestrictedBoltzmannMachine, bars_and_stripes


def machine_with_weights(visible, *, scale):
    random = np.random.default_rng(5)
    machine = RestrictedBoltzmannMachine(n_components=8, n_iter=0, visible=visible).fit(np.zeros((1, 12)))
    machine.components_[...] = random.normal(0, scale, (8, 12))
    machine.intercept_hidden_[...] = random.normal(0, 1, 8)
    machine.intercept_visible_[...] = random.normal(0, 1, 12)
    return machine


@pytest.mark.parametrize(("visible", "scale"), [("binary", 1.0), ("gaussian", 0.3)])
@pytest.mark.parametrize("with_data", [False, True])
def test_annealed_importance_sampling_agrees_with_enumeration(visible, scale, with_data):
    machine = machine_with_weights(visible, scale=scale)
    data = np.random.default_rng(0).random((50, 12)) if with_data else None
    estimate = machine.estimate_log_partition(temperatures=500, chains=200, data=data)
    exact = machine.log_partition()
    assert estimate.log_z == pytest.approx(exact, abs=0.1)
    assert estimate.low <= exact <= estimate.high
    assert np.log(np.exp(estimate.log_weights).mean()) == pytest.approx(estimate.log_z, abs=1e-9)


def test_independent_units_are_estimated_without_error():
    machine = machine_with_weights("binary", scale=0.0)
    machine.intercept_hidden_[...] = 0
    estimate = machine.estimate_log_partition(temperatures=1, chains=2)
    assert estimate.log_z == pytest.approx(machine.log_partition(), abs=1e-6)
    assert estimate.high - estimate.low == pytest.approx(0, abs=1e-6)


def test_few_chains_that_disagree_leave_no_lower_end():
    machine = machine_with_weights("binary", scale=3.0)
    estimate = machine.estimate_log_partition(temperatures=1, chains=2)
    assert estimate.low == -np.inf
    assert estimate.high > estimate.log_z


def test_a_larger_side_is_summed_in_closed_form():
    pictures = bars_and_stripes(3)
    wide = RestrictedBoltzmannMachine(n_components=30, n_iter=5, batch_size=7).fit(pictures)
    estimate = wide.estimate_log_partition(temperatures=300, chains=100)
    assert estimate.log_z == pytest.approx(wide.log_partition(), abs=0.05)
