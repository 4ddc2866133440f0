"""Everything that decides what a run of ``learnet.transfer`` does."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast, get_args

from learnet.core import UsageError, unknown_name

if TYPE_CHECKING:
    from learnet.transfer_learning.head import Balance

HeadName = Literal["softmax", "svm"]
Mode = Literal["head", "partial", "full", "auto"]

KERNELS = ("linear", "polynomial", "rbf", "sigmoid")


class ConfigSettings(TypedDict, total=False):
    """What classifies, what is trained and for how long: fields of ``TransferConfig``; the others stay as they are."""

    head: HeadName
    kernel: str
    mode: Mode
    unfreeze: str | None
    epochs: int | None
    learning_rate: float | None
    discriminative: float
    versions: int
    time_limit: float | None
    keep_mode: bool


class TransferSettings(ConfigSettings, total=False):
    """The same, and how many seconds of the time limit are over already."""

    elapsed: float


def checked_settings(settings: TransferSettings) -> ConfigSettings:
    """Return those of a configuration if there are such.

    Raises:
        UsageError: If one has a name that there is not; the nearest name is told.
    """
    for name in settings:
        if name not in TransferSettings.__annotations__:
            raise unknown_name("setting of a transfer", name, list(TransferSettings.__annotations__))
    return cast("ConfigSettings", {name: value for name, value in settings.items() if name != "elapsed"})


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """Everything that decides what a run does; written into the run and the bundle.

    Attributes:
        data: What the user called the dataset.
        backbone: Name of the backbone.
        weights: ``"imagenet"`` or ``"random"``.
        train_per_class: Photos a class to train with, or None for ``1 - test_fraction`` of them.
        test_fraction: Share of the photos held back for the test, in (0, 1).
        balance: ``"auto"`` or ``"none"``.
        label_depth: Folder level that names the class, or None.
        group_by: Regular expression that keeps photos together, or None.
        max_pixels: Larger photos are skipped.
        seed: Where every random choice comes from.
        head: What classifies the features: ``"softmax"`` or ``"svm"``.
        kernel: Of the support-vector machine, a name of ``learnet.layers.KERNELS``.
        mode: What is trained: ``"head"``, ``"partial"`` (the upper layers, too), ``"full"`` (everything), or
            ``"auto"``.
        unfreeze: The first layer or stage that ``"partial"`` trains, or None for a choice.
        epochs: Of a training of more than the head, or None for each mode's own number.
        learning_rate: The largest one of such a training, or None for each mode's own.
        discriminative: Factor on that rate for the first layer, in (0, 1]; it grows to 1 at the head.
        versions: How many versions of each photo ``"partial"`` caches, at least 1; the first is the photo as it is.
        time_limit: Seconds that everything together may take, or None.
        keep_mode: Save what ``"partial"`` or ``"full"`` has trained even if the head alone is better on held-back
            photos; else the better one is saved.

    Raises:
        UsageError: If a value is out of its range.
    """

    data: str
    backbone: str
    weights: str
    train_per_class: int | None
    test_fraction: float
    balance: Balance
    label_depth: int | None
    group_by: str | None
    max_pixels: int
    seed: int
    head: HeadName = "softmax"
    kernel: str = "rbf"
    mode: Mode = "head"
    unfreeze: str | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    discriminative: float = 1.0
    versions: int = 4
    time_limit: float | None = None
    keep_mode: bool = False

    def __post_init__(self) -> None:
        self._check_head()
        if self.mode not in get_args(Mode):
            raise UsageError(f"mode must be one of {', '.join(get_args(Mode))}; it is '{self.mode}'.")
        for name, fine, wanted in (
            ("epochs", self.epochs is None or self.epochs >= 1, "at least 1"),
            ("learning_rate", self.learning_rate is None or self.learning_rate > 0, "greater than 0"),
            ("discriminative", 0 < self.discriminative <= 1, "greater than 0 and at most 1"),
            ("versions", self.versions >= 1, "at least 1"),
            ("time_limit", self.time_limit is None or self.time_limit > 0, "greater than 0"),
        ):
            if not fine:
                raise UsageError(f"{name} must be {wanted}; it is {getattr(self, name)}.")
        if self.unfreeze is not None and self.mode in ("head", "full"):
            raise UsageError(f"unfreeze says where --mode partial begins; it has no meaning with --mode {self.mode}.")
        if self.keep_mode and self.mode not in ("partial", "full"):
            raise UsageError(
                "keep_mode saves what --mode partial or full has trained even if the head alone is better; it has no "
                f"meaning with --mode {self.mode}."
            )

    def _check_head(self) -> None:
        if self.head not in get_args(HeadName):
            raise UsageError(f"head must be one of {', '.join(get_args(HeadName))}; it is '{self.head}'.")
        if self.kernel not in KERNELS:
            raise unknown_name("kernel", self.kernel, KERNELS)
        if self.head != "svm" and self.kernel != "rbf":
            raise UsageError("A kernel is of a support-vector machine; ask for one with head='svm' (--head svm).")
        if self.head == "svm" and self.mode != "head":
            raise UsageError(
                "A support-vector machine is solved for on fixed features: --head svm goes with --mode head, not with "
                f"--mode {self.mode}."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return asdict(self)

    def command(self) -> str:
        """Return the command line that repeats the run."""
        words = ["learnet", "transfer", self.data]
        for name, value in asdict(self).items():
            if name != "data" and value is not None and (name == "seed" or value != _DEFAULTS.get(name)):
                words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
        return shlex.join(words)


_DEFAULTS = {
    "backbone": "efficientnet_lite0",
    "weights": "imagenet",
    "test_fraction": 0.2,
    "balance": "auto",
    "max_pixels": 100_000_000,
    "head": "softmax",
    "kernel": "rbf",
    "mode": "head",
    "discriminative": 1.0,
    "versions": 4,
    "keep_mode": False,
}
