"""Networks whose weights are solved for, not trained by gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import UsageError
from learnet.models import ARCHITECTURES

if TYPE_CHECKING:
    from learnet.options.train import TrainConfig


def is_solved(config: TrainConfig) -> bool:
    """Return whether the run's network is solved for, and not trained by gradient descent."""
    return ARCHITECTURES[config.model].solved


def refuse_looking(config: TrainConfig, what: str) -> None:
    """Refuse to look for something that only gradient descent has.

    Args:
        config: Of the run.
        what: What is looked for, e.g. ``"learning rate"``.

    Raises:
        UsageError: If the run's network is solved for.
    """
    if is_solved(config):
        raise UsageError(f"{config.model} is solved for at once, not trained by gradient descent: it has no {what}.")
