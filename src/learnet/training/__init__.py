"""Training a network: fast, honest, and resumed exactly where a kill left it."""

from learnet.options.recipes import RECIPES, Recipe
from learnet.options.train import TrainConfig
from learnet.options.training import Augmentation, TrainingConfig
from learnet.training.augment import augment
from learnet.training.feed import Batch, Feed, Views, in_order, photo_feed, shuffled
from learnet.training.fit import fit
from learnet.training.looks import FoundRate, find_learning_rate, preview_augmentation
from learnet.training.loop import EpochRow, Fitted, NotANumberError, fit_feed
from learnet.training.objective import Classification, Measured, Objective
from learnet.training.schedules import learning_rate
from learnet.training.step import StepResult, Trainer
from learnet.training.train import resume, train

__all__ = [
    "RECIPES",
    "Augmentation",
    "Batch",
    "Classification",
    "EpochRow",
    "Feed",
    "Fitted",
    "FoundRate",
    "Measured",
    "NotANumberError",
    "Objective",
    "Recipe",
    "StepResult",
    "TrainConfig",
    "Trainer",
    "TrainingConfig",
    "Views",
    "augment",
    "find_learning_rate",
    "fit",
    "fit_feed",
    "in_order",
    "learning_rate",
    "photo_feed",
    "preview_augmentation",
    "resume",
    "shuffled",
    "train",
]
