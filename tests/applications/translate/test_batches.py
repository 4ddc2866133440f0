import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.applications.translate import Sentences, bucketed, sentence_feed

LENGTHS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=60)


def sentences(lengths):
    return Sentences(
        source=[list(range(10, 10 + s)) for s, _ in lengths], target=[list(range(50, 50 + t)) for _, t in lengths]
    )


@settings(max_examples=50, deadline=None)
@given(LENGTHS, st.integers(16, 200), st.integers(0, 5))
def test_each_epoch_has_every_sentence_once_in_as_many_batches(lengths, pieces, epoch):
    plan = bucketed(sentences(lengths), pieces=pieces, seed=1)
    assert sorted(np.concatenate(plan(epoch)).tolist()) == list(range(len(lengths)))
    assert len(plan(epoch)) == len(plan(0))
    assert [rows.tolist() for rows in plan(epoch)] == [rows.tolist() for rows in plan(epoch)]


def test_little_of_a_batch_is_padding():
    random = np.random.default_rng(0)
    lengths = [(int(n) + 1, int(n) + 1) for n in random.integers(5, 30, 2000)]
    feed = sentence_feed(sentences(lengths), pieces=600, seed=0)
    batches = list(feed.epoch(1))
    there, room = (sum(f(batch.targets) for batch in batches) for f in (np.count_nonzero, np.size))
    assert there / room > 0.9
    assert max(batch.targets.size for batch in batches) <= 600 * 1.1
    assert any(
        a.tolist() != b.tolist()
        for a, b in zip(*(bucketed(sentences(lengths), pieces=600, seed=0)(n) for n in (0, 1)), strict=True)
    )


def test_the_decoder_hears_what_it_should_have_said():
    feed = sentence_feed(Sentences(source=[[7, 8], [9]], target=[[4, 5, 6], [4]]), pieces=100, seed=0, reverse=True)
    batch = feed.batch(0, 0)
    order = batch.rows.tolist()
    source, previous = batch.inputs
    assert source[order.index(0)].tolist() == [8, 7, 3]
    assert source[order.index(1)].tolist() == [9, 3, 0]
    assert previous[order.index(0)].tolist() == [2, 4, 5, 6]
    assert batch.targets[order.index(0)].tolist() == [4, 5, 6, 3]
    assert batch.targets[order.index(1)].tolist() == [4, 3, 0, 0]


def test_validation_comes_in_the_same_order_each_time():
    feed = sentence_feed(sentences([(n, n) for n in range(1, 20)]), pieces=40, seed=0, mixed=False)
    assert [b.rows.tolist() for b in feed.epoch(0)] == [b.rows.tolist() for b in feed.epoch(3)]
