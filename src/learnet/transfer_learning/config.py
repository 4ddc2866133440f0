"""Everything that decides what a run of ``learnet.transfer`` does."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from learnet.core import UsageError, unknown_name

if TYPE_CHECKING:
    from learnet.transfer_learning.head import Balance

HeadName = Literal["softmax", "svm"]

KERNELS = ("linear", "polynomial", "rbf", "sigmoid")


class HeadSettings(TypedDict, total=False):
    """What classifies the features: fields of ``TransferConfig``; what is left out stays as it is."""

    head: HeadName
    kernel: str


def checked_settings(settings: HeadSettings) -> HeadSettings:
    """Return the settings if there are such.

    Raises:
        UsageError: If one has a name that there is not; the nearest name is told.
    """
    for name in settings:
        if name not in HeadSettings.__annotations__:
            raise unknown_name("setting of a transfer", name, list(HeadSettings.__annotations__))
    return settings


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

    def __post_init__(self) -> None:
        if self.head not in get_args(HeadName):
            raise UsageError(f"head must be one of {', '.join(get_args(HeadName))}; it is '{self.head}'.")
        if self.kernel not in KERNELS:
            raise unknown_name("kernel", self.kernel, KERNELS)
        if self.head != "svm" and self.kernel != "rbf":
            raise UsageError("A kernel is of a support-vector machine; ask for one with head='svm' (--head svm).")

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return asdict(self)

    def command(self) -> str:
        """Return the command line that repeats the run."""
        words = ["learnet", "transfer", self.data]
        for name, value in asdict(self).items():
            if name != "data" and value is not None and (name == "seed" or value != _DEFAULTS.get(name)):
                words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(words)


_DEFAULTS = {
    "backbone": "efficientnet_lite0",
    "weights": "imagenet",
    "test_fraction": 0.2,
    "balance": "auto",
    "max_pixels": 100_000_000,
    "head": "softmax",
    "kernel": "rbf",
}
