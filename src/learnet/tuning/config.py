"""Everything that decides what a study does, checked before its first trial."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from learnet.core import LearnetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learnet.tuning.propose import SearchName


TrialMode = Literal["head", "partial"]


class StudySettings(TypedDict, total=False):
    """Fields of ``TuneConfig``; what is left out stays as it is there."""

    mode: TrialMode
    recipe: str
    weights: str
    seed: int
    validation_fraction: float
    train_per_class: int | None
    test_fraction: float
    label_depth: int | None
    group_by: str | None
    max_pixels: int


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """What is searched, on what, and how; written into the study, the run and the bundle.

    Attributes:
        data: What the user called the dataset; empty if it came from Python.
        model: Name of the network that is trained from random weights, or None.
        backbone: Name of the pretrained network whose head is trained, or None; one of the two is given.
        mode: What of a backbone a trial trains: ``"head"``, or ``"partial"``: its upper layers too.
        search: How values are chosen.
        space: Where they are looked for, as JSON values.
        recipe: What holds for a network where the space says nothing.
        weights: ``"imagenet"`` or ``"random"``, of the backbone.
        seed: Where every random choice comes from; the same one for all trials.
        validation_fraction: Share of the training photos that chooses, in (0, 1).
        train_per_class: Photos a class to train and choose with, or None for ``1 - test_fraction`` of them.
        test_fraction: Share of the photos held back for the test, in (0, 1).
        label_depth: Folder level that names the class, or None.
        group_by: Regular expression that keeps photos together, or None.
        max_pixels: Larger photos are skipped.

    Raises:
        UsageError: If a value is out of its range.
    """

    data: str
    model: str | None = None
    backbone: str | None = None
    mode: TrialMode = "head"
    search: SearchName = "random"
    space: dict[str, Any] = field(default_factory=dict)
    recipe: str = "plain"
    weights: str = "imagenet"
    seed: int = 0
    validation_fraction: float = 0.2
    train_per_class: int | None = None
    test_fraction: float = 0.2
    label_depth: int | None = None
    group_by: str | None = None
    max_pixels: int = 100_000_000

    def __post_init__(self) -> None:
        if (self.model is None) == (self.backbone is None):
            raise UsageError(
                "What is to be tuned? Give either a network to train from random weights (--model NAME) or a "
                "pretrained one whose head is trained on its features (--backbone NAME)."
            )
        if self.mode not in get_args(TrialMode):
            raise UsageError(
                f"The mode of a search is one of {', '.join(get_args(TrialMode))}; received '{self.mode}'."
            )
        if self.mode != "head" and self.backbone is None:
            raise UsageError(f"--mode {self.mode} says what of a --backbone is trained; --model trains everything.")
        if not 0 < self.validation_fraction < 1:
            raise UsageError(f"The validation fraction must lie between 0 and 1; received {self.validation_fraction}.")
        if self.seed < 0:
            raise UsageError(f"The seed must be 0 or greater; received {self.seed}.")

    @property
    def what(self) -> str:
        """The network's name."""
        return self.model or self.backbone or ""

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TuneConfig:
        """Return what ``to_json`` wrote.

        Raises:
            LearnetError: If it is of another version of learnet.
        """
        try:
            return cls(**value)
        except TypeError as error:
            raise LearnetError(
                f"The study is of another version of learnet ({error}). Go on with it there, or begin a new one."
            ) from error

    def difference(self, other: TuneConfig) -> list[str]:
        """Return the names of what differs between two configurations."""
        mine, theirs = self.to_json(), other.to_json()
        return [name for name in mine if mine[name] != theirs[name]]

    def command(self) -> str:
        """Return the command line that begins such a study again; its space lies beside it as ``space.toml``."""
        words = ["learnet", "tune", self.data]
        usual = {
            "mode": "head",
            "recipe": "plain",
            "weights": "imagenet",
            "validation_fraction": 0.2,
            "test_fraction": 0.2,
        }
        usual |= {"max_pixels": 100_000_000}
        for name, value in self.to_json().items():
            if name not in ("data", "space") and value is not None and value != usual.get(name):
                words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join([*words, "--space", "space.toml"])
