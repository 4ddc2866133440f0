"""How the learning rate changes from step to step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learnet.options.training import TrainingConfig

_CYCLE_RISE = 0.3  # share of the steps in which one-cycle grows
_CYCLE_START, _CYCLE_END = 1 / 25, 1e-4  # of the largest rate


def learning_rate(config: TrainingConfig, step: int, *, steps_per_epoch: int) -> float:
    """Return the learning rate of one step.

    * ``"constant"`` stays at ``config.learning_rate``.
    * ``"step"`` is multiplied by ``config.decay`` after each epoch of ``config.milestones``.
    * ``"cosine"`` falls to 0 along half a cosine (Loshchilov and Hutter, SGDR, 2017, without restarts).
    * ``"one-cycle"`` grows from 1/25 of the rate for 30 % of the steps, then falls to 1/10,000 (Smith, 2018).

    A warm-up goes before each of them: the rate grows linearly, the rest of the schedule has what is left of the steps.

    Args:
        config: Names the schedule and its parameters.
        step: Counted from 0 over the whole training.
        steps_per_epoch: How many steps an epoch has, at least 1.

    Returns:
        The rate, greater than or equal to 0.

    Example:
        >>> from learnet.options.training import TrainingConfig
        >>> config = TrainingConfig(epochs=2, learning_rate=1.0, schedule="step", milestones=(1,), decay=0.5)
        >>> [learning_rate(config, step, steps_per_epoch=2) for step in range(4)]
        [1.0, 1.0, 0.5, 0.5]
    """
    warmup = round(config.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    left = max(1, config.epochs * steps_per_epoch - warmup)
    return config.learning_rate * _share(config, (step - warmup) / left, epoch=step // steps_per_epoch)


def _share(config: TrainingConfig, progress: float, *, epoch: int) -> float:
    """Return the share of the largest rate when ``progress`` of the schedule, in [0, 1), is behind."""
    if config.schedule == "step":
        return math.pow(config.decay, sum(epoch >= milestone for milestone in config.milestones))
    if config.schedule == "cosine":
        return _fall(progress)
    if config.schedule == "one-cycle":
        if progress < _CYCLE_RISE:
            return 1 - (1 - _CYCLE_START) * _fall(progress / _CYCLE_RISE)
        return _CYCLE_END + (1 - _CYCLE_END) * _fall((progress - _CYCLE_RISE) / (1 - _CYCLE_RISE))
    return 1.0


def _fall(progress: float) -> float:
    return (1 + math.cos(math.pi * progress)) / 2
