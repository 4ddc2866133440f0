"""A support-vector machine as the head: its setting, temperature and threshold found on photos that it did not see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError, Silent, UsageError
from learnet.data import Part, stream_photos
from learnet.evaluation import Threshold, choose_threshold, fit_temperature, softmax
from learnet.models import with_machine
from learnet.training.svm import SolvedMachine, decide, solve_svm
from learnet.training.svm_run import evidence, particulars, write_evidence
from learnet.transfer_learning.folds import KEPT, assign_folds
from learnet.transfer_learning.head import UNEQUAL

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import InputSpec
    from learnet.options.transfer import Balance
    from learnet.runs import Product, Study
    from learnet.transfer_learning.solver import Floats

_FOLDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class SvmHead:
    """A support-vector machine on raw features, one class against the rest.

    Attributes:
        solved: The machine, solved from all training photos; its ``trials`` are those of the search.
        temperature: By which its decision values are divided.
    """

    solved: SolvedMachine
    temperature: float

    def probabilities(self, features: Floats, *, rows: NDArray[np.integer[Any]] | None = None) -> Floats:
        """Return calibrated probabilities, float32 (n, k).

        Args:
            features: float32 (N, d).
            rows: Which of its rows, int (n,); all if not given.
        """
        decisions = decide(self.solved, features if rows is None else features[rows])
        return softmax(decisions, temperature=self.temperature)

    def classifier(self, backbone: keras.Model) -> keras.Model:
        """Return the whole network: images to calibrated probabilities. The backbone's layers are shared."""
        support, dual, intercept, gamma, coef0 = self.solved.arrays
        model = with_machine(backbone, classes=len(intercept), **self._shape())
        scale = np.float32(self.temperature)
        model.get_layer("head").set_weights([support, dual / scale, intercept / scale, gamma, coef0])
        return model

    def architecture(self) -> dict[str, Any]:
        """Return what the bundle must know to build the head."""
        return {"kind": "svm", **self._shape()}

    def _shape(self) -> dict[str, Any]:
        setting = self.solved.setting
        degree = setting.degree if setting.kernel == "polynomial" else 1
        return {"kernel": setting.kernel, "degree": degree, "support_vectors": len(self.solved.arrays[0])}


@dataclass(frozen=True, kw_only=True, eq=False)
class SvmResult:
    """A solved head and how it came about.

    Attributes:
        head: The classifier.
        threshold: Where "not sure" ends, measured on photos that the measured machines had not learned from.
        balanced: Whether rare classes were weighted up.
        folds: Folds of the cross-validation; 0 if the dataset brought photos to choose on.
    """

    head: SvmHead
    threshold: Threshold
    balanced: bool
    folds: int


def solve_svm_head(
    features: Floats,
    labels: NDArray[np.integer[Any]],
    *,
    classes: int,
    kernel: str = "rbf",
    rows: NDArray[np.integer[Any]],
    validation_rows: NDArray[np.integer[Any]],
    groups: NDArray[np.integer[Any]],
    balance: Balance = "auto",
    seed: int = 0,
    progress: Progress | None = None,
) -> SvmResult:
    """Solve a support-vector machine on features, its setting chosen from a grid over C and degree or scale.

    The setting is chosen on the dataset's validation photos or, where it has none, on a fifth of the training photos.
    Temperature and threshold come from the same validation photos or, where there are none, from all training photos,
    each answered by a machine of that setting that had not learned from it or from a copy of it. The machine itself is
    solved from all training photos.

    Args:
        features: float32 (N, d); not changed.
        labels: int (N,), in [0, classes).
        classes: k, at least 2.
        kernel: A name of ``learnet.layers.KERNELS``.
        rows: Which rows to learn from, int (n,).
        validation_rows: Rows to choose and measure on instead of held-out training rows; may be none.
        groups: Ids (N,) of photos that belong together (copies); they stay in one fold.
        balance: As for ``solve_head``.
        seed: The run's seed.
        progress: Where to tell how it goes.

    Returns:
        The head and how it came about.

    Raises:
        DataError: If fewer than two classes have a photo to learn from, or a feature is not a number.
        UsageError: If there is no such kernel, or more photos than this machine can compare with each other.

    Source:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 20, 1995.
    """
    from learnet.layers import KERNELS

    if kernel not in KERNELS:
        raise UsageError(f"The kernel must be one of {', '.join(KERNELS)}; it is '{kernel}'.")
    counts = np.bincount(labels[rows], minlength=classes)
    if (counts > 0).sum() < 2 or not np.isfinite(features[rows]).all():
        raise DataError("A head needs photos of at least two classes to learn from, and features that are numbers.")
    balanced = balance == "auto" and bool(counts.max() > UNEQUAL * counts[counts > 0].min())
    weights = counts.sum() / (classes * np.maximum(counts, 1)) if balanced else np.ones(classes)
    solver = _Solver(
        features, labels, classes, kernel, weights.tolist(), seed, Silent() if progress is None else progress
    )
    if len(validation_rows):
        found = solver.solve(rows, validation_rows)
        return _calibrated(
            found, decide(found, features[validation_rows]), labels[validation_rows], balanced=balanced, folds=0
        )
    fold = assign_folds(labels[rows], folds=_FOLDS, seed=seed, groups=groups[rows])
    if not (fold != KEPT).any():
        found = solver.solve(rows, rows)
        return _calibrated(found, np.empty((0, classes), np.float32), labels[:0], balanced=balanced, folds=0)
    searched = solver.solve(rows[fold != 0], rows[fold == 0])
    held, decisions = solver.held_out(rows, fold, searched)
    found = replace(solver.solve(rows, rows, like=searched), trials=searched.trials)
    return _calibrated(found, decisions, labels[held], balanced=balanced, folds=_FOLDS)


