import numpy as np
import pytest
from sklearn.metrics import hinge_loss
from sklearn.svm import LinearSVC

from learnet.core import keras as import_keras
from learnet.training import Trainer, TrainingConfig, photo_feed
from learnet.training.losses import image_losses, summed_loss

LOGITS = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32) * 2
LABELS = np.arange(20) % 4


@pytest.mark.parametrize("name", ["cross-entropy", "hinge", "squared-hinge"])
def test_the_step_and_the_validation_mean_the_same(name):
    each = image_losses(name, np.eye(4, dtype=np.float32)[LABELS], LOGITS)
    assert float(np.asarray(each).sum()) == pytest.approx(summed_loss(name, LOGITS, LABELS), rel=1e-5)


def test_hinge_is_that_of_scikit_learn_for_each_class():
    apart = [hinge_loss(label == LABELS, LOGITS[:, label]) for label in range(4)]
    assert summed_loss("hinge", LOGITS, LABELS) / 20 == pytest.approx(sum(apart), rel=1e-6)


@pytest.mark.parametrize("name", ["hinge", "squared-hinge"])
def test_a_blended_target_counts_both_sides_by_their_shares(name):
    targets = np.float32([[0.7, 0.3, 0.0, 0.0]])
    power = 2 if name == "squared-hinge" else 1
    f = LOGITS[:1].astype(np.float64)
    expected = (targets * np.maximum(1 - f, 0) ** power + (1 - targets) * np.maximum(1 + f, 0) ** power).sum()
    assert float(np.asarray(image_losses(name, targets, LOGITS[:1]))[0]) == pytest.approx(expected, rel=1e-5)


def test_a_linear_head_with_squared_hinge_is_the_linear_svc():
    """The same objective: 1/2 |w|² + C Σ slack², with a constant pixel for the intercept, which LinearSVC penalises."""
    keras = import_keras()
    random, count, c = np.random.default_rng(3), 60, 0.1
    labels = np.arange(count) % 3
    images = random.integers(0, 200, (count, 3, 3, 3), dtype=np.uint8)
    images[np.arange(count), labels, 1] += 40
    images[:, 0, 0, 0] = 255
    inputs = keras.Input((3, 3, 3), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, use_bias=False, name="head")(x))
    config = TrainingConfig(
        batch_size=count, loss="squared-hinge", optimizer="sgd", nesterov=True, l2=1 / (2 * c * count)
    )
    trainer = Trainer(model, config=config)
    batch = photo_feed(images, labels, classes=3, config=config).batch(0, 0)
    loss = [trainer.step(batch, number=number, learning_rate=0.02).loss for number in range(600)][-1]

    pixels = images.reshape(count, -1) / 255
    machine = LinearSVC(C=c, dual=False, tol=1e-10).fit(pixels[:, 1:], labels)
    expected = np.concatenate([machine.intercept_[:, None], machine.coef_], axis=1).T
    np.testing.assert_allclose(model.get_weights()[0], expected, atol=1e-3)
    np.testing.assert_allclose(np.asarray(model(images)), machine.decision_function(pixels[:, 1:]), atol=1e-3)
    objective = 0.5 * np.square(expected).sum() + c * summed_loss(
        "squared-hinge", machine.decision_function(pixels[:, 1:]), labels
    )
    assert c * count * loss == pytest.approx(objective, rel=1e-4)
