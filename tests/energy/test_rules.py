import numpy as np
import pytest

from learnet.core import UsageError
from learnet.energy import RULES, Hopfield, random_patterns


def storkey_by_the_book(patterns):
    """The rule with its sums written out, unit by unit (Storkey, 1997)."""
    units = patterns.shape[1]
    weights = np.zeros((units, units))
    for spin in patterns:
        old = weights.copy()
        for i in range(units):
            for j in range(units):
                if i == j:
                    continue
                ij = sum(old[i, k] * spin[k] for k in range(units) if k not in (i, j))
                ji = sum(old[j, k] * spin[k] for k in range(units) if k not in (i, j))
                weights[i, j] = old[i, j] + (spin[i] * spin[j] - spin[i] * ji - ij * spin[j]) / units
    return weights


def test_hebb_is_the_sum_of_the_paper():
    patterns = random_patterns(7, 12, coding="binary", seed=2).astype(int)
    expected = sum(np.outer(2 * v - 1, 2 * v - 1) for v in patterns)
    np.fill_diagonal(expected, 0)
    assert np.array_equal(Hopfield(coding="binary").fit(patterns).weights, expected)
    assert np.array_equal(Hopfield(rule="clipped", coding="binary").fit(patterns).weights, np.sign(expected))


def test_storkey_is_its_formula_written_out():
    patterns = random_patterns(5, 8, seed=1).astype(float)
    assert Hopfield(rule="storkey").fit(patterns).weights == pytest.approx(storkey_by_the_book(patterns), abs=1e-12)


def test_the_pseudo_inverse_projects_on_the_patterns():
    patterns = random_patterns(9, 20, seed=3).astype(float)
    weights = Hopfield(rule="pseudo-inverse").fit(patterns).weights
    projection = patterns.T @ np.linalg.inv(patterns @ patterns.T) @ patterns
    assert weights == pytest.approx(projection * ~np.eye(20, dtype=bool), abs=1e-12)


def test_the_pseudo_inverse_bears_patterns_that_depend_on_each_other():
    patterns = random_patterns(3, 15, seed=3)
    twice = np.concatenate([patterns, -patterns[:1], patterns[1:2]])
    one, other = (Hopfield(rule="pseudo-inverse").fit(some).weights for some in (patterns, twice))
    assert one == pytest.approx(other, abs=1e-10)


@pytest.mark.parametrize("rule", RULES.names())
def test_every_rule_is_symmetric_without_a_diagonal_and_remembers_a_few(rule):
    patterns = random_patterns(4, 60, networks=3, seed=5)
    network = Hopfield(rule=rule, networks=3).fit(patterns)
    assert network.weights.transpose(0, 2, 1) == pytest.approx(network.weights, abs=1e-12)
    assert not network.weights.diagonal(axis1=1, axis2=2).any()
    assert network.stable().all()
    for number in range(3):
        alone = Hopfield(rule=rule).fit(patterns[number]).weights
        assert network.weights[number] == pytest.approx(alone, abs=1e-12)


def test_a_mistyped_rule_gets_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'storkey'"):
        Hopfield(rule="storky")
