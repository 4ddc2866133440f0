"""How a network is trained: the options of the training engine."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from learnet.options.common import AUGMENTATION, RUN, TRAINING, SeedOptions
from learnet.options.schema import OptionError, Schema, option
from learnet.options.text import Numbers, Switch

OptimizerName = Literal["sgd", "muon", "adagrad", "rmsprop", "adam", "adamw"]
LossName = Literal["cross-entropy", "hinge", "squared-hinge"]
ScheduleName = Literal["constant", "step", "cosine", "one-cycle"]
Precision = Literal["float32", "bfloat16", "auto"]


class Augmentation(Schema):
    """Random changes of training images, drawn from the run's seed; none by default.

    ``alternate`` follows Jordan (94% on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024, section 3.6), ``mixup`` Zhang
    and others (mixup: Beyond Empirical Risk Minimization, 2018).

    Raises:
        UsageError: If a value is out of its range.
    """

    flip: bool = option(False, group=AUGMENTATION)
    """Mirror half of the images, left to right."""
    alternate: bool = option(False, group=AUGMENTATION)
    """With flip: images mirrored in one epoch are not mirrored in the next, so that two epochs show both sides."""
    crop: int = option(0, group=AUGMENTATION, unit="pixels", ge=0)
    """Crop to the original size after padding by reflection."""
    rotation: float = option(0.0, group=AUGMENTATION, unit="degrees", ge=0, le=180)
    """Largest rotation."""
    zoom: float = option(0.0, group=AUGMENTATION, ge=0, lt=1)
    """Largest relative change of size."""
    colour: float = option(0.0, group=AUGMENTATION, ge=0, lt=1)
    """Largest relative change of brightness, contrast and saturation."""
    cutout: int = option(0, group=AUGMENTATION, unit="pixels", ge=0)
    """Side of a grey square at a random place; 0 is off."""
    mixup: float = option(0.0, group=AUGMENTATION, ge=0)
    """Parameter of the Beta distribution by which pairs of images and labels are blended; 0 is off."""

    @model_validator(mode="after")
    def _check_alternate(self) -> Self:
        if self.alternate and not self.flip:
            raise OptionError("alternate", "says how to flip, but flip is off. Turn both on, or both off.")
        return self


class TrainingConfig(Augmentation, SeedOptions):
    """How the training engine trains a network.

    Schedules are defined in ``learnet.training.schedules``, losses in ``learnet.training.losses``.
    ``hard_examples`` are chosen by ``learnet.training.hardest``.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> TrainingConfig(epochs=0)
        Traceback (most recent call last):
        learnet.options.schema.OptionError: epochs must be at least 1; received 0.
    """

    epochs: int = option(10, group=TRAINING, ge=1)
    """Passes over the training images."""
    batch_size: int = option(64, group=TRAINING, ge=1)
    """Images per step: 1 is stochastic, all of them is batch gradient descent."""
    hardest: float = option(1.0, group=TRAINING, gt=0, le=1)
    """Share of the training images that an epoch uses: those with the largest loss when last seen."""
    loss: LossName = option("cross-entropy", group=TRAINING)
    """Loss function; a hinge loss makes the last layer a linear SVM."""
    optimizer: OptimizerName = option("adam", group=TRAINING)
    """Rule that turns gradients into steps."""
    learning_rate: float = option(0.001, group=TRAINING, gt=0)
    """Largest learning rate of the schedule."""
    momentum: float = option(0.9, group=TRAINING, ge=0, lt=1, only={"optimizer": ("sgd", "rmsprop", "muon")})
    """Momentum."""
    nesterov: bool = option(False, group=TRAINING, only={"optimizer": ("sgd", "muon")})
    """Nesterov's momentum (muon always uses it)."""
    offset_rate: float = option(1.0, group=TRAINING, gt=0, only={"optimizer": ("sgd", "muon")})
    """Factor on the learning rate of batch normalisation's offsets (Jordan, 2024, uses 64)."""
    rest_rate: float = option(1.0, group=TRAINING, gt=0, only={"optimizer": ("muon",)})
    """Factor on the learning rate of everything but the kernels of convolutions."""
    discriminative: float = option(1.0, group=TRAINING, gt=0, le=1)
    """Factor on the learning rate of the first trained layer; it grows to 1 at the last (Howard and Ruder, 2018)."""
    schedule: ScheduleName = option("cosine", group=TRAINING)
    """How the learning rate changes."""
    warmup_epochs: float = option(0.0, group=TRAINING, ge=0)
    """Epochs in which the learning rate grows linearly from 0; part of epochs."""
    milestones: Numbers = option((), group=TRAINING, only={"schedule": ("step",)})
    """Epochs after which the learning rate is multiplied by decay, e.g. 10,20."""
    decay: float = option(0.1, group=TRAINING, gt=0, lt=1, only={"schedule": ("step",)})
    """Factor on the learning rate at each milestone."""
    l1: float = option(0.0, group=TRAINING, ge=0)
    """Penalty on the sum of the kernels' absolute values."""
    l2: float = option(0.0, group=TRAINING, ge=0)
    """Penalty on the sum of the kernels' squares."""
    weight_decay: float = option(0.0, group=TRAINING, ge=0)
    """Decoupled weight decay of the kernels, relative to the learning rate (Loshchilov and Hutter, 2019)."""
    label_smoothing: float = option(0.0, group=TRAINING, ge=0, lt=1)
    """Share of each target that is spread over all classes."""
    label_weights: tuple[float, ...] | None = option(None, hidden=True)
    """Weight of each class in the loss."""
    ema: float | None = option(None, group=TRAINING, gt=0, lt=1)
    """Decay of the exponential moving average of the weights, which is then validated and kept."""
    clip_norm: float | None = option(None, group=TRAINING, usual="no limit", gt=0)
    """Largest norm of the gradient of all weights together."""
    patience: int | None = option(None, group=TRAINING, usual="train all epochs", ge=1)
    """Stop after this many epochs without a smaller validation loss."""
    keep_last: bool = option(False, group=TRAINING)
    """Keep the weights of the last epoch, not those with the smallest validation loss."""
    jit: Switch = option(False, group=TRAINING)
    """Compile steps by XLA; auto times 20 steps with and without and keeps the faster."""
    deterministic: bool = option(False, group=RUN)
    """Ask the backend for reproducible kernels."""
    checkpoint_seconds: float = option(60.0, group=RUN, unit="seconds", ge=0)
    """Time between two checkpoints; 0 writes one after each step."""

    @property
    def augmentation(self) -> Augmentation:
        """The random changes of training images."""
        return self.part(Augmentation)

    @model_validator(mode="after")
    def _check_entries(self) -> Self:
        if any(epoch < 1 for epoch in self.milestones):
            raise OptionError("milestones", f"must be at least 1; received {min(self.milestones)}.")
        if any(weight < 0 for weight in self.label_weights or ()):
            raise OptionError("label_weights", f"must be at least 0; received {min(self.label_weights or ())}.")
        return self
