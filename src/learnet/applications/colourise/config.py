"""Everything that decides how a colouriser is trained, checked before the first photo is read."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from learnet.applications.colourise.colouriser import ARCHITECTURE, NetworkName, check_size
from learnet.applications.colourise.grid import KEPT, SIDE
from learnet.core import LearnetError, UsageError
from learnet.training import Augmentation, TrainingConfig

LAMBDA = 0.5


def usual_training() -> TrainingConfig:
    """Return how a network is trained if nothing else is said."""
    return TrainingConfig(epochs=20, batch_size=16, learning_rate=3e-3, augmentation=Augmentation(flip=True, crop=4))


@dataclass(frozen=True, kw_only=True)
class ColouriseConfig:
    """What a colouriser is trained on, and how; written into its run.

    Attributes:
        data: What the user called the photos.
        network: ``"classification"`` chooses among colours (ColorUNet); ``"regression"`` is the same network that
            answers U and V, learnt by least squares, to compare with.
        size: Height and width of the photos that the network sees, a multiple of 8 from 16 to 512.
        kept: How many colours to choose from, 2 to 100.
        centres: Whether a colour is the middle of its grid cell, as published, and not the mean of its pixels.
        lam: Lambda of the rebalancing, in (0, 1]: the smaller, the more rare colours count.
        photos: The most photos to use, at least 10; chosen by chance where there are more.
        test_fraction: Share of the photos held back for the test, in (0, 1).
        validation_fraction: Share of the others that chooses epoch and temperature, in (0, 1).
        max_pixels: Larger photos are skipped.
        training: How the network is trained.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> ColouriseConfig(data="photos", lam=0)
        Traceback (most recent call last):
        learnet.core.errors.UsageError: lam must be greater than 0 and at most 1; received 0.
    """

    data: str
    network: NetworkName = "classification"
    size: int = 64
    kept: int = KEPT
    centres: bool = False
    lam: float = LAMBDA
    photos: int = 20_000
    test_fraction: float = 0.1
    validation_fraction: float = 0.1
    max_pixels: int = 100_000_000
    training: TrainingConfig = field(default_factory=usual_training)

    def __post_init__(self) -> None:
        if self.network not in ARCHITECTURE:
            raise UsageError(f"network must be one of {', '.join(ARCHITECTURE)}; received '{self.network}'.")
        check_size(self.size)
        rules = (
            ("kept", 2 <= self.kept <= SIDE**2, f"from 2 to {SIDE**2}"),
            ("lam", 0 < self.lam <= 1, "greater than 0 and at most 1"),
            ("photos", self.photos >= 10, "at least 10"),
            ("test_fraction", 0 < self.test_fraction < 1, "between 0 and 1"),
            ("validation_fraction", 0 < self.validation_fraction < 1, "between 0 and 1"),
            ("max_pixels", self.max_pixels >= 1, "at least 1"),
        )
        for name, holds, wanted in rules:
            if not holds:
                raise UsageError(f"{name} must be {wanted}; received {getattr(self, name)!r}.")

    @property
    def seed(self) -> int:
        """Where every random choice comes from."""
        return self.training.seed

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ColouriseConfig:
        """Return what ``to_json`` wrote.

        Raises:
            LearnetError: If it is of another version of learnet.
        """
        try:
            values = dict(value)
            training = dict(values.pop("training"))
            training["augmentation"] = Augmentation(**training["augmentation"])
            training["milestones"] = tuple(training["milestones"])
            return cls(**values, training=TrainingConfig(**training))
        except (TypeError, KeyError) as error:
            raise LearnetError(
                f"The run's configuration is of another version of learnet ({error}). Resume it with that version, or "
                "begin a new run."
            ) from error

    def command(self) -> str:
        """Return the command line that repeats the run."""
        words, usual = ["learnet", "colourise", "train", self.data], ColouriseConfig(data=self.data)
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("data", "training") or value == getattr(usual, each.name):
                continue
            flag = {"lam": "--lambda"}.get(each.name, f"--{each.name.replace('_', '-')}")
            words += [flag] if value is True else [flag, str(value)]
        for name in ("epochs", "batch_size", "learning_rate"):
            if getattr(self.training, name) != getattr(usual.training, name):
                words += [f"--{name.replace('_', '-')}", str(getattr(self.training, name))]
        return shlex.join([*words, "--seed", str(self.seed)])
