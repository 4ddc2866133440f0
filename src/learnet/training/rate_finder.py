"""Finding a learning rate by trying: short trainings that leave no trace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.training.feed import photo_feed
from learnet.training.schedules import learning_rate
from learnet.training.step import Trainer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.options.training import TrainingConfig
    from learnet.training.feed import Batch, Feed

_LOW, _HIGH = 1e-6, 10.0
_SWEEP = 100  # steps of the range test
_TRIAL = 100  # steps of each short training
_DIVERGED = 4.0  # times the smallest smoothed loss
_SMOOTHING = 0.9
_STEPS_DOWN = 8  # trials below the rate at which the loss diverges, each half the one before
_LAST = 0.2  # of a trial's steps are its outcome


@dataclass(frozen=True, kw_only=True)
class RateSearch:
    """What was tried, and what follows.

    Attributes:
        suggestion: The learning rate.
        rates: Of the steps of the range test, growing.
        losses: Smoothed, one a rate.
        trial_rates: The largest rates of the short trainings.
        trial_losses: Where each ended.
    """

    suggestion: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    trial_rates: tuple[float, ...]
    trial_losses: tuple[float, ...]


def search_rate(
    model: keras.Model,
    train: tuple[NDArray[np.uint8], NDArray[np.integer[Any]]],
    *,
    config: TrainingConfig,
    progress: Progress,
    auxiliary_weights: Sequence[float] = (),
) -> RateSearch:
    """Suggest a learning rate for a network and its training images.

    First a range test (Smith, Cyclical Learning Rates, 2017, section 3.3): the rate grows exponentially until the loss
    diverges. As the slope of that curve says little of where a training ends, short trainings with a falling rate are
    then run below that point, each from the same start; the one with the smallest loss at its end is suggested.
    Weights, optimiser and random state are afterwards what they were before, bit for bit.

    Args:
        model: From uint8 images to logits, or a list of them.
        train: uint8 ``(n, height, width, 3)`` and int ``(n,)``.
        config: How it will be trained; its learning rate is not used.
        progress: Where to tell how it goes.
        auxiliary_weights: What the loss of each further output counts.
    """
    trainer = Trainer(model, config=config, auxiliary_weights=auxiliary_weights)
    feed = photo_feed(*train, classes=int(model.outputs[0].shape[-1]), config=config)
    before = trainer.state()
    with progress.stage("Trying learning rates", _SWEEP + _TRIAL * (_STEPS_DOWN + 1)) as task:
        rates, losses = _sweep(trainer, feed, task.advance)
        trainer.restore(before)
        highest = rates[-1]
        trial_rates, trial_losses = [], []
        for halvings in range(_STEPS_DOWN, -1, -1):
            rate = highest / 2**halvings
            trial_rates.append(rate)
            trial_losses.append(_trial(trainer, feed, config, rate, task.advance))
            trainer.restore(before)
    best = int(np.argmin(trial_losses))
    return RateSearch(
        suggestion=trial_rates[best],
        rates=tuple(rates),
        losses=tuple(losses),
        trial_rates=tuple(trial_rates),
        trial_losses=tuple(trial_losses),
    )


def _sweep(trainer: Trainer, feed: Feed, advance: Any) -> tuple[list[float], list[float]]:
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for number, batch in enumerate(_batches(feed, _SWEEP)):
        rate = _LOW * (_HIGH / _LOW) ** (number / (_SWEEP - 1))
        loss = trainer.step(batch, number=number, learning_rate=rate).loss
        advance()
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        smooth = average / (1 - _SMOOTHING ** (number + 1))
        if not math.isfinite(loss) or (losses and smooth > _DIVERGED * min(losses)):
            break
        rates.append(rate)
        losses.append(smooth)
    return rates, losses


def _trial(trainer: Trainer, feed: Feed, config: TrainingConfig, rate: float, advance: Any) -> float:
    """Return the mean loss at the end of a short training with a rate that falls to nothing; infinite if it fails."""
    schedule = config.replace(learning_rate=rate, schedule="cosine", warmup_epochs=0.0, epochs=1)
    ending: list[float] = []
    for number, batch in enumerate(_batches(feed, _TRIAL)):
        now = learning_rate(schedule, number, steps_per_epoch=_TRIAL)
        loss = trainer.step(batch, number=number, learning_rate=now).loss
        advance()
        if not math.isfinite(loss):
            return math.inf
        if number >= (1 - _LAST) * _TRIAL:
            ending.append(loss)
    return float(np.mean(ending))


def _batches(feed: Feed, count: int) -> Iterator[Batch]:
    for number in range(count):
        yield feed.batch(number // feed.steps, number % feed.steps)
