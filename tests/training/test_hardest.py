import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from learnet.training.hardest import Hardest


def plan(hardest, epoch):
    return np.concatenate(hardest.plan(epoch))


def told(losses, **options):
    """Return one that has seen everything, with these losses."""
    hardest = Hardest(len(losses), **{"batch_size": len(losses), "share": 0.5, "seed": 0, **options})
    hardest.note(np.arange(len(losses)), np.asarray(losses, np.float32))
    hardest.begin_epoch()
    return hardest


@given(count=st.integers(1, 200), batch_size=st.integers(1, 64), share=st.floats(0.05, 1.0), epoch=st.integers(0, 9))
def test_an_epoch_takes_its_share_and_nothing_twice(count, batch_size, share, epoch):
    hardest = told(np.random.default_rng(0).random(count), batch_size=batch_size, share=share)
    batches = hardest.plan(epoch)
    rows = np.concatenate(batches)
    assert len(batches) == math.ceil(count * share / batch_size)
    assert max(map(len, batches)) <= batch_size
    assert len(set(rows.tolist())) == len(rows)
    assert abs(len(rows) - count * share) < len(batches)


def test_one_batch_holds_the_largest_losses_of_all():
    losses = np.random.default_rng(3).permutation(20) / 10
    taken = plan(told(losses, batch_size=10), 4)
    assert np.array_equal(np.sort(losses[taken]), np.sort(losses)[10:])


def test_each_batch_holds_the_larger_losses_of_what_was_drawn_for_it():
    losses = np.random.default_rng(3).random(40)
    whole, half = (told(losses, batch_size=size, share=share) for size, share in ((10, 1.0), (5, 0.5)))
    for drawn, taken in zip(whole.plan(2), half.plan(2), strict=True):
        assert set(taken) == set(drawn[np.argsort(losses[drawn])[5:]])


def test_what_was_never_seen_comes_first_and_what_was_passed_over_has_its_turn():
    hardest = Hardest(30, batch_size=10, share=1 / 3, seed=1)
    for epoch in range(3):
        hardest.begin_epoch()
        rows = plan(hardest, epoch)
        hardest.note(rows, np.full(10, 3.0 - epoch, np.float32))  # learning: each epoch's losses are smaller
    hardest.begin_epoch()
    assert np.array_equal(hardest.visits, np.ones(30))
    oldest = plan(hardest, 3)
    hardest.note(oldest, np.zeros(10, np.float32))
    hardest.begin_epoch()
    assert not set(plan(hardest, 4)) & set(oldest)


def test_what_an_epoch_hears_changes_the_next_one_only():
    hardest = told(np.arange(12.0), batch_size=6)
    before, visits = plan(hardest, 5), hardest.visits.copy()
    hardest.note(before[:3], np.zeros(3, np.float32))
    assert np.array_equal(plan(hardest, 5), before)
    assert np.array_equal(hardest.visits, visits)
    hardest.begin_epoch()
    assert not set(before[:3]) & set(plan(hardest, 5))


def test_its_state_is_all_there_is_to_know():
    one, other = told(np.arange(12.0), batch_size=6), Hardest(12, batch_size=6, share=0.5, seed=0)
    one.note(np.array([11, 3]), np.float32([0.5, 20]))
    other.restore(one.state())
    for _ in range(2):
        assert np.array_equal(plan(one, 7), plan(other, 7))
        assert np.array_equal(one.visits, other.visits)
        one.begin_epoch()
        other.begin_epoch()
