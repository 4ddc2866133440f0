import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import DataError, UsageError
from learnet.energy import CODINGS, Hopfield, corrupt, overlap, random_patterns
from learnet.energy.dynamics import Landscape, move_singly, move_together


def unit_by_unit(weights, state, random):
    """Update one unit at a time, each drawn from all; return the state at rest and how many updates it took."""
    state, updates, last = state.copy(), 0, 0
    while (state * (weights @ state) < 0).any():
        unit = random.integers(len(state))
        updates += 1
        field = weights[unit] @ state
        if field * state[unit] < 0:
            state[unit] *= -1
            last = updates
    return state, last


def landscape(weights, *, coding="bipolar", threshold=0.0):
    return Landscape(weights=np.asarray(weights, float)[None], threshold=threshold, coding=CODINGS[coding])


@st.composite
def symmetric(draw):
    """Draw weights, a threshold, a coding and spins."""
    units = draw(st.integers(2, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = draw(st.booleans())
    half = np.triu(random.integers(-3, 4, (units, units)) if whole else random.normal(size=(units, units)), 1)
    spins = np.where(random.random((6, units)) < 0.5, -1, 1).astype(np.float32)
    threshold = draw(st.sampled_from([0.0, 1.0, -2.0, 0.37]))
    return landscape(half + half.T, coding=draw(st.sampled_from(CODINGS.names())), threshold=threshold), spins


@given(symmetric())
@settings(max_examples=150, deadline=None)
def test_energy_never_rises_one_unit_at_a_time(case):
    land, spins = case
    network = np.zeros(len(spins), int)
    end = move_singly(land, spins, network, random=np.random.default_rng(0), limit=10_000, trace=True)
    assert end.rested.all()
    assert (np.diff(end.energies, axis=1) <= 1e-9).all()
    for cue, (state, units, energies) in enumerate(zip(spins.astype(float), end.units, end.energies, strict=True)):
        for number, unit in enumerate(units[units >= 0], start=1):
            levels = (state + 1) / 2 if land.coding.name == "binary" else state
            field = land.weights[0, unit] @ levels - land.threshold
            assert field * state[unit] < 1e-9
            state[unit] *= -1
            levels = (state + 1) / 2 if land.coding.name == "binary" else state
            energy = -0.5 * levels @ land.weights[0] @ levels + land.threshold * levels.sum()
            assert energies[number] == pytest.approx(energy, abs=1e-9)
        assert np.array_equal(state, end.spins[cue])
        assert (units >= 0).sum() == end.flips[cue] <= end.updates[cue]


@given(symmetric())
@settings(max_examples=50, deadline=None)
def test_all_at_once_ends_at_rest_or_in_two_states_that_take_turns(case):
    land, spins = case
    network = np.zeros(len(spins), int)
    end = move_together(land, spins, network, limit=1000 * spins.shape[1], trace=False)

    def step(state):
        fields = land.fields(state, network)
        return np.where(fields == 0, state, np.sign(fields)).astype(np.float32)

    once = step(end.spins)
    assert np.array_equal((once == end.spins).all(axis=1), end.rested)
    assert np.array_equal(step(once), end.spins)


def test_jumping_from_change_to_change_has_the_law_of_one_unit_after_the_other():
    half = np.triu(np.random.default_rng(3).integers(-3, 4, (6, 6)), 1)
    weights, copies = (half + half.T).astype(float), 4000
    start = np.ones(6)
    random = np.random.default_rng(1)
    oracle = [unit_by_unit(weights, start, random) for _ in range(copies)]
    spins = np.ones((copies, 6), np.float32)
    end = move_singly(landscape(weights), spins, np.zeros(copies, int), random=random, limit=10**6, trace=False)
    power = 2 ** np.arange(6)
    theirs = np.bincount((np.array([state for state, _ in oracle]) > 0) @ power, minlength=64)
    ours = np.bincount((end.spins > 0) @ power, minlength=64)
    assert (theirs > 0).sum() > 1
    assert (np.abs(theirs - ours) <= 5 * np.sqrt(theirs + ours + 1)).all()
    waits = np.array([last for _, last in oracle])
    assert end.updates.mean() == pytest.approx(waits.mean(), abs=5 * waits.std() * np.sqrt(2 / copies))
    assert end.updates.std() == pytest.approx(waits.std(), rel=0.1)


def test_energy_by_hand_in_both_codings():
    patterns = [[1, 1, -1, 1], [1, -1, -1, -1]]
    network = Hopfield().fit(patterns)
    assert network.weights.tolist() == [[0, 0, -2, 0], [0, 0, 0, 2], [-2, 0, 0, 0], [0, 2, 0, 0]]
    assert network.energy(patterns).tolist() == [-4.0, -4.0]
    binary = Hopfield(coding="binary", threshold=0.5).fit(np.array(patterns) > 0)
    assert np.array_equal(binary.weights, network.weights)
    assert binary.energy([[1, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]]).tolist() == [-0.5, 0.5, 2.0]


def test_a_tie_leaves_a_unit_as_it_is():
    network = Hopfield().fit([[1, 1, -1, 1], [1, -1, -1, -1]])
    states = np.array([[1, 1, -1, 1], [-1, 1, 1, 1], [1, -1, -1, -1], [-1, -1, 1, -1]])
    assert network.stable(states).all()
    assert not Hopfield(coding="binary").fit([[1, 1], [1, 0]]).unstable_units([[0, 0], [0, 1], [1, 0]]).any()


def test_updates_at_once_may_never_rest():
    network = Hopfield().fit([[1, -1]])
    both = network.recall([[1, 1], [1, -1]], update="synchronous", trace=True)
    assert both.rested.tolist() == [False, True]
    assert both.flips.tolist() == [4, 0]
    assert both.energies.tolist() == [[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]]
    single = network.recall([[1, 1], [1, -1]])
    assert single.rested.all()
    assert (single.energy == -1).all()


def test_each_network_recalls_its_own_patterns():
    patterns = random_patterns(4, 80, networks=5, seed=8)
    network = Hopfield(networks=5).fit(patterns)
    cues = corrupt(patterns, flips=12)
    many = network.recall(cues)
    assert np.array_equal(many.states, patterns)
    for number in range(5):
        alone = Hopfield().fit(patterns[number])
        assert np.array_equal(alone.recall(cues[number]).states, many.states[number])
        assert np.array_equal(alone.energy(cues[number]), network.energy(cues)[number])


def test_one_cue_pictures_and_booleans():
    pictures = random_patterns(3, 64, coding="binary", seed=1).reshape(3, 8, 8)
    network = Hopfield(rule="pseudo-inverse", coding="binary", threshold=0.0).fit(pictures == 1)
    assert network.stable().shape == (3,)
    bipolar = Hopfield(rule="pseudo-inverse").fit(2 * pictures - 1)
    recall = bipolar.recall(corrupt(2 * pictures[1] - 1, flips=6, units_axes=2), trace=True)
    assert np.array_equal(recall.states, 2 * pictures[1] - 1)
    assert recall.energy.shape == ()
    assert recall.units.shape == (recall.flips,)
    assert recall.energies[-1] == pytest.approx(float(recall.energy), abs=1e-9)


def test_a_recall_is_repeated_by_its_seed_and_stopped_by_its_limit():
    network = Hopfield().fit(random_patterns(40, 100))
    cues = random_patterns(50, 100, seed=9)
    one, same, other = (network.recall(cues, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.states, same.states)
    assert not np.array_equal(one.states, other.states)
    short = network.recall(cues, max_sweeps=1)
    assert not short.rested.all()
    assert (short.updates <= 100).all()
    assert (short.energy <= network.energy(cues)).all()


def test_the_paper_on_100_units_with_5_and_10_memories():
    shares = {}
    for count in (5, 10):
        patterns = random_patterns(count, 100, networks=100, coding="binary", seed=1)
        shares[count] = Hopfield(coding="binary", networks=100).fit(patterns).stable().mean()
    assert shares[5] >= 0.95
    assert shares[10] == pytest.approx(0.6, abs=0.1)


def test_memory_breaks_down_beyond_its_capacity():
    found = {}
    for load in (0.12, 0.25):
        patterns = random_patterns(int(500 * load), 500, networks=2, seed=3)
        recall = Hopfield(networks=2).fit(patterns).recall(patterns)
        found[load] = overlap(recall.states, patterns).mean()
    assert found[0.12] >= 0.97
    assert found[0.25] <= 0.55


def test_better_rules_hold_more():
    patterns = random_patterns(20, 100, networks=10, seed=2)
    assert Hopfield(networks=10).fit(patterns).stable().mean() <= 0.7
    assert Hopfield(rule="storkey", networks=10).fit(patterns).stable().mean() >= 0.95
    assert Hopfield(rule="pseudo-inverse").fit(random_patterns(90, 100)).stable().all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda _: Hopfield().recall([1]), "learned nothing yet"),
        (lambda _: Hopfield(networks=0), "received 0"),
        (lambda _: Hopfield().fit([1, -1]), r"\(patterns, units\), or pictures for units; received \(2,\)"),
        (lambda _: Hopfield(networks=3).fit(np.ones((2, 4, 5))), r"\(3, patterns, units\)"),
        (lambda n: n.recall([1, 1]), r"the axes \('...', 3\) of the learned patterns; received \(2,\)"),
        (lambda n: n.recall([1, 1, 1], update="random"), "received 'random'"),
        (lambda n: n.recall([1, 1, 1], max_sweeps=0), "received 0"),
        (lambda _: Hopfield(coding="octal"), "no coding named 'octal'"),
    ],
)
def test_impossible_requests_are_refused(wrong, words):
    with pytest.raises(UsageError, match=words):
        wrong(Hopfield().fit([[1, 1, -1]]))


