"""The options of ``learnet transfer``."""

from __future__ import annotations

from typing import ClassVar, Literal

from learnet.options.common import (
    NETWORK,
    TRAINING,
    CacheOptions,
    SeedOptions,
    SplitOptions,
    TimeOptions,
    WeightsOptions,
)
from learnet.options.schema import like, option
from learnet.options.text import Text
from learnet.options.train import TrainConfig
from learnet.options.training import Precision, TrainingConfig

HeadName = Literal["softmax", "svm"]
KernelName = Literal["linear", "polynomial", "rbf", "sigmoid"]
Mode = Literal["head", "partial", "full", "auto"]
Balance = Literal["auto", "none"]

_MODE = "Head and mode"
_TUNED = {"mode": ("partial", "full", "auto")}


class TransferConfig(TimeOptions, CacheOptions, SeedOptions, WeightsOptions, SplitOptions):
    """Turn photos into a classifier: train, test, report, and a bundle that proves itself.

    Raises:
        UsageError: If a value is out of its range, or an option has no effect beside another.
    """

    verb: ClassVar[str] = "transfer"

    backbone: Text = option("efficientnet_lite0", group=NETWORK)
    """Pretrained network that computes the features: a name, or the folder of a bundle."""
    balance: Balance = option("auto", group=_MODE)
    """auto gives rare classes more weight where classes are unequal."""
    head: HeadName = option("softmax", group=_MODE, only={"mode": ("head",)})
    """Classifier of the features: logistic regression, or a support-vector machine."""
    kernel: KernelName = option("rbf", group=_MODE, only={"head": ("svm",)})
    """Kernel of the support-vector machine."""
    mode: Mode = option("head", group=_MODE)
    """Layers to train: only the head, the upper layers too, all, or what proves to help."""
    unfreeze: Text | None = option(
        None, group=_MODE, usual="chosen by the size of the data", only={"mode": ("partial", "auto")}
    )
    """First layer or stage to train, e.g. block6."""
    epochs: int | None = like(TrainingConfig, "epochs", None, usual="each mode's own", only=_TUNED)
    """Training epochs for partial, full or auto mode."""
    learning_rate: float | None = like(TrainingConfig, "learning_rate", None, usual="each mode's own", only=_TUNED)
    """Largest learning rate for partial, full or auto mode."""
    discriminative: float = like(TrainingConfig, "discriminative", 1.0, only=_TUNED)
    precision: Precision = like(TrainConfig, "precision", "float32", only={"mode": ("full", "auto")})
    versions: int = option(4, group=TRAINING, ge=1, only={"mode": ("partial", "auto")})
    """Augmented views per photo that are computed and cached."""
    keep_mode: bool = option(False, group=_MODE, only={"mode": ("partial", "full")})
    """Save what partial or full mode trained even if the head alone is better on held-back photos."""