@dataclass(frozen=True)
class _Solver:
    """Solves machines on some rows and chooses on others."""

    features: Floats
    labels: NDArray[np.integer[Any]]
    classes: int
    kernel: str
    class_weights: list[float]
    seed: int
    progress: Progress

    def solve(
        self, taught: NDArray[np.integer[Any]], asked: NDArray[np.integer[Any]], *, like: SolvedMachine | None = None
    ) -> SolvedMachine:
        """Return the best machine of the grid, or the one with the setting of ``like``."""
        return solve_svm(
            (self.features[taught], self.labels[taught]),
            (self.features[asked], self.labels[asked]),
            classes=self.classes,
            kernel=self.kernel,
            settings=None if like is None else (like.setting,),
            class_weights=self.class_weights,
            seed=self.seed,
            progress=self.progress,
        )

    def held_out(
        self, rows: NDArray[np.integer[Any]], fold: NDArray[np.int8], searched: SolvedMachine
    ) -> tuple[NDArray[np.integer[Any]], Floats]:
        """Return the rows that were held out once, and what a machine that had not seen them says of them."""
        held, decisions = [], []
        for number in range(fold.max() + 1):
            asked = rows[fold == number]
            machine = searched if number == 0 else self.solve(rows[fold != number], asked, like=searched)
            held.append(asked)
            decisions.append(decide(machine, self.features[asked]))
        return np.concatenate(held), np.concatenate(decisions)


def _calibrated(
    found: SolvedMachine, decisions: Floats, labels: NDArray[np.integer[Any]], *, balanced: bool, folds: int
) -> SvmResult:
    temperature = fit_temperature(decisions, labels)
    probabilities = softmax(decisions, temperature=temperature)
    right = probabilities.argmax(axis=1) == labels
    return SvmResult(
        head=SvmHead(solved=found, temperature=temperature),
        threshold=choose_threshold(probabilities.max(axis=1), right),
        balanced=balanced,
        folds=folds,
    )


def svm_product(product: Product, solved: SvmResult, *, backbone: keras.Model) -> Product:
    """Return what goes into bundle and report, with the machine in place of a softmax layer.

    Args:
        product: As it would be of the backbone with a softmax layer.
        solved: The machine.
        backbone: From images to features.
    """
    from learnet.bundle.info import SCHEMA_OF_MACHINES

    head, machine = solved.head, solved.head.solved
    arguments = {**product.architecture["arguments"], "head": head.architecture()}
    chosen_on = "a fifth of the training photos" if solved.folds else "the validation photos"
    return replace(
        product,
        model=head.classifier(backbone),
        architecture={**product.architecture, "arguments": arguments},
        schema_version=SCHEMA_OF_MACHINES,
        description=f"{product.description} Head: support-vector machine with the kernel {machine.setting.kernel}.",
        provenance={**product.provenance, **evidence(machine, chosen_on=chosen_on)},
        details={**product.details, **particulars(machine)},
    )


def show_support_vectors(folder: Path, made: Study, solved: SvmResult, *, spec: InputSpec, max_pixels: int) -> None:
    """Write the grid that was tried and the pictures of the strongest support vectors into a run's folder."""
    train = np.flatnonzero(made.parts == Part.TRAIN)
    size = (spec.height, spec.width, 3)

    def look(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        photos = stream_photos(made.dataset.source, train[rows].tolist(), spec=spec, max_pixels=max_pixels)
        blank = np.full(size, 255, np.uint8)
        return np.stack([blank, *(blank if photo.image is None else photo.image for photo in photos)])[1:]

    write_evidence(folder, solved.head.solved, class_names=made.dataset.class_names, look=look)
