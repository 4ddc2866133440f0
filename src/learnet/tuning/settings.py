"""From the values of a trial to what trains it, and which names there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.core.errors import unknown_name
from learnet.models import ARCHITECTURES
from learnet.options.common import SplitOptions
from learnet.options.train import TrainConfig
from learnet.options.training import TrainingConfig
from learnet.tuning.head_descent import HeadSettings
from learnet.tuning.space_file import OPTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.tuning.space import Space, Values

WHOLE = ("versions", "epochs", "batch_size", "crop", "cutout", "patience", "width", "depth", "input_size")
SOLVER = "lbfgs"  # an optimiser of heads besides those of learnet.training
_DESCENT = (
    *("epochs", "batch_size", "optimizer", "learning_rate", "momentum", "nesterov", "schedule", "warmup_epochs"),
    *("l1", "l2", "weight_decay", "label_smoothing", "clip_norm", "patience"),
)
_AFTER_BACKBONE = ("dropout", "noise", "mixup", "scaling", "class_weights")
HEAD_NAMES = (*_DESCENT, *_AFTER_BACKBONE)
PARTIAL_NAMES = (*_DESCENT, "ema", "discriminative", "unfreeze", "versions")
_DERIVED = ("augmentation", "width", "depth")
NOT_TUNED = {*SplitOptions.model_fields, "model", "recipe", "options", "seed", "tensorboard"}  # the same in all trials
_ROTATION, _ZOOM, _COLOUR, _CROP = 20.0, 0.2, 0.3, 1 / 8  # at full strength
_WIDEST = 512


def head_settings(values: Values, *, seed: int) -> HeadSettings:
    """Return how a head with these values is trained.

    Raises:
        UsageError: If there is no such setting, or a value is out of its range or of a wrong kind.

    Example:
        >>> head_settings({"optimizer": "lbfgs", "l2": 0.01}, seed=0).solver
        True
    """
    for name in values:
        if name in ("unfreeze", "versions"):
            raise UsageError(f"{name} is a setting of trials that train more than the head: add --mode partial.")
        if name not in HEAD_NAMES:
            raise unknown_name("setting of a head", name, HEAD_NAMES)
    given = dict(values)
    solver = given.get("optimizer") == SOLVER
    if solver:
        del given["optimizer"]
    descent = {name: value for name, value in given.items() if name in _DESCENT}
    other = {name: value for name, value in given.items() if name in _AFTER_BACKBONE}
    try:
        training = TrainingConfig(epochs=20, seed=seed).adapted(**descent)
        return HeadSettings(training=training, solver=solver, **other)
    except TypeError as error:
        raise UsageError(f"A setting of the head has a value of a wrong kind: {error}.") from error


def partial_settings(
    values: Values, *, boundaries: tuple[str, ...] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a trial with these values trains (fields of ``TransferConfig``), and how (of ``TrainingConfig``).

    Args:
        values: Of the trial.
        boundaries: The stages from which on may be trained; None if they were checked before.

    Raises:
        UsageError: If there is no such setting or boundary, or a value is out of its range or of a wrong kind.

    Example:
        >>> partial_settings({"unfreeze": "block6", "epochs": 3})
        ({'unfreeze': 'block6'}, {'epochs': 3})
    """
    for name in values:
        if name not in PARTIAL_NAMES:
            raise unknown_name("setting of upper layers", name, PARTIAL_NAMES)
    place: dict[str, Any] = {name: values[name] for name in ("unfreeze", "versions") if name in values}
    if boundaries is not None and "unfreeze" in place and place["unfreeze"] not in boundaries:
        raise unknown_name("boundary", str(place["unfreeze"]), boundaries)
    training = {name: value for name, value in values.items() if name not in place}
    TrainingConfig().adapted(**training)
    return place, training


def network_config(values: Values, base: TrainConfig) -> TrainConfig:
    """Return how a network with these values is built and trained.

    Besides the settings of ``learnet.train`` and, after ``"option."``, of the network's builder, there are:
    ``augmentation``, the strength in [0, 1] of crop, rotation, zoom and colour together; ``depth`` and ``width``, the
    number of blocks (or hidden layers) and the size of the first.

    Raises:
        UsageError: If there is no such setting, or a value is out of its range or of a wrong kind.
    """
    options = {name.removeprefix(OPTION): _listed(value) for name, value in values.items() if name.startswith(OPTION)}
    plain = {name: value for name, value in values.items() if not name.startswith(OPTION) and name not in _DERIVED}
    known = [*TrainConfig.visible().keys() - NOT_TUNED, *_DERIVED]
    for name in plain:
        if name not in known:
            raise unknown_name("setting of a training", name, known)
    if isinstance(plain.get("input_size"), int):
        plain["input_size"] = (plain["input_size"], plain["input_size"])
    options |= _size(base.model, width=values.get("width"), depth=values.get("depth"))
    config = base.adapted(options={**base.options, **options}, **plain)
    strength = values.get("augmentation")
    return config if strength is None else config.replace(**_augmented(strength, config))


def _augmented(strength: float, config: TrainConfig) -> dict[str, float]:
    if not 0 <= strength <= 1:
        raise UsageError(f"The strength of the augmentation must be at least 0 and at most 1; received {strength!r}.")
    side = min(config.input_size or ARCHITECTURES[config.model].input_size)
    return {
        "crop": round(_CROP * side * strength),
        "rotation": _ROTATION * strength,
        "zoom": _ZOOM * strength,
        "colour": _COLOUR * strength,
    }


def sizes(model: str) -> tuple[str, int, int] | None:
    """Return what sizes a network: the option, the usual width and depth; None if its size is fixed."""
    return {"mlp": ("hidden", 128, 2), "cifar-net": ("widths", 64, 3)}.get(ARCHITECTURES[model].name)


def _size(model: str, *, width: int | None, depth: int | None) -> dict[str, list[int]]:
    """Return the option that makes a network so wide and deep."""
    if width is None and depth is None:
        return {}
    known = sizes(model)
    if known is None:
        raise UsageError(
            f"The size of {model} is fixed: it has no depth or width to tune. mlp and cifar-net have; 'learnet models' "
            "lists variants of other sizes."
        )
    option, usual_width, usual_depth = known
    first, layers = usual_width if width is None else width, usual_depth if depth is None else depth
    if first < 1 or layers < 1:
        raise UsageError(f"Width and depth must be at least 1; received {first} and {layers}.")
    growth = 2 if option == "widths" else 1
    return {option: [min(first * growth**layer, max(_WIDEST, first)) for layer in range(layers)]}


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def check_space(space: Space, build: Callable[[Values], object]) -> None:
    """Refuse a space with an unknown setting, or with a value that no trial could have.

    Args:
        space: The space.
        build: Makes a configuration of values; refuses those that make no sense.

    Raises:
        UsageError: The setting and the value are named.
    """
    for name, parameter in space.parameters.items():
        for value in parameter.ends():
            _try(build, {name: value}, f"{name} = {value!r}")
    for number, trial in enumerate(space.trials, start=1):
        for name, value in trial.items():
            _try(build, {name: value}, f"trial {number}, {name} = {value!r}")


def _try(build: Callable[[Values], object], values: Values, where: str) -> None:
    try:
        build(values)
    except UsageError as error:
        raise UsageError(f"In the search space, {where}: {error}") from None
