"""What a report is made from: plain values and arrays, and nothing that must be computed again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learnet.evaluation.metrics import Metrics


class SkippedFile(Protocol):
    """A file that was found and not used."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def reason(self) -> str:
        """Why it was not used, as a sentence."""


class DataFinding(Protocol):
    """Something about the data that its owner should know."""

    @property
    def kind(self) -> str:
        """Of which kind, e.g. ``"near duplicate"``."""

    @property
    def path(self) -> str:
        """The file or class that it is about."""

    @property
    def detail(self) -> str:
        """The finding as a sentence."""


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """A simple method on the same features and the same test photos.

    Attributes:
        name: E.g. ``"k nearest neighbours (k = 5)"``.
        accuracy: In [0, 1].
        mean_class_recall: In [0, 1].
        accuracy_interval: Its 95 % interval; where it is missing, Wilson's interval for the number of test photos.
    """

    name: str
    accuracy: float
    mean_class_recall: float
    accuracy_interval: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class StageCost:
    """What one stage of the run took.

    Attributes:
        name: E.g. ``"decode and compute features"``.
        seconds: Wall time.
        images: How many images went through it, if it works image by image.
    """

    name: str
    seconds: float
    images: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportData:
    """All that the page tells; a field that is left out leaves its part of the page out.

    Attributes:
        title: The page's title, e.g. ``"caltech101"``.
        class_names: The k classes.
        metrics: What was measured on the test photos.
        probabilities: Calibrated, float32 (n, k), of the n test photos.
        labels: Their true classes, int (n,), in [0, k).
        photo_names: Their names, as the user knows them; asked only for photos that are listed.
        thumbnails: JPEG bytes for some of the test photos, by index; see ``thumbnail_choice``.
        description: One line below the title: the layout that was found, the backbone.
        train_counts: Training photos of each class (k,).
        unseen: Whether none of the test photos can have been seen in training.
        found: Files found in all; found = used + skipped.
        skipped: Files that were not used.
        skipped_file: Name of the file beside the page that lists all of them.
        findings: What was noticed in the data.
        baselines: Simple methods beside the network.
        costs: Stages in order.
        peak_memory_bytes: The process' peak resident memory.
        machine: One line, see ``Machine.describe``.
        temperature: By which the logits were divided.
        threshold: Below this top probability the answer is "not sure", in [0, 1].
        foreign_auroc: How well the top probability tells photos of known from photos of unknown classes, in [0, 1].
        reproduce: The command that repeats the run.
        provenance: What else it takes: seed, versions, dataset fingerprint, backbone, licence, paper.
        commands: What to do with the bundle: purpose -> command, one line each.
    """

    title: str
    class_names: Sequence[str]
    metrics: Metrics
    probabilities: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    photo_names: Sequence[str]
    thumbnails: Mapping[int, bytes] = field(default_factory=dict)
    description: str = ""
    train_counts: Sequence[int] | None = None
    unseen: bool = True
    found: int | None = None
    skipped: Sequence[SkippedFile] = ()
    skipped_file: str = "skipped.csv"
    findings: Sequence[DataFinding] = ()
    baselines: Sequence[BaselineRow] = ()
    costs: Sequence[StageCost] = ()
    peak_memory_bytes: int | None = None
    machine: str | None = None
    temperature: float | None = None
    threshold: float | None = None
    foreign_auroc: float | None = None
    reproduce: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the arrays belong together.

        Raises:
            ValueError: If they do not.
        """
        photos, classes = len(self.labels), len(self.class_names)
        if self.metrics.confusion.shape != (classes, classes) or self.metrics.n != photos:
            raise ValueError(
                f"The metrics are of {self.metrics.n} photos and {len(self.metrics.confusion)} classes, the report of "
                f"{photos} and {classes}."
            )
        if self.probabilities.shape != (photos, classes) or len(self.photo_names) != photos:
            raise ValueError(
                f"A report on {photos} labels and {classes} classes needs probabilities of shape {(photos, classes)} "
                f"and as many photo names; received {self.probabilities.shape} and {len(self.photo_names)} names."
            )
        if not 0 <= int(np.min(self.labels)) <= int(np.max(self.labels)) < classes:
            raise ValueError(f"Labels must lie in [0, {classes}); received {self.labels.min()} to {self.labels.max()}.")