def test_a_cue_in_the_other_coding_is_refused():
    with pytest.raises(DataError, match=r"The cues must hold only -1 and 1 .* found 0"):
        Hopfield().fit([[1, 1, -1]]).recall([1, 0, 1])


@pytest.mark.parametrize("networks", [None, 2])
def test_weights_learned_before_are_taken_over(networks):
    patterns = random_patterns(3, 12, networks=networks, seed=4)
    taught = Hopfield(rule="storkey", networks=networks).fit(patterns)
    other = Hopfield(rule="storkey", networks=networks).set_weights(taught.weights, patterns=patterns)
    cues = corrupt(patterns, flips=3)
    assert other.shape == taught.shape == (12,)
    assert np.array_equal(other.weights, taught.weights)
    assert np.array_equal(other.recall(cues).states, taught.recall(cues).states)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (np.zeros((3, 3)), "as many weights a unit"),
        (np.triu(np.ones((2, 2)), 1), "must be symmetric"),
        (np.eye(2), "with a zero diagonal"),
        (np.full((2, 2), np.nan), "must be symmetric"),
    ],
)
def test_weights_that_no_hopfield_network_has_are_refused(weights, sentence):
    with pytest.raises(UsageError, match=sentence):
        Hopfield().set_weights(weights, patterns=[[1, -1]])
