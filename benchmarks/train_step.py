"""Training images per second: learnet against Keras and, where it is installed, PyTorch.

Claim, a ratio of alternating runs in one process: learnet's step against ``compile`` and ``fit`` with Keras' defaults,
against the same with ``jit_compile=False``, and against PyTorch's channels-last step, on the same networks with random
pixels. The share of the machine's peak is of a float32 matrix product that is measured in the same run, with a backward
pass counted as two forward passes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch_networks

from learnet.core import keras as import_keras
from learnet.core import probe
from learnet.models import layer_rows, network
from learnet.models.blocks import kind_of
from learnet.training import Trainer, TrainingConfig, photo_feed

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = 10
PEAK_SIDE = 2048


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network to train: its name, image side, batch, and steps a round."""

    name: str
    side: int
    batch: int
    steps: int


CASES = (
    Case(name="cnn6", side=32, batch=128, steps=20),
    Case(name="resnet20", side=32, batch=128, steps=10),
    Case(name="resnet50", side=224, batch=16, steps=3),
    Case(name="mobilenetv2", side=224, batch=16, steps=3),
)


def trainable(case: Case) -> Any:
    """Return the case's network from uint8 images to logits, with learnet's layers."""
    keras = import_keras()
    keras.utils.set_random_seed(0)
    if case.name != "cnn6":
        return network(case.name, classes=CLASSES, input_size=(case.side, case.side)).trainer
    from learnet.layers import FusedBatchNormalization, WinogradConv2D

    images = keras.Input((case.side, case.side, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    for filters in (32, 64, 128):
        for _ in range(2):
            x = WinogradConv2D(filters, 3, padding="same", use_bias=False)(x)
            x = keras.layers.ReLU()(FusedBatchNormalization()(x))
        x = keras.layers.MaxPooling2D()(x)
    return keras.Model(images, keras.layers.Dense(CLASSES)(keras.layers.Flatten()(x)))


def learnet_side(case: Case, images: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    """Return what trains one epoch by learnet."""
    config = TrainingConfig(batch_size=case.batch, optimizer="sgd")
    trainer = Trainer(trainable(case), config=config)
    feed = photo_feed(images, labels, classes=CLASSES, config=config)

    def epoch() -> None:
        for number, batch in enumerate(feed.epoch(0)):
            trainer.step(batch, number=number, learning_rate=0.01)

    return epoch


def keras_side(case: Case, images: np.ndarray, labels: np.ndarray, **options: Any) -> Callable[[], None]:
    """Return what trains one epoch by ``compile`` and ``fit``: the same network with Keras' own layers."""
    keras = import_keras()

    def stock(layer: Any) -> Any:
        return getattr(keras.layers, kind_of(layer), type(layer)).from_config(layer.get_config())

    model = keras.models.clone_model(trainable(case), clone_function=stock)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss, metrics=["accuracy"], **options)

    def epoch() -> None:
        model.fit(images, labels, batch_size=case.batch, verbose=0)

    return epoch


def peak_gflops() -> float:
    """Return the billions of operations a second of a float32 matrix product, the median of five."""
    import tensorflow as tf

    values = tf.random.stateless_normal((PEAK_SIDE, PEAK_SIDE), (0, 0))
    rates = []
    for _ in range(6):
        start = time.perf_counter()
        float(tf.linalg.matmul(values, values)[0, 0])
        rates.append(2 * PEAK_SIDE**3 / (time.perf_counter() - start) / 1e9)
    return statistics.median(rates[1:])


def measure(case: Case, *, repeats: int) -> None:
    """Measure all sides of a case alternately and print the ratios of the medians."""
    random = np.random.default_rng(0)
    count = case.batch * case.steps
    images = random.integers(0, 256, (count, case.side, case.side, 3), dtype=np.uint8)
    labels = random.integers(0, CLASSES, count)
    sides = {
        "learnet": learnet_side(case, images, labels),
        "Keras, defaults": keras_side(case, images, labels),
        "Keras, jit_compile=False": keras_side(case, images, labels, jit_compile=False),
    }
    torch_side = torch_networks.epoch(case.name, images, labels, batch=case.batch)
    if torch_side is not None:
        sides["PyTorch, channels_last"] = torch_side
    for epoch in sides.values():
        epoch()
    rates: dict[str, list[float]] = {name: [] for name in sides}
    peaks = []
    for _ in range(repeats):
        peaks.append(peak_gflops())
        for name, epoch in sides.items():
            start = time.perf_counter()
            epoch()
            rates[name].append(count / (time.perf_counter() - start))
    macs = sum(row.macs for row in layer_rows(trainable(case)))
    peak, ours = statistics.median(peaks), statistics.median(rates["learnet"])
    print(f"{case.name}, {case.side} pixels, batches of {case.batch}, {macs / 1e6:.0f} M MACs; peak {peak:.0f} GFLOP/s")
    for name, found in rates.items():
        rate = statistics.median(found)
        share = rate * macs * 6 / 1e9 / peak
        print(
            f"  {name:26s} {rate:7.1f} images/s, {share:4.0%} of peak; learnet / this = {ours / rate:.2f}", flush=True
        )


def main() -> None:
    """Measure the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="alternating rounds")
    parser.add_argument("--networks", nargs="*", default=[case.name for case in CASES])
    arguments = parser.parse_args()
    print(probe().describe(), flush=True)
    for case in CASES:
        if case.name in arguments.networks:
            measure(case, repeats=arguments.repeats)


if __name__ == "__main__":
    main()
