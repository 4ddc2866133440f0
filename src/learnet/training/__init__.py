"""Training a network: fast, honest, and resumed exactly where a kill left it."""

from learnet.training.augment import augment
from learnet.training.config import Augmentation, TrainingConfig
from learnet.training.feed import Batch, Feed
from learnet.training.fit import EpochRow, Fitted, NotANumberError, fit
from learnet.training.schedules import learning_rate
from learnet.training.step import StepResult, Trainer

__all__ = [
    "Augmentation",
    "Batch",
    "EpochRow",
    "Feed",
    "Fitted",
    "NotANumberError",
    "StepResult",
    "Trainer",
    "TrainingConfig",
    "augment",
    "fit",
    "learning_rate",
]
