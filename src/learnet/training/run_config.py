"""Everything that decides what a run of ``learnet.train`` does."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from learnet.core import LearnetError, UsageError
from learnet.training.config import Augmentation, TrainingConfig

Precision = Literal["float32", "bfloat16", "auto"]
ClassWeights = Literal["none", "balanced"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What is trained, on what, and how; written into the run and the bundle.

    Attributes:
        data: What the user called the dataset.
        model: Name of the network.
        options: What else its builder takes.
        input_size: Height and width of its images in pixels, or None for the published size.
        dropout: Rate before the last layers, or None for the published one.
        precision: In which numbers a step computes; ``"auto"`` times both and keeps the faster one. The weights and
            the bundle are float32 in any case.
        test_time_flip: Whether a photo and its mirror image are both asked.
        test_time_shift: Pixels by which a photo is shifted and asked again, see ``learnet.models.network``.
        class_weights: ``"balanced"`` weighs rare classes up.
        validation_fraction: Share of the training photos that choose the best epoch and calibrate, in (0, 1); not used
            where the dataset brings its own validation part.
        train_per_class: Photos a class to train with, or None for ``1 - test_fraction`` of them.
        test_fraction: Share of the photos held back for the test, in (0, 1).
        label_depth: Folder level that names the class, or None.
        group_by: Regular expression that keeps photos together, or None.
        max_pixels: Larger photos are skipped.
        tensorboard: Whether event files are written.
        training: How the network is trained.

    Raises:
        UsageError: If a value is out of its range.
    """

    data: str
    model: str
    options: dict[str, Any] = field(default_factory=dict)
    input_size: tuple[int, int] | None = None
    dropout: float | None = None
    precision: Precision = "float32"
    test_time_flip: bool = False
    test_time_shift: int = 0
    class_weights: ClassWeights = "none"
    validation_fraction: float = 0.1
    train_per_class: int | None = None
    test_fraction: float = 0.2
    label_depth: int | None = None
    group_by: str | None = None
    max_pixels: int = 100_000_000
    tensorboard: bool = False
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        for name, choices in (("precision", get_args(Precision)), ("class_weights", get_args(ClassWeights))):
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} must be one of {', '.join(choices)}; received {getattr(self, name)!r}.")
        if not 0 < self.validation_fraction < 1:
            raise UsageError(f"The validation fraction must lie between 0 and 1; received {self.validation_fraction}.")

    @property
    def seed(self) -> int:
        """Where every random choice comes from."""
        return self.training.seed

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> TrainConfig:
        """Return what ``to_json`` wrote.

        Raises:
            LearnetError: If it is of another version of learnet.
        """
        try:
            values = dict(value)
            training = dict(values.pop("training"))
            training["augmentation"] = Augmentation(**training["augmentation"])
            for name in ("milestones", "class_weights"):
                training[name] = None if training[name] is None else tuple(training[name])
            size = values.pop("input_size")
            return cls(
                **values, input_size=None if size is None else (size[0], size[1]), training=TrainingConfig(**training)
            )
        except (TypeError, KeyError) as error:
            raise LearnetError(
                f"The run's configuration is of another version of learnet ({error}). Resume it with that version, or "
                "begin a new run."
            ) from error

    def command(self) -> str:
        """Return the command line that repeats the run."""
        words = ["learnet", "train", self.data, "--model", self.model]
        plain = TrainConfig(data=self.data, model=self.model)
        for owner, usual, left_out in (
            (self, plain, {"data", "model", "training"}),
            (self.training, plain.training, {"augmentation", "seed", "class_weights"}),
            (self.training.augmentation, plain.training.augmentation, set[str]()),
        ):
            for each in fields(owner):
                value = getattr(owner, each.name)
                if each.name not in left_out and value != getattr(usual, each.name):
                    words += _flag(each.name, value)
        return shlex.join([*words, "--seed", str(self.seed)])


def _flag(name: str, value: Any) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    if name == "options":
        return [word for key, each in value.items() for word in ("--option", f"{key}={_text(each)}")]
    if name == "input_size":
        return [flag, f"{value[0]}x{value[1]}"]
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    return [flag, _text(value)]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
