"""Networks as they are trained: in the precision asked for, with what is computed from the photos in place."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras
from learnet.data import Part
from learnet.models import network
from learnet.training.feed import photo_feed
from learnet.training.step import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import keras
    from numpy.typing import NDArray

    from learnet.models import Network
    from learnet.training.feed import Batch
    from learnet.training.photos import Photos
    from learnet.training.run_config import Precision, TrainConfig

_TIMED_ROUNDS = 5
_FEW = 8  # photos
_CLEARLY = 3  # times as slow: no need to look closer
_ADAPTED_TO = 5_000  # images


def prepare_network(
    config: TrainConfig, *, classes: int, temperature: float = 1.0, precision: Precision = "float32"
) -> Network:
    """Build a run's network with its seed's random weights."""
    import_keras().utils.set_random_seed(config.seed)
    with _computing_in(precision):
        return network(
            config.model,
            classes=classes,
            input_size=config.input_size,
            dropout=config.dropout,
            temperature=temperature,
            test_time_flip=config.test_time_flip,
            test_time_shift=config.test_time_shift,
            options=config.options,
        )


def build_trained(config: TrainConfig, *, classes: int, images: NDArray[np.uint8]) -> Network:
    """Build a run's network as it is trained; layers that are computed from data see ``images``."""
    made = prepare_network(config, classes=classes, precision=config.precision)
    _adapt(made.trainer, images)
    return made


def choose_precision(config: TrainConfig, photos: Photos, *, say: Callable[[str], None]) -> Precision:
    """Time real steps in float32 and in mixed bfloat16, in turn; return the faster one.

    A few photos come first: without instructions for bfloat16 a convolution is slower by far than in float32, which
    nobody should wait for.
    """
    examples, classes = photos.part(Part.TRAIN), len(photos.dataset.class_names)
    few = replace(config.training, batch_size=min(_FEW, config.training.batch_size))
    choices: tuple[Precision, ...] = ("float32", "bfloat16")
    trainers = {}
    for precision in choices:
        made = prepare_network(config, classes=classes, precision=precision)
        trainers[precision] = Trainer(made.trainer, config=config.training, auxiliary_weights=made.auxiliary_weights)
    timed = photo_feed(*examples, classes=classes, config=few).batch(0, 0)
    seconds = _step_seconds(trainers, timed, rounds=1)
    if max(seconds.values()) < _CLEARLY * min(seconds.values()):
        timed = photo_feed(*examples, classes=classes, config=config.training).batch(0, 0)
        seconds = _step_seconds(trainers, timed, rounds=_TIMED_ROUNDS)
    best = min(choices, key=seconds.__getitem__)
    say(
        f"A step of {len(timed.rows)} photos takes {seconds['float32'] * 1e3:.0f} ms in float32 and "
        f"{seconds['bfloat16'] * 1e3:.0f} ms in mixed bfloat16: training goes on in {best}. The weights and the bundle "
        "are float32."
    )
    return best


def _step_seconds(trainers: Mapping[Precision, Trainer], batch: Batch, *, rounds: int) -> dict[Precision, float]:
    """Return the median time of a step of each, taken in turn; one more round before compiles."""
    seconds: dict[Precision, list[float]] = {precision: [] for precision in trainers}
    for number in range(rounds + 1):
        for precision, trainer in trainers.items():
            start = time.perf_counter()
            trainer.step(batch, number=number, learning_rate=0.0)
            seconds[precision].append(time.perf_counter() - start)
    return {precision: float(np.median(taken[1:])) for precision, taken in seconds.items()}


@contextmanager
def _computing_in(precision: Precision) -> Iterator[None]:
    keras = import_keras()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _adapt(model: keras.Model, images: NDArray[np.uint8]) -> None:
    """Let layers that have ``adapt`` compute their weights from what comes into them."""
    keras = import_keras()
    sample = np.ascontiguousarray(images[:: max(1, len(images) // _ADAPTED_TO)][:_ADAPTED_TO])
    for layer in model.layers:
        adapt: Any = getattr(layer, "adapt", None)
        if adapt is not None:
            seen = keras.Model(model.input, layer.input)(sample)
            adapt(np.asarray(keras.ops.cast(seen, "float32")))
