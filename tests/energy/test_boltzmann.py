import numpy as np
import pytest

from learnet.core import DataError, UsageError
from learnet.energy import Annealing, BoltzmannMachine, Noise, connectivity, distinct_codes, encoder

PATIENT = Annealing(steps=((2, 20.0), (8, 10.0)), counting=40)


def machine_with_weights(*, machines=2, annealing=PATIENT, scale=8.0, visible=3, hidden=2):
    random = np.random.default_rng(7)
    units = visible + hidden
    half = np.triu(random.normal(0, scale, (machines, units, units)), 1)
    machine = BoltzmannMachine(visible=visible, hidden=hidden, machines=machines, annealing=annealing, seed=1)
    machine.set_weights(half + half.transpose(0, 2, 1), biases=random.normal(0, scale, (machines, units)))
    return machine


def every_state(units):
    return (np.arange(2**units)[:, None] >> np.arange(units)) & 1


def energies_by_hand(machine, number):
    states, weights, biases = every_state(machine.units), machine.weights[number], machine.biases[number]
    pairs = [sum(weights[i, j] * s[i] * s[j] for i in range(len(s)) for j in range(i)) for s in states]
    return -np.array(pairs) - states @ biases


def test_energy_and_probabilities_are_their_definitions():
    machine = machine_with_weights()
    vectors = every_state(3).astype(float)
    for number in range(2):
        energies = energies_by_hand(machine, number)
        assert machine.energy(every_state(5))[number] == pytest.approx(energies, abs=1e-4)
        weights = np.exp(-energies / 10)
        visible = (weights / weights.sum()).reshape(4, 8).sum(axis=0)
        assert np.exp(machine.log_likelihood(vectors)[number]) == pytest.approx(visible, abs=1e-6)


def test_annealing_ends_in_the_distribution_of_boltzmann():
    machine = machine_with_weights()
    states = machine.sample(chains=20_000)
    for number in range(2):
        weights = np.exp(-energies_by_hand(machine, number) / 10)
        expected = weights / weights.sum()
        found = np.bincount(states[number] @ (1 << np.arange(5)), minlength=32) / 20_000
        assert (np.abs(found - expected) <= 5 * np.sqrt(expected / 20_000) + 1e-4).all()


def test_clamped_units_stay_and_the_others_follow_them():
    machine = machine_with_weights()
    held = [1.0, np.nan, 0.0, np.nan, np.nan]
    states = machine.sample(clamped=held, chains=20_000)
    assert (states[:, :, 0] == 1).all()
    assert not states[:, :, 2].any()
    possible = every_state(5)
    agree = (possible[:, 0] == 1) & (possible[:, 2] == 0)
    weights = np.exp(-energies_by_hand(machine, 0) / 10) * agree
    expected = (weights[:, None] * possible).sum(axis=0) / weights.sum()
    assert states[0].mean(axis=0) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("noise", [None, Noise()])
def test_the_exact_gradient_is_the_slope_of_the_likelihood(noise):
    machine = machine_with_weights(machines=1, scale=4.0)
    vectors = np.array([[1, 0, 1], [0, 1, 1]])
    weighted = [(vectors, np.full(2, 0.5))] if noise is None else noisy_vectors(vectors, noise)

    def likelihood(table):
        probe = BoltzmannMachine(visible=3, hidden=2, annealing=PATIENT)
        probe.set_weights(table, biases=np.diag(table))
        return sum((share * probe.log_likelihood(some)[0]).sum() for some, share in weighted)

    gradient = machine.exact_gradient(vectors, noise=noise)[0] / 10
    table = machine.table[0].astype(float)
    for i, j in [(0, 0), (4, 4), (0, 1), (2, 3), (3, 4)]:
        shift = np.zeros((5, 5))
        shift[i, j] = shift[j, i] = 0.25  # float32 weights need a wide step; the error is of its square
        slope = (likelihood(table + shift) - likelihood(table - shift)) / 0.5
        assert gradient[i, j] == pytest.approx(slope, abs=2e-4)


def noisy_vectors(vectors, noise):
    states = every_state(3)
    shares = np.zeros(8)
    for vector in vectors:
        stays = np.where(vector > 0, 1 - noise.off, 1 - noise.on)
        shares += np.where(states == vector, stays, 1 - stays).prod(axis=1) / len(vectors)
    return [(states, shares)]


@pytest.mark.parametrize("noise", [None, Noise()])
def test_sampled_and_exact_gradients_point_the_same_way(noise):
    machine = machine_with_weights()
    vectors = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0]])
    sampled = machine.gradient(vectors, annealings=200, noise=noise)
    exact = machine.exact_gradient(vectors, noise=noise)
    assert np.allclose(sampled, sampled.transpose(0, 2, 1))
    for one, other in zip(sampled, exact, strict=True):
        assert (one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other) > 0.95
        assert one == pytest.approx(other, abs=0.06)


