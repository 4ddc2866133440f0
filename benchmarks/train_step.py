"""Training images per second of a six-convolution network: learnet against Keras.

Claim, a ratio of alternating runs in one process: learnet's step with fused batch normalisation against ``compile`` and
``fit`` with Keras' defaults, and with ``jit_compile=False``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras
from learnet.core import probe
from learnet.training import Feed, Trainer, TrainingConfig

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 128


def network(normalisation: Any) -> Any:
    """Return a network of six 3 x 3 convolutions in pairs of 32, 64 and 128 channels, from 32 x 32 pixels to logits."""
    keras = import_keras()
    keras.utils.set_random_seed(0)
    images = keras.Input((32, 32, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    for filters in (32, 64, 128):
        for _ in range(2):
            x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = keras.layers.ReLU()(normalisation()(x))
        x = keras.layers.MaxPooling2D()(x)
    return keras.Model(images, keras.layers.Dense(10)(keras.layers.Flatten()(x)))


def learnet_side(images: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    """Return what trains one epoch by learnet."""
    from learnet.layers import FusedBatchNormalization

    config = TrainingConfig(batch_size=BATCH, optimizer="sgd")
    trainer = Trainer(network(FusedBatchNormalization), config=config)
    feed = Feed(images, labels, classes=10, config=config)

    def epoch() -> None:
        for number, batch in enumerate(feed.epoch(0)):
            trainer.step(batch, number=number, learning_rate=0.01)

    return epoch


def keras_side(images: np.ndarray, labels: np.ndarray, **options: Any) -> Callable[[], None]:
    """Return what trains one epoch by ``compile`` and ``fit``."""
    keras = import_keras()
    model = network(keras.layers.BatchNormalization)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer, loss, metrics=["accuracy"], **options)

    def epoch() -> None:
        model.fit(images, labels, batch_size=BATCH, verbose=0)

    return epoch


def main() -> None:
    """Measure all sides alternately and print the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="alternating rounds")
    parser.add_argument("--steps", type=int, default=20, help="steps a round")
    arguments = parser.parse_args()
    print(probe().describe(), flush=True)
    random = np.random.default_rng(0)
    count = BATCH * arguments.steps
    images = random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = random.integers(0, 10, count)
    sides = {
        "learnet": learnet_side(images, labels),
        "Keras, defaults": keras_side(images, labels),
        "Keras, jit_compile=False": keras_side(images, labels, jit_compile=False),
    }
    for epoch in sides.values():
        epoch()
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(arguments.repeats):
        for name, epoch in sides.items():
            start = time.perf_counter()
            epoch()
            rates[name].append(count / (time.perf_counter() - start))
    ours = statistics.median(rates["learnet"])
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"{name:26s} {rate:6.0f} images/s; learnet / this = {ours / rate:.2f}")


if __name__ == "__main__":
    main()
