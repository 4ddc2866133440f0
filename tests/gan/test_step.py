import math

import numpy as np
import pytest

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.gan import GanBatch, GanConfig, GanTrainer, points_mlp
from learnet.gan.step import discriminator_loss, generator_loss

LOGITS = np.array([[-2.0], [0.5], [3.0]], np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def test_losses_are_the_papers():
    real, fake = sigmoid(LOGITS), sigmoid(LOGITS[::-1] - 1)
    said = float(discriminator_loss(LOGITS, LOGITS[::-1] - 1))
    assert said == pytest.approx(-np.log(real).mean() - np.log(1 - fake).mean(), rel=1e-6)
    assert float(generator_loss(LOGITS, how="non-saturating")) == pytest.approx(-np.log(real).mean(), rel=1e-6)
    assert float(generator_loss(LOGITS, how="saturating")) == pytest.approx(np.log(1 - real).mean(), rel=1e-6)


def test_losses_where_the_discriminator_can_only_guess():
    guess = np.zeros((4, 1), np.float32)
    assert float(discriminator_loss(guess, guess)) == pytest.approx(2 * math.log(2))
    assert float(generator_loss(guess, how="non-saturating")) == pytest.approx(math.log(2))
    assert float(generator_loss(guess, how="saturating")) == pytest.approx(-math.log(2))


def linear_game():
    """D(x) = sigmoid(w x + c) against G(z) = a z + b, so that gradients can be written down."""
    keras = import_keras()
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    discriminator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    generator.set_weights([np.array([[1.5]]), np.array([0.25])])
    discriminator.set_weights([np.array([[0.7]]), np.array([-0.2])])
    return generator, discriminator


class Adam:
    """Kingma and Ba, 2015, algorithm 1, written down once more."""

    def __init__(self, rate, beta_1):
        self.rate, self.betas, self.t, self.m, self.v = rate, (beta_1, 0.999), 0, 0, 0

    def step(self, weights, gradient):
        self.t += 1
        self.m = self.betas[0] * self.m + (1 - self.betas[0]) * gradient
        self.v = self.betas[1] * self.v + (1 - self.betas[1]) * gradient**2
        mean, square = self.m / (1 - self.betas[0] ** self.t), self.v / (1 - self.betas[1] ** self.t)
        return weights - self.rate * mean / (np.sqrt(square) + 1e-7)


@pytest.mark.parametrize("loss", ["saturating", "non-saturating"])
@pytest.mark.parametrize("k", [1, 2])
def test_steps_against_the_algorithm_by_hand(loss, k):
    config = GanConfig(batch_size=4, discriminator_steps=k, loss=loss, learning_rate=0.05)
    networks = linear_game()
    trainer = GanTrainer(*networks, config=config)
    random = np.random.default_rng(0)
    g, d = np.array([1.5, 0.25]), np.array([0.7, -0.2])
    adams = Adam(0.05, 0.5), Adam(0.05, 0.5)
    for _ in range(3):
        x, z = random.normal(2, 1, (k, 4, 1)), random.normal(size=(k + 1, 4, 1))
        batch = GanBatch(examples=x.astype(np.float32), noise=z.astype(np.float32), rows=np.arange(4 * k))
        told = trainer.step(batch)
        for index in range(k):
            fake = g[0] * z[index] + g[1]
            on_real, on_fake = sigmoid(d[0] * x[index] + d[1]) - 1, sigmoid(d[0] * fake + d[1])
            gradient = [(on_real * x[index]).mean() + (on_fake * fake).mean(), on_real.mean() + on_fake.mean()]
            d = adams[1].step(d, np.array(gradient))
        judged = sigmoid(d[0] * (g[0] * z[-1] + g[1]) + d[1])
        outer = (judged - 1 if loss == "non-saturating" else -judged) * d[0]
        g = adams[0].step(g, np.array([(outer * z[-1]).mean(), outer.mean()]))
        assert (told.real, told.fake) == pytest.approx(((on_real + 1).mean(), on_fake.mean()), abs=1e-5)
        assert told.discriminator_loss == pytest.approx(
            -np.log(on_real + 1).mean() - np.log(1 - on_fake).mean(), abs=1e-5
        )
    for network, weights in zip(networks, (g, d), strict=True):
        assert np.concatenate([part.ravel() for part in network.get_weights()]) == pytest.approx(weights, abs=1e-4)


def test_a_state_put_back_gives_the_same_step_again():
    networks = points_mlp(hidden=(4,))
    trainer = GanTrainer(networks.generator, networks.discriminator, config=GanConfig(batch_size=4))
    random = np.random.default_rng(0)
    batch = GanBatch(
        examples=random.random((1, 4, 2), np.float32), noise=random.random((2, 4, 2), np.float32), rows=np.arange(4)
    )
    trainer.step(batch)
    state = trainer.state()
    first, after = trainer.step(batch), trainer.state()
    trainer.restore(state)
    assert trainer.step(batch) == first
    assert all(np.array_equal(value, after[name]) for name, value in trainer.state().items())
    with pytest.raises(UsageError, match="The checkpoint is of other networks"):
        trainer.restore({name: value for name, value in state.items() if name != "generator/0"})


def test_a_discriminator_without_weights_is_refused():
    keras = import_keras()
    fixed = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
    with pytest.raises(UsageError, match="nothing can be learnt"):
        GanTrainer(fixed, fixed, config=GanConfig())
