"""The options of ``learnet colourise``."""

from __future__ import annotations

from typing import ClassVar, Literal

from learnet.options.bundles import PredictConfig
from learnet.options.common import (
    DATA,
    NETWORK,
    RUN,
    BundleOptions,
    LabelOptions,
    OutOption,
    SizeLimit,
    SplitOptions,
    TimeOptions,
    ValidationOptions,
)
from learnet.options.schema import like, option
from learnet.options.text import Paths, PathText
from learnet.options.train import TrainConfig
from learnet.options.training import Precision, TrainingConfig

NetworkName = Literal["classification", "regression"]


class ColouriseConfig(TimeOptions, ValidationOptions, SizeLimit):
    """Train a network to colour photos: train, test, report, and a bundle that proves itself.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> ColouriseConfig(data="photos", lam=0)
        Traceback (most recent call last):
        learnet.options.schema.OptionError: lam must be greater than 0 and at most 1; received 0.
    """

    verb: ClassVar[str] = "colourise train"

    data: PathText = like(
        LabelOptions, "data", ..., missing="On which photos? Give a folder or the name of a data set, or --resume RUN."
    )
    """Colour photos: a folder of any layout, or a known data set, e.g. caltech101 or cifar10."""
    network: NetworkName = option("classification", group=NETWORK)
    """classification chooses among colours (ColorUNet); regression averages them, for comparison."""
    size: int = option(64, group=NETWORK, unit="pixels", ge=16, le=512, multiple_of=8)
    """Height and width of the photos that the network sees."""
    max_photos: int = option(20000, group=DATA, ge=10)
    """Most photos to use, chosen at random."""
    lam: float = option(0.5, group=NETWORK, flag="lambda", gt=0, le=1)
    """Lambda of the rebalancing: the smaller, the more rare colours count."""
    kept: int = option(32, group=NETWORK, ge=2, le=100)
    """Colours to choose from."""
    centres: bool = option(False, group=NETWORK)
    """Use the centre of a colour's cell, not the mean of its pixels."""
    epochs: int | None = like(TrainingConfig, "epochs", None, usual="20, or as many as fit into --time-limit")
    batch_size: int = like(TrainingConfig, "batch_size", 16)
    learning_rate: float = like(TrainingConfig, "learning_rate", 0.003)
    precision: Precision = like(TrainConfig, "precision", "float32")
    test_fraction: float = like(SplitOptions, "test_fraction", 0.1)
    seed: int = like(TrainingConfig, "seed", 0)

    @property
    def training(self) -> TrainingConfig:
        """How the network is trained."""
        return TrainingConfig(
            epochs=self.epochs or 20,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            flip=True,
            crop=4,
            seed=self.seed,
        )


class ColouriseApplyConfig(SizeLimit, BundleOptions):
    """Colour photos of any size, and draw a sheet of the first ones before and after."""

    verb: ClassVar[str] = "colourise apply"

    photos: Paths = like(PredictConfig, "photos", ...)
    out: PathText = like(OutOption, "out", "coloured")
    """Folder for the coloured photos."""
    temperature: float | None = option(None, group=RUN, usual="the bundle's own", gt=0)
    """Small values are vivid, 1 is pale."""
