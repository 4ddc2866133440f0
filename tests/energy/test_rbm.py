import copy

import numpy as np
import pytest
from scipy.special import expit, logsumexp
from sklearn.neural_network import BernoulliRBM

from learnet.core import DataError, UsageError
from learnet.energy import RestrictedBoltzmannMachine, bars_and_stripes


def every_state(units):
    return ((np.arange(2**units)[:, None] >> np.arange(units)) & 1).astype(np.float32)


def machine_with_weights(*, features=6, hidden=4, scale=1.0, **options):
    """Return a machine with known random weights."""
    random = np.random.default_rng(3)
    machine = RestrictedBoltzmannMachine(n_components=hidden, n_iter=0, **options).fit(np.zeros((1, features)))
    machine.components_[...] = random.normal(0, scale, (hidden, features))
    machine.intercept_hidden_[...] = random.normal(0, scale, hidden)
    machine.intercept_visible_[...] = random.normal(0, scale, features)
    return machine


def minus_energies(machine, visible):
    """Return -E of each visible state with each hidden one, (visible states, hidden states), binary units."""
    hidden = every_state(len(machine.components_))
    both = visible @ machine.components_.T @ hidden.T
    return both + (visible @ machine.intercept_visible_)[:, None] + hidden @ machine.intercept_hidden_


def log_probabilities(machine):
    joint = minus_energies(machine, every_state(machine.n_features_in_)).astype(float)
    return logsumexp(joint, axis=1) - logsumexp(joint)


@pytest.mark.parametrize(("features", "hidden"), [(6, 4), (4, 7)])
def test_free_energy_partition_and_likelihood_by_enumeration(features, hidden):
    machine = machine_with_weights(features=features, hidden=hidden)
    visible = every_state(features)
    joint = minus_energies(machine, visible).astype(float)
    assert machine.free_energy(visible) == pytest.approx(-logsumexp(joint, axis=1), abs=1e-5)
    assert machine.log_partition() == pytest.approx(logsumexp(joint), abs=1e-5)
    assert machine.log_likelihood(visible) == pytest.approx(log_probabilities(machine), abs=1e-5)
    assert machine.transform(visible) == pytest.approx(
        np.exp(joint - logsumexp(joint, axis=1, keepdims=True)) @ every_state(hidden), abs=1e-5
    )


def test_gaussian_units_have_a_density_that_integrates_to_one():
    machine = machine_with_weights(features=1, hidden=3, visible="gaussian")
    line = np.linspace(-30, 30, 20_001, dtype=np.float32)
    density = np.exp(machine.log_likelihood(line[:, None]))
    assert np.trapezoid(density, line) == pytest.approx(1, abs=1e-4)
    samples = machine.sample(20_000, steps=50)[:, 0]
    mean = np.trapezoid(density * line, line)
    assert samples.mean() == pytest.approx(mean, abs=5 * samples.std() / np.sqrt(20_000))
    assert samples.std() == pytest.approx(np.sqrt(np.trapezoid(density * (line - mean) ** 2, line)), rel=0.03)


def test_it_computes_what_scikit_learn_computes_from_the_same_weights():
    machine = machine_with_weights(features=9, hidden=5)
    theirs = BernoulliRBM(n_components=5, n_iter=0, random_state=0).fit(np.zeros((1, 9)))
    theirs.components_ = machine.components_.astype(float)
    theirs.intercept_hidden_ = machine.intercept_hidden_.astype(float)
    theirs.intercept_visible_ = machine.intercept_visible_.astype(float)
    data = np.random.default_rng(0).integers(0, 2, (4000, 9)).astype(np.float32)
    assert machine.transform(data) == pytest.approx(theirs.transform(data), abs=1e-5)
    ours, other = machine.score_samples(data), theirs.score_samples(data)
    exact = machine.pseudo_likelihood(data)
    for scores in (ours, other):
        assert scores.mean() == pytest.approx(exact.mean(), abs=5 * scores.std() / np.sqrt(4000))
    assert machine.score(data) == pytest.approx(ours.mean())
    assert np.array_equal(ours, machine.score_samples(data))


def test_pseudo_likelihood_is_the_sum_of_the_conditionals():
    machine = machine_with_weights(features=4, hidden=3)
    visible, logs = every_state(4), log_probabilities(machine)
    for number, state in enumerate(visible):
        total = 0.0
        for feature in range(4):
            other = number ^ (1 << feature)
            total += logs[number] - np.logaddexp(logs[number], logs[other])
        assert machine.pseudo_likelihood(state[None])[0] == pytest.approx(total, abs=1e-5)


