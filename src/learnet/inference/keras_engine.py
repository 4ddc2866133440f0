"""Runs a Keras model through Keras: for GPUs, and for backends other than TensorFlow."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import keras

BATCH = 32


@final
class KerasRunner:
    """A model and batches.

    Args:
        model: What to run. Its layers are shared; its own settings are left alone.
        latency: One image as soon as possible, instead of as many images a second as possible.
    """

    def __init__(self, model: keras.Model, *, latency: bool) -> None:
        import keras

        self._model = keras.Model(model.input, model.output)
        self._model.compile(jit_compile=False)  # XLA is several times slower on CPUs, and slow to start elsewhere
        self._batch = 1 if latency else BATCH

    def stream(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield one output for each image, in order; see ``Predictor.stream``."""
        for batch in _batched(images, self._batch):
            yield from self._model.predict_on_batch(batch)


def _batched(images: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    iterator = iter(images)
    while batch := list(itertools.islice(iterator, size)):
        yield np.stack(batch)
