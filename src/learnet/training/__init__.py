"""Training a network: fast, honest, and resumed exactly where a kill left it."""

from learnet.training.augment import augment
from learnet.training.config import Augmentation, TrainingConfig
from learnet.training.feed import Batch, Feed, Views
from learnet.training.fit import EpochRow, Fitted, NotANumberError, fit
from learnet.training.looks import FoundRate, find_learning_rate, preview_augmentation
from learnet.training.recipes import RECIPES, Recipe
from learnet.training.run_config import TrainConfig
from learnet.training.schedules import learning_rate
from learnet.training.step import StepResult, Trainer
from learnet.training.train import resume, train

__all__ = [
    "RECIPES",
    "Augmentation",
    "Batch",
    "EpochRow",
    "Feed",
    "Fitted",
    "FoundRate",
    "NotANumberError",
    "Recipe",
    "StepResult",
    "TrainConfig",
    "Trainer",
    "TrainingConfig",
    "Views",
    "augment",
    "find_learning_rate",
    "fit",
    "learning_rate",
    "preview_augmentation",
    "resume",
    "train",
]