def test_samples_have_the_probabilities_of_the_machine():
    machine = machine_with_weights(features=4, hidden=3)
    samples = machine.sample(20_000, steps=60).astype(int)
    found = np.bincount(samples @ (1 << np.arange(4)), minlength=16) / 20_000
    expected = np.exp(log_probabilities(machine))
    assert (np.abs(found - expected) <= 5 * np.sqrt(expected / 20_000) + 1e-4).all()
    start = np.ones((5, 4), np.float32)
    assert np.array_equal(
        machine.sample(5, steps=3, start=start, seed=2), machine.sample(5, steps=3, start=start, seed=2)
    )


def exact_slope(machine, data):
    """Return the mean log-likelihood's slope with respect to weights, hidden and visible biases."""
    visible = every_state(machine.n_features_in_)
    shares = np.exp(log_probabilities(machine))
    up = machine.transform
    weights = up(data).T @ data / len(data) - (up(visible) * shares[:, None]).T @ visible
    return weights, up(data).mean(axis=0) - shares @ up(visible), data.mean(axis=0) - shares @ visible


@pytest.mark.parametrize(
    "options", [{"method": "pcd", "n_chains": 8000, "k": 30}, {"method": "cd", "k": 30}], ids=["pcd", "cd"]
)
def test_long_chains_follow_the_exact_gradient(options):
    machine = machine_with_weights(features=5, hidden=3, scale=0.8, learning_rate=0.01, batch_size=10_000, **options)
    data = np.random.default_rng(1).integers(0, 2, (8000, 5)).astype(np.float32)
    expected = exact_slope(machine, data)
    before = [part.copy() for part in (machine.components_, machine.intercept_hidden_, machine.intercept_visible_)]
    machine.partial_fit(data)
    after = machine.components_, machine.intercept_hidden_, machine.intercept_visible_
    for slope, old, new in zip(expected, before, after, strict=True):
        assert (new - old) / 0.01 == pytest.approx(slope, abs=0.03)


def test_gaussian_chains_follow_the_exact_gradient():
    machine = machine_with_weights(
        features=2, hidden=2, scale=0.5, visible="gaussian", learning_rate=0.01, n_chains=20_000, k=30
    )
    data = np.random.default_rng(1).normal(0.4, 1.2, (500, 2)).astype(np.float32)

    def likelihood(part, index, shift):
        getattr(machine, part)[index] += shift
        value = machine.log_likelihood(data).mean()
        getattr(machine, part)[index] -= shift
        return value

    expected = {
        (part, index): (likelihood(part, index, 0.01) - likelihood(part, index, -0.01)) / 0.02
        for part, index in [("components_", (0, 1)), ("intercept_hidden_", (1,)), ("intercept_visible_", (0,))]
    }
    before = {(part, index): float(getattr(machine, part)[index]) for part, index in expected}
    machine.partial_fit(data)
    for (part, index), slope in expected.items():
        change = float(getattr(machine, part)[index]) - before[part, index]
        assert change / 0.01 == pytest.approx(slope, abs=0.05)


def test_momentum_and_decay_are_their_formulas():
    data = np.ones((10, 6), np.float32)
    plain = machine_with_weights(learning_rate=0.1)
    heavy = machine_with_weights(learning_rate=0.1, momentum=0.5)
    decayed = machine_with_weights(learning_rate=0.1, weight_decay=0.3)
    start = plain.components_.copy()
    for machine in (plain, heavy, decayed):
        machine.partial_fit(data)
    step = plain.components_ - start
    assert heavy.components_ == pytest.approx(plain.components_, abs=1e-6)
    assert decayed.components_ == pytest.approx(start * (1 - 0.03) + step, abs=1e-6)
    twin = machine_with_weights(learning_rate=0.1)
    for machine in (heavy, twin):
        machine._random = np.random.default_rng(0)
        machine._chains = np.ones_like(machine._chains)
    twin.components_[...], twin.intercept_hidden_[...] = heavy.components_, heavy.intercept_hidden_
    twin.intercept_visible_[...] = heavy.intercept_visible_
    here = heavy.components_.copy()
    for machine in (heavy, twin):
        machine.partial_fit(data)
    assert heavy.components_ - here == pytest.approx(twin.components_ - here + 0.5 * step, abs=1e-6)


def test_a_fit_belongs_to_its_seed_and_fills_no_data_twice():
    data = bars_and_stripes(3)
    kept = data.copy()
    one, same, other = (
        RestrictedBoltzmannMachine(n_components=8, n_iter=20, batch_size=4, seed=seed).fit(data) for seed in (0, 0, 1)
    )
    assert np.array_equal(one.components_, same.components_)
    assert not np.array_equal(one.components_, other.components_)
    assert np.array_equal(data, kept)
    assert one.components_.dtype == np.float32


