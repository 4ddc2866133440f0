"""Training on other answers than one class an example: two inputs, several answers each."""

import itertools

import numpy as np
import pytest

from learnet.core import keras as import_keras
from learnet.training import (
    Batch,
    Feed,
    Measured,
    NotANumberError,
    Trainer,
    TrainingConfig,
    fit_feed,
    in_order,
    shuffled,
)

CONFIG = TrainingConfig(epochs=4, batch_size=8, learning_rate=0.05, optimizer="sgd", ema=0.9, checkpoint_seconds=0)
LENGTHS = np.array([1, 2, 3, 4] * 10)  # how many answers each example has


class CloseSums:
    """Squared error of as many answers as the mask says; right within a half."""

    def target_spec(self, model):
        return (4, 2), "float32"

    def measure(self, targets, output):
        import tensorflow as tf

        values, mask = targets[..., 0], targets[..., 1]
        distance = tf.abs(values - output) * mask
        hits = tf.cast(distance < 0.5, tf.float32) * mask
        return Measured(
            losses=tf.reduce_sum(distance**2, axis=1),
            hits=tf.reduce_sum(hits, axis=1),
            answers=tf.reduce_sum(mask, axis=1),
        )


def adder():
    """Return a network of two inputs, and the weights that add them up."""
    keras = import_keras()
    keras.utils.set_random_seed(0)
    inputs = [keras.Input((4,), name="left"), keras.Input((4,), name="right")]
    return keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Concatenate()(inputs)))


def data():
    random = np.random.default_rng(1)
    left, right = random.normal(size=(2, 40, 4)).astype(np.float32)
    mask = (np.arange(4) < LENGTHS[:, None]).astype(np.float32)
    return left, right, np.stack([left + right, mask], axis=-1)


def feeds(*, weights=None, targets=None):
    left, right, wanted = data()
    wanted = wanted if targets is None else targets

    def make(rows, random, epoch):
        noise = random.normal(scale=0.01, size=(len(rows), 4)).astype(np.float32)
        weight = np.ones(len(rows), np.float32) if weights is None else weights[rows]
        return Batch(inputs=(left[rows] + noise, right[rows]), targets=wanted[rows], weights=weight, rows=rows)

    def still(rows, random, epoch):
        return Batch(
            inputs=(left[rows], right[rows]), targets=wanted[rows], weights=np.ones(len(rows), np.float32), rows=rows
        )

    return (
        Feed(plan=shuffled(40, batch_size=8, seed=2), make=make, seed=2),
        Feed(plan=in_order(40, batch_size=16), make=still, seed=0),
    )


def trained(folder, *, resume=False):
    model = adder()
    fitted = fit_feed(model, *feeds(), objective=CloseSums(), config=CONFIG, folder=folder, resume=resume)
    return model, fitted


def by_hand(model):
    """Return the mean loss of an answer and the share of right ones."""
    left, right, targets = data()
    distance = np.abs(np.asarray(model([left, right])) - targets[..., 0])[targets[..., 1] > 0]
    return np.square(distance).mean(), (distance < 0.5).mean()


def test_loss_and_accuracy_are_means_over_answers(tmp_path):
    before = by_hand(adder())
    model, fitted = trained(tmp_path)
    best = fitted.history[fitted.best_epoch - 1]
    assert (best.val_loss, best.val_accuracy) == pytest.approx(by_hand(model), rel=1e-5)
    assert best.val_loss < 0.5 * before[0]


def test_an_examples_weight_counts_for_all_its_answers():
    weights = np.linspace(0.5, 2, 40).astype(np.float32)
    feed, _ = feeds(weights=weights)
    batch, model = feed.batch(0, 0), adder()
    distance = np.square(np.asarray(model(list(batch.inputs))) - batch.targets[..., 0]) * batch.targets[..., 1]
    expected = (weights[batch.rows] * distance.sum(axis=1)).sum() / (weights[batch.rows] * LENGTHS[batch.rows]).sum()
    result = Trainer(model, config=CONFIG, objective=CloseSums()).step(batch, number=0, learning_rate=0.0)
    assert result.loss == pytest.approx(expected, rel=1e-5)
    assert result.answers == LENGTHS[batch.rows].sum()


@pytest.mark.parametrize("stopped_at", [1, 3, 7, 19])
def test_interrupted_and_resumed_it_ends_in_the_same_weights(tmp_path, monkeypatch, stopped_at):
    whole, fitted = trained(tmp_path / "whole")
    step, count = Trainer.step, itertools.count(1)

    def stopping(self, *args, **kwargs):
        result = step(self, *args, **kwargs)
        if next(count) == stopped_at + 1:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Trainer, "step", stopping)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "parts")
    monkeypatch.setattr(Trainer, "step", step)
    again, rest = trained(tmp_path / "parts", resume=True)
    assert rest.history == fitted.history
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_loss_that_is_no_number_names_the_examples(tmp_path):
    targets = data()[2]
    targets[17, 0, 0] = np.nan
    with pytest.raises(NotANumberError, match=r"example \d+") as caught:
        fit_feed(adder(), *feeds(targets=targets), objective=CloseSums(), config=CONFIG, folder=tmp_path)
    assert 17 in caught.value.rows
