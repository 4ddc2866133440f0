"""A task and a network that train in a second, for the tests of training."""

import numpy as np

from learnet.core import keras as import_keras


def make_examples(count=60, seed=0):
    """Bright squares in one of three places: easy, but not in one step."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    images = random.integers(0, 120, (count, 12, 12, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4, 4:8] = 220
    return images, labels


def make_model(*, dropout=0.2, seed=1):
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    images = keras.Input((12, 12, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    x = keras.layers.BatchNormalization(name="bn")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(dropout, seed=3)(x)
    return keras.Model(images, keras.layers.Dense(3, name="head")(x), name="tiny")
