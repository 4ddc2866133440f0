import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.gan import Mixture, mode_coverage


def test_a_ring_is_where_it_should_be():
    ring = Mixture.ring(modes=4, radius=2.0)
    assert ring.centres == pytest.approx(np.array([[2, 0], [0, 2], [-2, 0], [0, -2]]), abs=1e-12)


def test_draws_are_near_their_modes_and_equally_often():
    ring = Mixture.ring()
    found = mode_coverage(ring.draw(40_000, seed=1), ring)
    assert found.modes == 8
    assert found.near == pytest.approx(1 - np.exp(-4.5), abs=0.002)  # of a round Gaussian in the plane within 3 sigma
    assert found.shares == pytest.approx([found.near / 8] * 8, abs=0.01)


def test_collapse_is_seen():
    ring = Mixture.ring()
    points = np.repeat(ring.centres[2:3], 100, axis=0)
    points[:10] = ring.centres[5] + [0, 0.059]
    points[10] = ring.centres[6] + [0, 0.061]
    found = mode_coverage(points, ring)
    assert (found.modes, found.near) == (2, 0.99)
    assert found.shares == pytest.approx([0, 0, 0.89, 0, 0, 0.1, 0, 0])
    assert mode_coverage(points, ring, least=0.1).modes == 1


@given(st.integers(1, 9), st.integers(0, 2**31))
def test_shares_add_up(modes, seed):
    ring = Mixture.ring(modes=modes, sigma=0.5)
    points = np.random.default_rng(seed).normal(size=(30, 2))
    found = mode_coverage(points, ring)
    assert sum(found.shares) == pytest.approx(found.near)
    assert found.modes == sum(share > 0 for share in found.shares)


def test_what_does_not_fit_is_told():
    with pytest.raises(UsageError, match=r"Samples should be of shape \(n, 2\), at least one; received \(3, 1\)"):
        mode_coverage(np.zeros((3, 1)), Mixture.ring())
    with pytest.raises(UsageError, match="A mixture needs centres"):
        Mixture(centres=np.zeros((2, 2)), sigma=0.0)
