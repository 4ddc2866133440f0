"""In which numbers steps are computed: float32, or bfloat16 where a timed sample shows that it is faster."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from learnet.options.training import Precision
    from learnet.training.feed import Batch
    from learnet.training.step import Trainer

_TIMED_ROUNDS = 5
_CLEARLY = 3  # times as slow: no need to look closer
_CHOICES: tuple[Precision, ...] = ("float32", "bfloat16")


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Build layers in a block so that they compute in a precision; their weights are float32 in any case."""
    keras = import_keras()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def choose_precision(
    build: Callable[[Precision], Trainer],
    *,
    few: Batch,
    whole: Callable[[], Batch],
    say: Callable[[str], None],
) -> Precision:
    """Time real steps in float32 and in mixed bfloat16, in turn; return the faster one.

    A small batch comes first: on processors without instructions for bfloat16 a convolution is slower by far than in
    float32, which nobody should wait for.

    Args:
        build: Makes the network, ready to be trained, so that it computes in a precision.
        few: A small batch.
        whole: Makes a batch as training has them; called only where the small one leaves a doubt.
        say: Told what was measured.
    """
    trainers = {precision: build(precision) for precision in _CHOICES}
    timed = few
    seconds = _step_seconds(trainers, timed, rounds=1)
    if max(seconds.values()) < _CLEARLY * min(seconds.values()):
        timed = whole()
        seconds = _step_seconds(trainers, timed, rounds=_TIMED_ROUNDS)
    best = min(_CHOICES, key=seconds.__getitem__)
    say(
        f"A step of {len(timed.rows)} examples takes {seconds['float32'] * 1e3:.0f} ms in float32 and "
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