def test_bars_and_stripes_are_learned():
    pictures = bars_and_stripes(3)
    machine = RestrictedBoltzmannMachine(
        n_components=16, batch_size=14, n_chains=100, n_iter=6000, learning_rate=0.1, schedule="linear"
    ).fit(pictures)
    likelihood = machine.log_likelihood(pictures).mean()
    assert -2.95 <= likelihood <= -np.log(14)
    estimate = machine.estimate_log_partition(data=pictures)
    assert estimate.log_z == pytest.approx(machine.log_partition(), abs=0.1)
    assert (np.round(machine.reconstruct(pictures)) == pictures).mean() > 0.95


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda _: RestrictedBoltzmannMachine().transform([[1.0]]), "learned nothing yet"),
        (lambda _: RestrictedBoltzmannMachine(n_components=0).fit([[1.0]]), "n_components must be at least 1"),
        (lambda _: RestrictedBoltzmannMachine(n_chains=0).fit([[1.0]]), "n_chains must be at least 1"),
        (lambda _: RestrictedBoltzmannMachine(momentum=1.0).fit([[1.0]]), r"momentum in \[0, 1\)"),
        (lambda _: RestrictedBoltzmannMachine(method="sgd").fit([[1.0]]), "one of pcd, cd; received 'sgd'"),
        (lambda _: RestrictedBoltzmannMachine(schedule="step").fit([[1.0]]), "constant, linear"),
        (lambda _: RestrictedBoltzmannMachine(visible="poisson").fit([[1.0]]), "no kind of visible units"),
        (lambda m: m.transform([[1.0]]), r"\(samples, 6\).*received \(1, 1\)"),
        (lambda m: m.transform([[np.nan] * 6]), "NaN or infinity"),
        (lambda m: m.sample(0), "received 0 and 1000"),
        (lambda _: machine_with_weights(visible="gaussian").score([[0.0] * 6]), "compare free_energy"),
        (lambda _: machine_with_weights(features=21, hidden=21).log_partition(), "estimate_log_partition"),
        (lambda _: machine_with_weights(hidden=21, visible="gaussian").log_partition(), "at most 20"),
        (lambda m: m.estimate_log_partition(chains=1), "received 1000 and 1"),
    ],
)
def test_impossible_requests_are_refused(wrong, words):
    with pytest.raises(UsageError, match=words):
        wrong(machine_with_weights())


def test_numbers_outside_the_unit_interval_need_scaling():
    with pytest.raises(DataError, match=r"found 0 to 16.*MinMaxScaler.*gaussian"):
        RestrictedBoltzmannMachine().fit([[0.0, 16.0]])
    with pytest.raises(DataError, match="found -1 to 1"):
        machine_with_weights(features=2).partial_fit([[-1.0, 1.0]])


def test_what_was_not_seen_in_learning_may_leave_the_interval():
    machine = machine_with_weights(features=2)
    assert machine.transform([[1.5, -0.5]]) == pytest.approx(
        expit(machine.components_ @ [1.5, -0.5] + machine.intercept_hidden_)[None], abs=1e-6
    )


def test_the_sigmoid_does_not_overflow():
    machine = machine_with_weights(scale=1e4)
    data = every_state(6)
    assert np.isfinite(machine.free_energy(data)).all()
    expected = expit(data @ machine.components_.T + machine.intercept_hidden_)
    assert machine.transform(data) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"method": "cd"}])
def test_learning_goes_on_from_a_state(options):
    data = bars_and_stripes(3)
    first = RestrictedBoltzmannMachine(n_components=4, n_iter=2, **options).fit(data)
    other = RestrictedBoltzmannMachine(**first.get_params())
    other.set_state(first.state(), random=copy.deepcopy(first.random))
    for machine in (first, other):
        machine.partial_fit(data)
    assert first.state().keys() == other.state().keys()
    for name, array in first.state().items():
        assert np.array_equal(other.state()[name], array), name
    other.state()["components"][...] = 0
    assert other.components_.all()


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("components"),
        lambda state: state.pop("velocity_components"),
        lambda state: state.update(chains=state["chains"][:, :2]),
        lambda state: state.update(intercept_visible=np.zeros(3)),
        lambda state: state.update(other=np.zeros(3)),
    ],
)
def test_a_state_of_another_machine_is_refused(change):
    machine = RestrictedBoltzmannMachine(n_components=4, n_iter=1, momentum=0.5).fit(bars_and_stripes(3))
    state = machine.state()
    change(state)
    with pytest.raises(UsageError, match="must hold what its method state returns"):
        machine.set_state(state, random=machine.random)
