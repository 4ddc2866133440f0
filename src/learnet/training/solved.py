"""Networks whose weights are solved for: which settings of a training mean something to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import UsageError
from learnet.models import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from learnet.training.run_config import TrainConfig

_MEANT = ("input_size", "test_time_flip", "class_weights", "validation_fraction", "deterministic")


def is_solved(config: TrainConfig) -> bool:
    """Return whether the run's network is solved for, and not trained by gradient descent."""
    return ARCHITECTURES[config.model].solved


def refuse_descent(config: TrainConfig, *, settings: Iterable[str], recipe: str) -> None:
    """Refuse what has no meaning for a network that is solved for.

    Args:
        config: Of the run.
        settings: Names of the settings that were given.
        recipe: Its name.

    Raises:
        UsageError: If a setting of gradient descent was given, or an option that solving finds or does not use.
    """
    given = sorted(set(settings) - set(_MEANT))
    given += ["recipe"] * (recipe != "plain") + ["tensorboard"] * config.tensorboard
    if given:
        raise UsageError(
            f"{config.model} is solved for at once, not trained by gradient descent: {', '.join(given)} would change "
            f"nothing. Leave {'it' if len(given) == 1 else 'them'} out. What can be set: {', '.join(_MEANT)}, and the "
            "options kernel and degree."
        )
    options = config.options
    if "support_vectors" in options:
        raise UsageError(
            "How many support vectors there are is found by solving: leave out the option support_vectors."
        )
    if "degree" in options and options.get("kernel") != "polynomial":
        raise UsageError(
            "Only the kernel 'polynomial' has a degree: add the option kernel=polynomial, or leave it out."
        )


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
