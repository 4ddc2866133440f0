"""Convolutions in training: milliseconds for the outputs and both gradients, by tiles and by Keras' own layer.

    python benchmarks/convolutions.py [--repeats 7]

Claim, a ratio of alternating runs in one process: ``WinogradConv2D`` against ``keras.layers.Conv2D`` with the same
weights, on random maps, compiled as ``learnet train`` compiles its step, which does not know how large a batch will be.
"Cut" are the batches in which the layer cuts maps into tiles; in others it does what Keras' does.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras
from learnet.core import probe

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = (  # batch, side of a map, channels, filters
    (512, 31, 24, 64),
    (512, 15, 64, 64),
    (512, 15, 64, 256),
    (512, 7, 256, 256),
    (64, 7, 256, 256),
    (32, 7, 256, 256),
    (512, 3, 256, 256),
    (128, 8, 64, 64),
    (128, 16, 32, 32),
    (16, 56, 64, 64),
    (16, 56, 128, 128),
    (16, 28, 128, 128),
    (16, 28, 256, 256),
    (16, 14, 256, 256),
    (16, 14, 512, 512),
    (16, 7, 512, 512),
)


def compiled(layer: Any, maps: np.ndarray) -> Callable[[], None]:
    """Return what computes the outputs of a layer and the gradients of their sum of squares."""
    import tensorflow as tf

    specs = [tf.TensorSpec((None, *maps.shape[1:]), tf.float32)]

    def step(inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs, training=True) ** 2)
        gradients = tape.gradient(loss, [inputs, layer.kernel.value])
        return [loss, *(tf.reshape(gradient, (-1,))[0] for gradient in gradients)]

    constant, taken = tf.constant(maps), tf.function(step, input_signature=specs, autograph=False)

    def run() -> None:
        for value in taken(constant):
            float(value)

    return run


def main() -> None:
    from learnet.layers import WinogradConv2D
    from learnet.layers.winograd import paying

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    keras, random = import_keras(), np.random.default_rng(0)
    print(f"{'batch':>6} {'maps':>14} {'filters':>8} {'cut':>10} {'tiles, ms':>10} {'Keras, ms':>10} {'ratio':>6}")
    for batch, side, channels, filters in CASES:
        maps = random.normal(size=(batch, side, side, channels)).astype(np.float32)
        options = {"padding": "same", "use_bias": False}
        layers = [made(filters, 3, **options) for made in (WinogradConv2D, keras.layers.Conv2D)]
        sides = [compiled(layer, maps) for layer in layers]
        taken: list[list[float]] = [[], []]
        for _ in range(repeats + 1):
            for seconds, run in zip(taken, sides, strict=True):
                start = time.perf_counter()
                run()
                seconds.append(time.perf_counter() - start)
        ours, theirs = (1e3 * statistics.median(seconds[1:]) for seconds in taken)
        batches = paying((side, side, channels), filters)
        cut = f"{batches.start} - {batches[-1]}" if batches else "-"
        shape = f"{side} x {side} x {channels}"
        print(
            f"{batch:6} {shape:>14} {filters:8} {cut:>10} {ours:10.1f} {theirs:10.1f} {theirs / ours:6.2f}",
            flush=True,
        )
    print(probe().describe())


if __name__ == "__main__":
    main()
