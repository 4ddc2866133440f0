"""Everything that decides how two networks are trained against each other, checked before the first step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from learnet.core import UsageError
from learnet.training import TrainingConfig

LossName = Literal["non-saturating", "saturating"]
LatentName = Literal["normal", "uniform"]


@dataclass(frozen=True, kw_only=True)
class GanConfig:
    """How a generator and a discriminator are trained.

    The defaults of batch size, rate and ``beta_1`` are those of Radford, Metz and Chintala (Unsupervised Representation
    Learning with Deep Convolutional Generative Adversarial Networks, 2015, section 4).

    Attributes:
        epochs: Passes over the examples, at least 1.
        batch_size: Examples, and as many samples, in each step of the discriminator and of the generator.
        discriminator_steps: Of the discriminator for each one of the generator: Goodfellow et al.'s k, at least 1.
        loss: What the generator minimises. ``"saturating"`` is the game's own, the mean of log(1 - D(G(z)));
            ``"non-saturating"`` is -log D(G(z)), whose gradient is large where the discriminator is sure (Goodfellow
            et al., Generative Adversarial Nets, 2014, section 3).
        latent: What the generator is fed: numbers from N(0, 1), or even ones from [-1, 1].
        learning_rate: Of Adam, of both networks, greater than 0.
        beta_1: Of Adam: how long its mean gradient lasts, in [0, 1).
        samples_every: Epochs between two pictures of samples in the run's folder, which the last epoch always gives;
            0 for none at all.
        deterministic: Ask the backend for reproducible kernels.
        checkpoint_seconds: Time between two checkpoints; 0 writes one each step.
        seed: Every random choice comes from it, 0 or greater.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> GanConfig(beta_1=1.0)
        Traceback (most recent call last):
        learnet.core.errors.UsageError: The training's beta_1 must be at least 0 and less than 1; received 1.0.
    """

    epochs: int = 25
    batch_size: int = 128
    discriminator_steps: int = 1
    loss: LossName = "non-saturating"
    latent: LatentName = "normal"
    learning_rate: float = 2e-4
    beta_1: float = 0.5
    samples_every: int = 5
    deterministic: bool = False
    checkpoint_seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        TrainingConfig(  # what both kinds of training have in common is checked there
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            checkpoint_seconds=self.checkpoint_seconds,
            seed=self.seed,
        )
        for name, choices in (("loss", get_args(LossName)), ("latent", get_args(LatentName))):
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"The training's {name} must be one of {', '.join(choices)}; received '{getattr(self, name)}'."
                )
        rules = (
            ("discriminator_steps", self.discriminator_steps >= 1, "at least 1"),
            ("samples_every", self.samples_every >= 0, "at least 0"),
            ("beta_1", 0 <= self.beta_1 < 1, "at least 0 and less than 1"),
        )
        for name, holds, wanted in rules:
            if not holds:
                raise UsageError(f"The training's {name} must be {wanted}; received {getattr(self, name)!r}.")
