"""The options of a generative adversarial network's training, for Python."""

from __future__ import annotations

from typing import ClassVar, Literal

from learnet.options.common import RUN, TRAINING, SeedOptions
from learnet.options.schema import like, option
from learnet.options.training import TrainingConfig

LossName = Literal["non-saturating", "saturating"]
LatentName = Literal["normal", "uniform"]


class GanConfig(SeedOptions):
    """How a generator and a discriminator are trained.

    The defaults of batch size, rate and ``beta_1`` are those of Radford, Metz and Chintala (Unsupervised Representation
    Learning with Deep Convolutional Generative Adversarial Networks, 2015, section 4). The losses are Goodfellow and
    others' (Generative Adversarial Nets, 2014, section 3): ``"saturating"`` is the game's own, the mean of
    log(1 - D(G(z))); ``"non-saturating"`` is -log D(G(z)), whose gradient is large where the discriminator is sure.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> GanConfig(beta_1=1.0)
        Traceback (most recent call last):
        learnet.options.schema.OptionError: beta_1 must be at least 0 and less than 1; received 1.0.
    """

    verb: ClassVar[str] = "gan"

    epochs: int = like(TrainingConfig, "epochs", 25)
    batch_size: int = like(TrainingConfig, "batch_size", 128)
    """Examples, and as many samples, per step."""
    discriminator_steps: int = option(1, group=TRAINING, ge=1)
    """Steps of the discriminator for each one of the generator."""
    loss: LossName = like(TrainingConfig, "loss", "non-saturating")
    """Loss of the generator."""
    latent: LatentName = option("normal", group=TRAINING)
    """Input of the generator: from N(0, 1), or uniform in [-1, 1]."""
    learning_rate: float = like(TrainingConfig, "learning_rate", 0.0002)
    """Adam's learning rate, of both networks."""
    beta_1: float = option(0.5, group=TRAINING, ge=0, lt=1)
    """Adam's decay of the mean gradient."""
    samples_every: int = option(5, group=RUN, unit="epochs", ge=0)
    """Epochs between two pictures of samples; 0 for none at all."""
    deterministic: bool = like(TrainingConfig, "deterministic", False)
    checkpoint_seconds: float = like(TrainingConfig, "checkpoint_seconds", 60.0)
