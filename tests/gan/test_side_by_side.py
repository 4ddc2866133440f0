import numpy as np
import pytest

from learnet.core import UsageError
from learnet.gan import GanBatch, GanConfig, GanTrainer, points_mlp, side_by_side, take_apart
from learnet.gan.samples import generate


def test_side_by_side_each_game_goes_as_it_would_alone():
    options = {"hidden": (6,), "discriminator_hidden": (5, 4), "activation": "leaky_relu"}
    config = GanConfig(batch_size=16, learning_rate=0.01)
    games = [points_mlp(seed=seed, **options) for seed in range(3)]
    generator, discriminator = side_by_side(games)
    together = GanTrainer(generator, discriminator, config=config)
    alone = [GanTrainer(game.generator, game.discriminator, config=config) for game in games]
    random = np.random.default_rng(0)
    for _ in range(10):
        x = random.normal(1, 1, (1, 16, 3, 2)).astype(np.float32)
        z = random.normal(size=(2, 16, 3, 2)).astype(np.float32)
        rows = np.arange(16)
        told = [
            trainer.step(GanBatch(examples=x[:, :, game], noise=z[:, :, game], rows=rows))
            for game, trainer in enumerate(alone)
        ]
        joint = together.step(GanBatch(examples=x, noise=z.reshape(2, 16, 6), rows=rows))
        assert joint.discriminator_loss == pytest.approx(np.mean([one.discriminator_loss for one in told]), abs=1e-4)
    noise = random.standard_normal((5, 3, 2), np.float32)
    separate = np.stack([generate(game.generator, noise[:, index]) for index, game in enumerate(games)], axis=1)
    assert generate(generator, noise.reshape(5, 6)) == pytest.approx(separate, abs=1e-3)
    fresh = [points_mlp(seed=9, **options) for _ in games]
    take_apart(generator, discriminator, fresh)
    for one, other in zip(fresh, games, strict=True):
        for found, wanted in zip(one.discriminator.get_weights(), other.discriminator.get_weights(), strict=True):
            assert found == pytest.approx(wanted, abs=1e-3)


def test_unlike_games_are_refused():
    with pytest.raises(UsageError, match="all with the same arguments"):
        side_by_side([points_mlp(hidden=(2,)), points_mlp(hidden=(3,))])
    with pytest.raises(UsageError, match="all with the same arguments"):
        side_by_side([points_mlp(hidden=(2,)), points_mlp(hidden=(2,), discriminator_hidden=(3,))])
