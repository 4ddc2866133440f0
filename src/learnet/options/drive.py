"""The options of ``learnet drive``."""

from __future__ import annotations

from typing import ClassVar

from learnet.options.common import (
    AUGMENTATION,
    DATA,
    MACHINE,
    RUN,
    BundleOptions,
    OutOption,
    SeedOptions,
    TimeOptions,
    ValidationOptions,
)
from learnet.options.schema import Schema, like, option
from learnet.options.text import Duration, PathText
from learnet.options.train import TrainConfig
from learnet.options.training import Precision, TrainingConfig


class WorkersOption(Schema):
    """Processes of a simulation."""

    workers: int = option(2, group=MACHINE, ge=1)
    """Processes that drive at the same time."""


class RecordConfig(WorkersOption, TimeOptions, SeedOptions):
    """Let an expert drive who knows the road, and keep what the car saw; the same command continues after a stop."""

    verb: ClassVar[str] = "drive record"

    time_limit: Duration | None = like(TimeOptions, "time_limit", None)
    """Time after which no new track is started."""
    tracks: int = option(8, group=DATA, ge=1)
    """Number of tracks; each is another one."""
    out: PathText = like(OutOption, "out", "drives")
    """Folder of the recording; one that exists is completed."""


class ImitationConfig(TimeOptions, ValidationOptions, SeedOptions):
    """Train PilotNet to do what the expert did, from pixels.

    Displaced views follow Bojarski and others (End to End Learning for Self-Driving Cars, 2016), who drew with twice
    the standard deviation that they measured of human drivers.

    Raises:
        UsageError: If a value is out of its range.
    """

    verb: ClassVar[str] = "drive train"

    recording: PathText = option(
        positional=True, metavar="RECORDING", missing="On what? Give the folder of a recording, or --resume RUN."
    )
    """Folder that 'learnet drive record' made."""
    augment: bool = option(True, group=AUGMENTATION)
    """Also train on views from beside the road's middle, with the steering that leads back."""
    view_shift: float = option(1.8, group=AUGMENTATION, unit="length units", ge=0, only={"augment": (True,)})
    """Standard deviation of a view's sideways shift."""
    view_rotation: float = option(7.0, group=AUGMENTATION, unit="degrees", ge=0, only={"augment": (True,)})
    """Standard deviation of a view's rotation."""
    view_limit: float = option(2.5, group=AUGMENTATION, unit="standard deviations", gt=0, only={"augment": (True,)})
    """Largest displacement of a view."""
    epochs: int = like(TrainingConfig, "epochs", 40)
    """Passes over the recorded moments."""
    batch_size: int = like(TrainingConfig, "batch_size", 64)
    """Moments per step."""
    learning_rate: float = like(TrainingConfig, "learning_rate", 0.001)
    precision: Precision = like(TrainConfig, "precision", "float32")
    validation_fraction: float = like(ValidationOptions, "validation_fraction", 0.1)
    """Share of the tracks that chooses the best epoch."""

    @property
    def training(self) -> TrainingConfig:
        """How the engine trains."""
        return TrainingConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            warmup_epochs=min(0.3, self.epochs / 2),
            seed=self.seed,
        )


class JudgeConfig(WorkersOption, TimeOptions, SeedOptions, BundleOptions):
    """Let the network drive tracks that were never recorded, and the expert beside it."""

    verb: ClassVar[str] = "drive evaluate"

    time_limit: Duration | None = like(TimeOptions, "time_limit", None)
    """Time after which no new lap is started."""
    tracks: int = like(RecordConfig, "tracks", 20)
    """Number of tracks; none of them can have been recorded."""
    knocks: bool = option(False, group=RUN)
    """Push and turn the car every 1.2 seconds: can it come back?"""
    out: PathText | None = like(OutOption, "out", None, usual="none")
    """Folder that keeps each lap: the same command continues after a stop."""


class WatchConfig(SeedOptions, BundleOptions):
    """Film the network on a track that was never recorded: what it sees, what it steers by, wheel and speed."""

    verb: ClassVar[str] = "drive watch"

    out: PathText = like(OutOption, "out", "drive.mp4")
    """The film: .mp4 or .gif."""
    seconds: float = option(20.0, group=RUN, unit="seconds", gt=0)
    """Length of the film; a lap takes 15 to 20."""
