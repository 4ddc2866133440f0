"""How long a training would take, from a few timed steps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from learnet.core.text import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.training import Batch, Trainer


def step_seconds(trainer: Trainer, batches: Sequence[Batch]) -> float:
    """Return the mean time of a step on each batch; the network is left unchanged.

    Args:
        trainer: The network, ready to be trained.
        batches: At least one; an untimed step on the first one compiles.
    """
    before = trainer.state()
    trainer.step(batches[0], number=0, learning_rate=0.0)
    start = time.perf_counter()
    for number, batch in enumerate(batches):
        trainer.step(batch, number=number, learning_rate=0.0)
    seconds = (time.perf_counter() - start) / len(batches)
    trainer.restore(before)
    return seconds


def forecast_sentence(*, steps: int, seconds: float, epochs: int) -> str:
    """Return how long a training would take, as a sentence.

    Args:
        steps: Steps per epoch.
        seconds: Time of an epoch, validation included.
        epochs: How many are planned.

    Example:
        >>> forecast_sentence(steps=1200, seconds=30.0, epochs=20)
        'About 10 min 0 s of training: 20 epochs of 1,200 steps, about 25 ms each.'
    """
    whole, each = format_duration(epochs * seconds), 1e3 * seconds / steps
    return f"About {whole} of training: {epochs} epochs of {steps:,} steps, about {each:.0f} ms each."
