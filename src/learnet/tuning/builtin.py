"""A sensible search space for each kind of network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.models import ARCHITECTURES
from learnet.tuning.settings import SOLVER, sizes
from learnet.tuning.space import Choice, Parameter, Range, Space

if TYPE_CHECKING:
    from learnet.options.tune import SearchName

HYPERBAND_EPOCHS = 27  # three rungs of a third each


def head_space(search: SearchName = "random") -> Space:
    """Return where a head on features is looked for."""
    parameters: dict[str, Parameter] = {
        "optimizer": Choice(values=("adam", "sgd", SOLVER)),
        "learning_rate": Range(low=1e-4, high=1e-1, log=True, points=3),
        "batch_size": Choice(values=(32, 128)),
        "epochs": _epochs(search, Choice(values=(10, 20, 40))),
        "schedule": Choice(values=("cosine", "one-cycle")),
        "l2": Range(low=1e-6, high=1e-1, log=True, points=3),
        "dropout": Range(low=0.0, high=0.7, points=2),
        "label_smoothing": Range(low=0.0, high=0.2, points=2),
    }
    if search == "grid":
        fixed: dict[str, Parameter] = {
            "optimizer": Choice(values=("adam",)),
            "batch_size": Choice(values=(64,)),
            "epochs": Choice(values=(20,)),
            "schedule": Choice(values=("cosine",)),
        }
        parameters |= fixed
    elif search in ("random", "tpe"):
        parameters |= {"noise": Range(low=0.0, high=0.5), "mixup": Choice(values=(0.0, 0.2))}
    return Space(parameters=parameters)


def partial_space(boundaries: tuple[str, ...], search: SearchName = "random") -> Space:
    """Return where the training of a backbone's upper layers is looked for.

    Args:
        boundaries: The stages from which on may be trained, the lowest first.
        search: How values are chosen.
    """
    parameters: dict[str, Parameter] = {
        "unfreeze": Choice(values=boundaries),
        "learning_rate": Range(low=1e-5, high=3e-3, log=True, points=3),
        "batch_size": Choice(values=(16, 32)),
        "epochs": _epochs(search, Choice(values=(4, 8, 12))),
        "weight_decay": Range(low=1e-4, high=1e-1, log=True, points=2),
        "label_smoothing": Choice(values=(0.0, 0.1)),
        "discriminative": Range(low=0.05, high=1.0, log=True, points=2),
        "versions": Choice(values=(1, 4)),
    }
    if search == "grid":
        fixed: dict[str, Any] = {"batch_size": 32, "epochs": 8, "weight_decay": 1e-2, "discriminative": 1.0}
        fixed |= {"label_smoothing": 0.1, "versions": 4}
        parameters |= {name: Choice(values=(value,)) for name, value in fixed.items()}
    return Space(parameters=parameters)


def network_space(model: str, search: SearchName = "random") -> Space:
    """Return where the training of a network is looked for.

    Raises:
        UsageError: If the network is not trained by gradient descent on photos with classes.
    """
    architecture = ARCHITECTURES[model]
    if architecture.solved or architecture.task != "classification":
        raise UsageError(
            f"{architecture.name} has no training to tune: "
            f"{'it is solved for at once' if architecture.solved else 'it is no classifier'}. Choose another --model."
        )
    parameters: dict[str, Parameter] = {
        "optimizer": Choice(values=("adam", "sgd")),
        "learning_rate": Range(low=1e-4, high=1e-1, log=True, points=4),
        "batch_size": Choice(values=(32, 64, 128)),
        "epochs": _epochs(search, Choice(values=(10, 20, 40))),
        "schedule": Choice(values=("cosine", "one-cycle")),
        "l2": Range(low=1e-6, high=1e-2, log=True, points=2),
        "l1": Choice(values=(0.0, 1e-6, 1e-5)),
        "dropout": Range(low=0.0, high=0.5, points=2),
        "label_smoothing": Choice(values=(0.0, 0.1)),
        "augmentation": Range(low=0.0, high=1.0, points=2),
    }
    known = sizes(model)
    if known is not None:
        _, width, depth = known
        parameters["width"] = Choice(values=(width // 2, width, 2 * width))
        parameters["depth"] = Range(low=max(1, depth - 1), high=depth + 1, whole=True)
    if search == "grid":
        kept = ("learning_rate", "batch_size", "width")
        one: dict[str, Any] = {name: parameters[name].grid()[0] for name in parameters if name not in kept}
        one |= {"epochs": 10, "dropout": 0.0, "augmentation": 0.0}
        parameters = {
            name: each if name in kept else Choice(values=(one[name],))
            for name, each in parameters.items()
            if name != "depth"
        }
    return Space(parameters=parameters)


def _epochs(search: SearchName, usual: Parameter) -> Parameter:
    """Return how many epochs a trial gets: with Hyperband all may have as many, and few will."""
    return Choice(values=(HYPERBAND_EPOCHS,)) if search == "hyperband" else usual
