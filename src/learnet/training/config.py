"""Everything that decides how a network is trained, checked before the first step."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Literal, get_args

from learnet.core import UsageError

OptimizerName = Literal["sgd", "muon", "adagrad", "rmsprop", "adam", "adamw"]
LossName = Literal["cross-entropy", "hinge", "squared-hinge"]
ScheduleName = Literal["constant", "step", "cosine", "one-cycle"]

RATE_FACTORS: dict[str, tuple[OptimizerName, ...]] = {"offset_rate": ("sgd", "muon"), "rest_rate": ("muon",)}
"""Factors on the rate of some of the weights, and the optimisers that have them; 1 is without."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What happens to training images, each draw from the run's seed; nothing by default.

    Attributes:
        flip: Mirror left and right, every second image.
        alternate: With ``flip``: what is mirrored in one epoch of a training is not in the next, so that two epochs
            show both sides of every image (Jordan, 2024, section 3.6).
        crop: Pixels of reflected padding out of which a crop of the original size is cut; 0 is off.
        rotation: Largest angle in degrees, in [0, 180].
        zoom: Largest relative change of size, in [0, 1).
        colour: Largest relative change of brightness, contrast and saturation, in [0, 1).
        cutout: Side of a grey square put anywhere, in pixels; 0 is off.
        mixup: Parameter of the Beta distribution by which pairs of images and labels are blended; 0 is off.

    Raises:
        UsageError: If a value is out of its range.
    """

    flip: bool = False
    alternate: bool = False
    crop: int = 0
    rotation: float = 0.0
    zoom: float = 0.0
    colour: float = 0.0
    cutout: int = 0
    mixup: float = 0.0

    def __post_init__(self) -> None:
        if self.alternate and not self.flip:
            raise UsageError(
                "The augmentation's alternate says how to flip, but flip is off: turn both on, or both off."
            )
        _within("augmentation's crop", self.crop, low=0)
        _within("augmentation's rotation", self.rotation, low=0, high=180)
        _within("augmentation's zoom", self.zoom, low=0, below=1)
        _within("augmentation's colour", self.colour, low=0, below=1)
        _within("augmentation's cutout", self.cutout, low=0)
        _within("augmentation's mixup", self.mixup, low=0)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained.

    Attributes:
        epochs: Passes over the training images (or over the ``hardest`` of them), at least 1.
        batch_size: Images a step; 1 is stochastic, the number of training images (or more) is batch gradient descent.
        hardest: Share of the training images that an epoch takes, in (0, 1]: of every few those with the largest loss
            when they were last seen; see ``learnet.training.hardest``.
        loss: What is minimised: the cross-entropy of the softmax, or a hinge loss that tells each class from all
            others, as a linear support-vector machine does; see ``learnet.training.losses``.
        optimizer: The rule by which gradients become steps: Keras' own, or ``"muon"``, see ``learnet.layers.Muon``.
        learning_rate: The largest rate of the schedule, greater than 0.
        momentum: Of ``"sgd"``, ``"rmsprop"`` and what ``"muon"`` does not turn, in [0, 1).
        nesterov: Nesterov's momentum, for ``"sgd"``; ``"muon"`` always has it.
        offset_rate: For ``"sgd"`` and ``"muon"``: factor on the rate of batch normalisation's offsets, greater than 0
            (Jordan, 2024, uses 64).
        rest_rate: For ``"muon"``: factor on the rate of all but the kernels of convolutions, greater than 0.
        discriminative: Factor on the rate of the first layer that is trained, in (0, 1]; it grows to 1 at the last one,
            in equal ratios from layer to layer (after Howard and Ruder, 2018).
        schedule: How the rate changes; see ``learning_rates``.
        warmup_epochs: Epochs in which the rate grows linearly from 0; part of ``epochs``.
        milestones: For ``"step"``: epochs after which the rate is multiplied by ``decay``.
        decay: For ``"step"``, in (0, 1).
        l1: Penalty on the sum of the kernels' absolute values; those whose norm ``"muon"`` fixes are left out.
        l2: Penalty on the sum of the kernels' squares, likewise.
        weight_decay: Decoupled weight decay of the kernels (Loshchilov and Hutter, 2019), relative to the rate.
        label_smoothing: Share of each target that is spread over all classes, in [0, 1).
        class_weights: A weight for each class, or None for equal ones.
        ema: Decay of the exponential moving average of the weights, which is then what is validated and kept, in
            (0, 1); None for none.
        clip_norm: Largest norm of the gradient of all weights together; None for no limit.
        patience: Epochs without a better validation loss after which training stops; None trains all epochs.
        keep_last: Keep the weights of the last epoch, not those with the smallest validation loss.
        augmentation: What happens to training images.
        jit: Compile the step by XLA; ``"auto"`` times both on 20 real steps and keeps the faster one.
        deterministic: Ask the backend for reproducible kernels.
        checkpoint_seconds: Time between two checkpoints; 0 writes one each step.
        seed: Every random choice comes from it, 0 or greater.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> TrainingConfig(epochs=0)
        Traceback (most recent call last):
        learnet.core.errors.UsageError: The training's epochs must be at least 1; received 0.
    """

    epochs: int = 10
    batch_size: int = 64
    hardest: float = 1.0
    loss: LossName = "cross-entropy"
    optimizer: OptimizerName = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    nesterov: bool = False
    offset_rate: float = 1.0
    rest_rate: float = 1.0
    discriminative: float = 1.0
    schedule: ScheduleName = "cosine"
    warmup_epochs: float = 0.0
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    ema: float | None = None
    clip_norm: float | None = None
    patience: int | None = None
    keep_last: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    jit: bool | Literal["auto"] = False
    deterministic: bool = False
    checkpoint_seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        _one_of("loss", self.loss, get_args(LossName))
        _one_of("optimizer", self.optimizer, get_args(OptimizerName))
        _one_of("schedule", self.schedule, get_args(ScheduleName))
        for name in ("epochs", "batch_size"):
            _within(name, getattr(self, name), low=1)
        for name in ("l1", "l2", "weight_decay", "warmup_epochs", "checkpoint_seconds", "seed"):
            _within(name, getattr(self, name), low=0)
        for name in ("momentum", "label_smoothing"):
            _within(name, getattr(self, name), low=0, below=1)
        for name in ("learning_rate", "clip_norm", "patience", "offset_rate", "rest_rate"):
            _within(name, getattr(self, name), above=0)
        for name in ("discriminative", "hardest"):
            _within(name, getattr(self, name), above=0, high=1)
        for name in ("ema", "decay"):
            _within(name, getattr(self, name), above=0, below=1)
        for name, optimizers in RATE_FACTORS.items():
            self._only_for(name, optimizers)
        for epoch in self.milestones:
            _within("milestones", epoch, low=1)
        for weight in self.class_weights or ():
            _within("class_weights", weight, low=0)

    def _only_for(self, name: str, optimizers: tuple[OptimizerName, ...]) -> None:
        factor = getattr(self, name)
        if factor != 1 and self.optimizer not in optimizers:
            able = " and ".join(f"'{optimizer}'" for optimizer in optimizers)
            raise UsageError(
                f"{name} works with the optimizer {able} only; received {factor:g} with '{self.optimizer}'. Leave it "
                "at 1."
            )


def _within(
    name: str,
    value: float | None,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    below: float | None = None,
) -> None:
    """Refuse a number outside its range, NaN included; None means that the thing is off."""
    if value is None:
        return
    rules = (
        (low, "at least", operator.ge),
        (above, "greater than", operator.gt),
        (high, "at most", operator.le),
        (below, "less than", operator.lt),
    )
    if not all(limit is None or holds(value, limit) for limit, _, holds in rules):
        wanted = " and ".join(f"{words} {limit:g}" for limit, words, _ in rules if limit is not None)
        raise UsageError(f"The training's {name} must be {wanted}; received {value!r}.")


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"The training's {name} must be one of {', '.join(choices)}; received '{value}'.")
