"""Seeded mistakes: each is told before the first step, with what was expected, what came, and what to do."""

import numpy as np
import pytest

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.training import TrainingConfig, fit
from tiny_training import make_examples, make_model

IMAGES, LABELS = make_examples(12)
GOOD = make_examples(6, seed=1)


def _with_end(layers):
    keras = import_keras()
    base = make_model()
    x = base.layers[-2].output
    for layer in layers(keras):
        x = layer(x)
    return keras.Model(base.input, x, name="tiny")


def _maps():
    keras = import_keras()
    images = keras.Input((12, 12, 3), dtype="uint8")
    return keras.Model(images, keras.layers.Conv2D(3, 3)(keras.layers.Rescaling(1.0)(images)), name="tiny")


def _frozen():
    model = make_model()
    model.trainable = False
    return model


MISTAKES = {
    "floats": ((IMAGES / 255, LABELS), None, {}, r"received float64 .* scaled to 0 … 1 already"),
    "grey without channels": ((IMAGES[..., 0], LABELS), None, {}, r"shape \(12, 12, 12\)\. Grey images need three"),
    "grey, one channel": ((IMAGES[..., :1], LABELS), None, {}, "Grey images need three equal channels"),
    "transparent": ((np.repeat(IMAGES, 2, -1)[..., :4], LABELS), None, {}, r"fourth channel .* images\[\.\.\., :3\]"),
    "channels first": ((IMAGES.transpose(0, 3, 1, 2), LABELS), None, {}, "The channels come first"),
    "one image": ((IMAGES[0], LABELS[:1]), None, {}, "A single image needs a batch of one"),
    "64 bit pixels": ((IMAGES.astype(int), LABELS), None, {}, "received int64 .*astype"),
    "one-hot labels": (
        (IMAGES, np.eye(3, dtype=int)[LABELS]),
        None,
        {},
        r"received int64 of shape \(12, 3\)\. One-hot",
    ),
    "labels from 1": ((IMAGES, np.arange(12) % 3 + 1), None, {}, r"received 1 … 3\. Labels that count from 1"),
    "a negative label": ((IMAGES, LABELS - 1), None, {}, r"must lie in 0 … 2; received -1"),
    "a label missing": ((IMAGES, LABELS[:-1]), None, {}, "received 12 images and 11 labels"),
    "nothing": ((IMAGES[:0], LABELS[:0]), None, {}, "at least one; received 0 images"),
    "another size": ((IMAGES[:, :10], LABELS), None, {}, r"Build the network with input_size=\(10, 12\)"),
    "an output of one": (
        (IMAGES, LABELS),
        lambda: _with_end(lambda keras: [keras.layers.Dense(1)]),
        {},
        r"has the shape \(None, 1\)\. End it with a Dense layer",
    ),
    "an output of maps": ((IMAGES, LABELS), _maps, {}, r"has the shape \(None, 10, 10, 3\)"),
    "softmax at the end": (
        (IMAGES, LABELS),
        lambda: _with_end(lambda keras: [keras.layers.Dense(3, activation="softmax")]),
        {},
        "its last layer is a softmax",
    ),
    "softmax as a layer": (
        (IMAGES, LABELS),
        lambda: _with_end(lambda keras: [keras.layers.Dense(3), keras.layers.Softmax()]),
        {},
        "its last layer is a softmax",
    ),
    "fewer outputs than classes": (
        (IMAGES, LABELS),
        lambda: _with_end(lambda keras: [keras.layers.Dense(2)]),
        {},
        r"Labels of 2 classes must lie in 0 … 1; received 0 … 2",
    ),
    "nothing to train": ((IMAGES, LABELS), _frozen, {}, "has no trainable weights"),
    "class weights": ((IMAGES, LABELS), None, {"label_weights": (1.0, 2.0)}, "3 classes but 2 class weights"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_before_the_first_step(name, tmp_path):
    train, model, options, said = MISTAKES[name]
    network = make_model() if model is None else model()
    before = network.get_weights()
    with pytest.raises(UsageError, match=said):
        fit(network, train, GOOD, config=TrainingConfig(epochs=1, batch_size=4, **options), folder=tmp_path)
    for weight, then in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, then)
    assert not list(tmp_path.iterdir())
