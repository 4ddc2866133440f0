import numpy as np
import pytest

from learnet.core import UsageError
from learnet.gan import GanConfig, GanFeed

POINTS = np.arange(22, dtype=np.float64).reshape(11, 2)
CONFIG = GanConfig(batch_size=2, discriminator_steps=2, seed=3)


def feed(examples=POINTS, config=CONFIG):
    return GanFeed(examples, latent_size=3, config=config)


def test_an_epoch_shows_each_example_at_most_once_and_leaves_less_than_a_step():
    made = feed()
    for epoch in range(3):
        rows = np.concatenate([batch.rows for batch in made.epoch(epoch)])
        assert made.steps == 2
        assert len(rows) == len(set(rows.tolist())) == 8
        for batch in made.epoch(epoch):
            assert np.array_equal(batch.examples.reshape(4, 2), POINTS[batch.rows])


def test_a_later_start_gives_the_same_batches():
    whole, rest = list(feed().epoch(5)), list(feed().epoch(5, start=1))
    assert np.array_equal(whole[1].examples, rest[0].examples)
    assert np.array_equal(whole[1].noise, rest[0].noise)


def test_orders_and_noise_differ_from_epoch_to_epoch_and_from_seed_to_seed():
    batches = [
        *feed().epoch(0),
        *feed().epoch(1),
        *feed(config=GanConfig(batch_size=2, discriminator_steps=2)).epoch(0),
    ]
    assert len({batch.noise.tobytes() for batch in batches}) == len(batches)
    assert len({batch.rows.tobytes() for batch in batches}) == len(batches)


def test_noise_is_what_it_is_called():
    for latent, bound, deviation in (("uniform", 1.0, 3**-0.5), ("normal", 6.0, 1.0)):
        config = GanConfig(batch_size=4000, latent=latent)
        (batch,) = GanFeed(np.zeros((4000, 1)), latent_size=4, config=config).epoch(0)
        assert np.abs(batch.noise).max() <= bound
        assert batch.noise.mean() == pytest.approx(0, abs=0.03)
        assert batch.noise.std() == pytest.approx(deviation, abs=0.02)


def test_pixels_become_numbers_from_minus_one_to_one():
    images = np.array([0, 51, 204, 255], np.uint8).reshape(1, 2, 2, 1)
    (batch,) = GanFeed(images, latent_size=1, config=GanConfig(batch_size=1)).epoch(0)
    assert batch.examples.ravel() == pytest.approx([-1, -0.6, 0.6, 1], abs=1e-6)


def test_too_few_examples_are_told():
    with pytest.raises(UsageError, match=r"A step takes 2 x 2 examples, but there are only 3"):
        feed(POINTS[:3])
