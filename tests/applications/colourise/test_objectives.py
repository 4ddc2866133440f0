"""What is minimised, against numpy; and what a step is fed."""

import numpy as np
import pytest

from learnet.applications.colourise import (
    RebalancedColours,
    SquaredColours,
    checking_feed,
    choose_colours,
    chroma,
    make_colouriser,
    training_feed,
)
from learnet.applications.colourise.samples import sample_pieces
from learnet.training import TrainingConfig

RANDOM = np.random.default_rng(8)


def test_rebalanced_cross_entropy():
    logits = RANDOM.standard_normal((2, 3, 4, 5)).astype(np.float32)
    true = RANDOM.integers(0, 5, (2, 3, 4)).astype(np.uint8)
    weights = (0.5, 2.0, 1.0, 3.0, 0.1)
    said = RebalancedColours(weights=weights).measure(true, logits)
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    picked = np.take_along_axis(shares, true[..., None].astype(int), axis=-1)[..., 0]
    wanted = (-np.log(picked) * np.array(weights)[true]).sum(axis=(1, 2))
    np.testing.assert_allclose(np.asarray(said.losses), wanted, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(said.hits), (logits.argmax(-1) == true).sum(axis=(1, 2)))
    assert np.asarray(said.answers).tolist() == [12, 12]


def test_squared_distance():
    said, true = RANDOM.normal(0, 0.1, (2, 2, 3, 4, 2)).astype(np.float32)
    found = SquaredColours().measure(true, said)
    np.testing.assert_allclose(np.asarray(found.losses), ((said - true) ** 2).mean(-1).sum(axis=(1, 2)), rtol=1e-5)
    near = (np.abs(said - true) < 0.05).all(-1).sum(axis=(1, 2))
    np.testing.assert_allclose(np.asarray(found.hits), near)


@pytest.mark.parametrize("network", ["classification", "regression"])
def test_targets_are_the_colours_of_the_photos_as_they_are_shown(network):
    images = sample_pieces(12, size=16)
    grid = choose_colours(images, kept=9) if network == "classification" else None
    config = TrainingConfig(batch_size=5, flip=True, crop=2, seed=4)
    feed = training_feed(images, grid=grid, config=config)
    assert feed.steps == 3
    batch = feed.batch(1, 2)
    assert not np.array_equal(batch.inputs, images[batch.rows])
    wanted = chroma(batch.inputs) if grid is None else grid.answers(chroma(batch.inputs))
    assert np.array_equal(batch.targets, wanted)
    assert np.array_equal(feed.batch(1, 2).inputs, batch.inputs)
    objective = SquaredColours() if grid is None else RebalancedColours(weights=(1.0,) * 9)
    model = make_colouriser(network, size=16, colours=np.zeros((9, 2))).model
    assert objective.target_spec(model) == (batch.targets.shape[1:], str(batch.targets.dtype))


def test_checked_photos_are_not_changed():
    images = sample_pieces(7, size=16)
    batches = list(checking_feed(images, grid=None, batch_size=3).epoch(0))
    assert np.array_equal(np.concatenate([batch.inputs for batch in batches]), images)