def test_following_the_gradient_learns_a_distribution():
    vectors = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])  # the parity of two: it needs a hidden unit
    machine = BoltzmannMachine(visible=3, hidden=1, machines=4, annealing=Annealing(steps=((10, 1.0),)), seed=3)
    machine.table[:] = np.triu(np.random.default_rng(0).normal(0, 1.0, (4, 4, 4)))
    machine.table += np.triu(machine.table, 1).transpose(0, 2, 1)
    before = machine.divergence(vectors)
    quiet = Noise(off=0.0, on=0.0)
    for _ in range(2000):
        machine.table += 2 * machine.exact_gradient(vectors, noise=quiet).astype(np.float32)
    assert (machine.divergence(vectors) < 0.1).any()
    assert (machine.divergence(vectors) < before).all()


def test_a_step_of_the_paper_is_two_by_the_sign_and_keeps_to_the_mask():
    machine, vectors = encoder(4, 2, machines=3, seed=5)
    result = machine.fit(vectors, cycles=1)
    assert set(np.unique(machine.table)) <= {-2.0, 0.0, 2.0}
    machine.fit(vectors, cycles=30)
    assert not machine.weights[:, :4, 4:8].any()
    assert (machine.weights[:, 8, 9] != 0).any()
    assert np.array_equal(machine.table, machine.table.transpose(0, 2, 1))
    assert result.cycles.tolist() == [1, 1, 1]
    assert not result.reached.any()
    assert np.median(machine.weights[:, 0, 1:4]) <= -20  # the paper's first phase: one unit of a group at a time


def test_the_encoder_finds_four_codes_and_machines_that_did_rest():
    machine, vectors = encoder(4, 2, machines=10, seed=0)
    result = machine.fit(vectors, cycles=300, until=lambda some: distinct_codes(some, vectors))
    assert result.reached.sum() >= 5
    assert np.array_equal(distinct_codes(machine, vectors), result.reached)
    assert (result.cycles[~result.reached] == 300).all()
    codes = machine.hidden_codes(vectors)
    assert all(len({tuple(code) for code in codes[number]}) == 4 for number in np.flatnonzero(result.reached))


def test_hidden_codes_are_the_likeliest_of_all():
    machine = machine_with_weights()
    vectors = every_state(3)
    for number in range(2):
        table = energies_by_hand(machine, number).reshape(4, 8)  # hidden by visible states
        assert np.array_equal(machine.hidden_codes(vectors)[number], every_state(2)[table.argmin(axis=0)])


def test_noise_turns_bits_over_as_often_as_it_says():
    bits = np.repeat(np.array([[0.0, 1.0]], np.float32), 100_000, axis=0)
    noisy = Noise().apply(bits, np.random.default_rng(0))
    assert noisy.mean(axis=0) == pytest.approx([0.05, 0.85], abs=0.005)


def test_a_machine_without_hidden_units_and_selected_machines():
    machine = machine_with_weights(hidden=0, machines=3)
    some = machine.select([2, 0])
    assert np.array_equal(some.table, machine.table[[2, 0]])
    exact = machine.exact_gradient([[1, 0, 1]])
    assert machine.gradient([[1, 0, 1]], annealings=400) == pytest.approx(exact, abs=0.06)
    assert machine.hidden_codes([[1, 0, 1]]).shape == (3, 1, 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: BoltzmannMachine(visible=0), "received 0, 0 and 1"),
        (lambda: BoltzmannMachine(visible=2, mask=np.ones((3, 3), bool)), r"of the shape \(2, 2\)"),
        (lambda: BoltzmannMachine(visible=2, mask=np.array([[1, 1], [0, 1]], bool)), "symmetric"),
        (lambda: BoltzmannMachine(visible=2).set_weights([[0, 1], [2, 0]], biases=[0, 0]), "must be symmetric"),
        (lambda: BoltzmannMachine(visible=2).fit([[1, 0]], cycles=0), "at least 1 cycle"),
        (lambda: BoltzmannMachine(visible=2).fit([[1, 0]], cycles=1, step="newton"), "'newton'"),
        (lambda: BoltzmannMachine(visible=2).gradient([[1, 0, 0]]), r"\(n, 2\); received \(1, 3\)"),
        (lambda: BoltzmannMachine(visible=21).exact_gradient(np.zeros((1, 21))), "20 at most"),
        (lambda: BoltzmannMachine(visible=2).sample(clamped=[[1, np.nan], [np.nan, 1]]), "same free units"),
        (lambda: Annealing(steps=()), "needs steps"),
        (lambda: Annealing(steps=((1, 0.0),)), "temperature greater than 0"),
        (lambda: Annealing(counting=0), "at least 1 unit of time"),
        (lambda: Noise(off=1.5), "received off=1.5"),
        (lambda: connectivity({"a": 1}, apart=[("a", "b")]), "there are a"),
    ],
)
def test_impossible_requests_are_refused(wrong, words):
    with pytest.raises(UsageError, match=words):
        wrong()


def test_vectors_are_bits():
    with pytest.raises(DataError, match="only 0 and 1"):
        BoltzmannMachine(visible=2).fit([[1, -1]], cycles=1)
