"""Single settings of a training, by name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from learnet.core import UsageError
from learnet.core.errors import unknown_name
from learnet.training.config import RATE_FACTORS, Augmentation, LossName, OptimizerName, ScheduleName
from learnet.training.run_config import ClassWeights, Precision, TrainConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Set


class TrainingChanges(TypedDict, total=False):
    """Fields of ``TrainConfig``, ``TrainingConfig`` and ``Augmentation``; what is left out stays as it is."""

    input_size: tuple[int, int] | None
    dropout: float | None
    precision: Precision
    test_time_flip: bool
    test_time_shift: int
    class_weights: ClassWeights
    validation_fraction: float
    epochs: int
    batch_size: int
    hardest: float
    loss: LossName
    optimizer: OptimizerName
    learning_rate: float
    momentum: float
    nesterov: bool
    offset_rate: float
    rest_rate: float
    discriminative: float
    schedule: ScheduleName
    warmup_epochs: float
    milestones: tuple[int, ...]
    decay: float
    l1: float
    l2: float
    weight_decay: float
    label_smoothing: float
    ema: float | None
    clip_norm: float | None
    patience: int | None
    keep_last: bool
    jit: bool | Literal["auto"]
    deterministic: bool
    checkpoint_seconds: float
    flip: bool
    alternate: bool
    crop: int
    rotation: float
    zoom: float
    colour: float
    cutout: int
    mixup: float


def changed(config: TrainConfig, changes: TrainingChanges) -> TrainConfig:
    """Return ``config`` with some settings changed.

    With another optimiser, a factor on rates that it does not have becomes 1 if it is not given.

    Raises:
        UsageError: If there is no such setting, or a value is out of its range or of a wrong kind.

    Example:
        >>> changed(TrainConfig(data="photos", model="mlp"), {"epochs": 3, "crop": 2}).training.augmentation.crop
        2
    """
    given = cast("Mapping[str, Any]", changes)
    known = list(TrainingChanges.__annotations__)
    for name in given:
        if name not in known:
            raise unknown_name("setting of a training", name, known)
    augmentation = _names(Augmentation)
    outer = _names(TrainConfig)  # class_weights is a choice there, and numbers in TrainingConfig
    inner = _picked(given, given.keys() - augmentation - outer)
    optimizer = given.get("optimizer", config.training.optimizer)
    inner = {name: 1.0 for name, able in RATE_FACTORS.items() if optimizer not in able} | inner
    try:
        training = replace(
            config.training,
            augmentation=replace(config.training.augmentation, **_picked(given, augmentation)),
            **inner,
        )
        return replace(config, training=training, **_picked(given, outer))
    except TypeError as error:
        raise UsageError(f"A setting of the training has a value of a wrong kind: {error}.") from error


def _names(owner: type[Augmentation | TrainConfig]) -> set[str]:
    return {each.name for each in fields(owner)}


def _picked(given: Mapping[str, Any], names: Set[str]) -> dict[str, Any]:
    return {name: given[name] for name in given if name in names}
