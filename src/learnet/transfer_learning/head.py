"""The head: multinomial logistic regression on features, its strength and its temperature found by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError, Silent, UsageError
from learnet.evaluation import Threshold, choose_threshold, fit_temperature, softmax
from learnet.transfer_learning.folds import KEPT, assign_folds
from learnet.transfer_learning.solver import SURE, Design, Objective, SoftmaxLoss, minimise, single_threaded_blas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.options.transfer import Balance
    from learnet.transfer_learning.solver import Curvature, Floats, Solution, Start


UNEQUAL = 1.5  # `auto` weighs classes where the largest has more than this times the photos of the smallest
_STEP = 10**0.5  # between neighbouring strengths
_REACH = 6  # steps to either side of the first guess
_EQUAL = 1.01  # losses that differ by less are equal
_DECADE = 0.099  # a tenth, and a little for rounding
_CHEAP = 100_000_000  # rows * features * classes up to which a problem is small
_FOLDS_SMALL, _FOLDS_LARGE = 5, 3
_COARSE = 1e-2  # L-BFGS tolerance in the cross-validation
_FINE_SMALL, _FINE_LARGE = 1e-9, 1e-6  # and for the head itself; already 1e-6 is finer than scikit-learn's default
_EXPECTED_EVALUATIONS = 120  # for the progress bar


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """A linear classifier of raw features; standardisation and temperature are folded in.

    Attributes:
        kernel: float32 (d, k).
        bias: float32 (k,).
        l2: Strength of the penalty it was solved with.
        temperature: By which its logits have been divided already.
    """

    kernel: Floats
    bias: Floats
    l2: float
    temperature: float

    def logits(self, features: Floats, *, rows: NDArray[np.integer[Any]] | None = None) -> Floats:
        """Return the logits, float32 (n, k).

        Args:
            features: float32 (N, d); never copied whole.
            rows: Which of its rows, int (n,); all if not given.
        """
        count = len(features) if rows is None else len(rows)
        result = np.empty((count, self.kernel.shape[1]), np.float32)
        for start in range(0, count, 1024):
            span = slice(start, start + 1024)
            x = features[span] if rows is None else features[rows[span]]
            result[span] = x @ self.kernel + self.bias
        return result

    def probabilities(self, features: Floats, *, rows: NDArray[np.integer[Any]] | None = None) -> Floats:
        """Return calibrated probabilities, float32 (n, k); arguments as for ``logits``."""
        return softmax(self.logits(features, rows=rows))

    def cooled(self, temperature: float) -> Head:
        """Return the head whose logits are divided by ``temperature``, above 0."""
        divisor = np.float32(temperature)
        return replace(
            self, kernel=self.kernel / divisor, bias=self.bias / divisor, temperature=self.temperature * temperature
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One strength in the cross-validation.

    Attributes:
        l2: The strength.
        log_loss: Mean negative log-likelihood of held-out photos at the best temperature, in nats: what is minimised.
        accuracy: Share of held-out photos recognised, in [0, 1].
        temperature: The best temperature.
        evaluations: How often the features were read.
    """

    l2: float
    log_loss: float
    accuracy: float
    temperature: float
    evaluations: int


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadResult:
    """A solved head and how it came about.

    Attributes:
        head: The classifier.
        threshold: Where "not sure" ends, measured on photos that the measured classifiers had not learned from.
        balanced: Whether rare classes were weighted up.
        folds: Folds of the cross-validation; 0 if there were too few photos for one.
        trials: The strengths tried, weakest first.
        measured_rows: The photos on which temperature and threshold were measured, as rows of the features, int (m,).
        measured_probabilities: Their calibrated probabilities, float32 (m, k).
        evaluations: How often the features were read in all.
        converged: Whether the final solve reached its tolerance.
    """

    head: Head
    threshold: Threshold
    balanced: bool
    folds: int
    trials: tuple[Trial, ...]
    measured_rows: NDArray[np.int64]
    measured_probabilities: Floats
    evaluations: int
    converged: bool

    def to_json(self) -> dict[str, Any]:
        """Return how the head came about as a JSON-like object."""
        return {
            "l2": self.head.l2,
            "temperature": self.head.temperature,
            "threshold": asdict(self.threshold),
            "balanced": self.balanced,
            "folds": self.folds,
            "trials": [asdict(trial) for trial in self.trials],
            "evaluations": self.evaluations,
            "converged": self.converged,
        }


def solve_head(
    features: Floats,
    labels: NDArray[np.integer[Any]],
    *,
    classes: int,
    rows: NDArray[np.integer[Any]] | None = None,
    validation_rows: NDArray[np.integer[Any]] | None = None,
    groups: NDArray[np.integer[Any]] | None = None,
    balance: Balance = "auto",
    folds: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    is_late: Callable[[], bool] = lambda: False,
) -> HeadResult:
    """Solve multinomial logistic regression to convergence, its L2 strength chosen by cross-validation.

    It minimises ``sum_i w_i * cross_entropy_i / sum_i w_i + l2 / 2 * |W|^2`` over standardised features; the bias is
    free. Strengths are judged by the log-loss that held-out photos have at their best temperature, as that is how the
    head will be used; of those that are equal within 1 % and a decade, the weakest is taken, as the head for all photos
    needs less restraint than the folds' heads, which saw fewer. Temperature and threshold come from the same held-out
    photos, each answered by a classifier that had not learned from it or from a copy of it; they are not weighted, so
    that they hold for photos as they occur even where rare classes are weighted up.

    Args:
        features: float32 (N, d), C-contiguous; neither copied nor changed.
        labels: int (N,), in [0, classes).
        classes: k, at least 2.
        rows: Which rows to learn from, int (n,); all if not given. Read in place if they are a run without gaps.
        validation_rows: Rows to measure temperature and threshold on instead of held-out training rows.
        groups: Ids (N,) of photos that belong together (copies); they stay in one fold.
        balance: ``"auto"`` weighs classes inversely to their frequency where the largest has more than 1.5 times
            the photos of the smallest; ``"none"`` never does.
        folds: At least 2; if not given 5 for small problems and 3 for large ones.
        seed: The run's seed.
        progress: Where to tell how it goes.
        is_late: Asked before each strength but the first; where it says yes, the best of those before is taken.

    Returns:
        The head and how it came about.

    Raises:
        UsageError: If shapes, labels or options make no sense.
        DataError: If fewer than two classes have a photo to learn from, or a feature is not a number.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
        >>> y = (x[:, 0] > 0).astype(int)
        >>> result = solve_head(x, y, classes=2)
        >>> bool((result.head.probabilities(x).argmax(1) == y).mean() > 0.9)
        True
    """
    taught = np.arange(len(labels)) if rows is None else np.asarray(rows)
    _check(features, labels, taught, classes=classes, balance=balance, folds=folds)
    known = labels[taught].astype(np.int64)
    counts = np.bincount(known, minlength=classes)
    balanced = balance == "auto" and counts.max() > UNEQUAL * counts[counts > 0].min()
    weight = (1 / np.maximum(counts, 1))[known] if balanced else np.ones(len(known))
    small = len(known) * features.shape[1] * classes <= _CHEAP
    chosen_folds = folds or (_FOLDS_SMALL if small else _FOLDS_LARGE)
    fold = assign_folds(known, folds=chosen_folds, seed=seed, groups=None if groups is None else groups[taught])

    progress = Silent() if progress is None else progress
    with single_threaded_blas(), progress.stage("Fitting the head", _EXPECTED_EVALUATIONS) as task:
        fit = _Fit(features, taught, known, weight, classes, task.advance)
        guess = features.shape[1] / (24 * len(known))
        search = _Search(fit, fold, guess, is_late)
        best = search.walk() if (fold != KEPT).any() else guess
        solution = fit.solve(
            None, l2=best, start=search.mean_solution(best), tolerance=_FINE_SMALL if small else _FINE_LARGE
        )
    kernel, bias = fit.design.fold(solution.weights, solution.bias)
    head = Head(kernel=kernel, bias=bias, l2=best, temperature=1.0)
    if validation_rows is None or len(validation_rows) == 0:
        measured, logits = taught[search.held], search.logits(best)
    else:
        measured, logits = np.asarray(validation_rows), head.logits(features, rows=validation_rows)
    temperature = fit_temperature(logits, labels[measured])
    probabilities = softmax(logits, temperature=temperature)
    right = probabilities.argmax(axis=1) == labels[measured]
    return HeadResult(
        head=head.cooled(temperature),
        threshold=choose_threshold(probabilities.max(axis=1), right),
        balanced=bool(balanced),
        folds=chosen_folds if len(search.held) else 0,
        trials=tuple(sorted(search.trials.values(), key=lambda trial: trial.l2)),
        measured_rows=measured.astype(np.int64),
        measured_probabilities=probabilities,
        evaluations=solution.evaluations + sum(trial.evaluations for trial in search.trials.values()),
        converged=solution.converged,
    )


class _Fit:
    """Solves the problem on all training rows or some of them, standardised alike."""

    def __init__(
        self,
        features: Floats,
        rows: NDArray[np.integer[Any]],
        labels: NDArray[np.int64],
        weight: NDArray[np.float64],
        classes: int,
        advance: Callable[[int], None],
    ) -> None:
        self.design = Design(features, rows)
        if not (np.isfinite(self.design.mean).all() and np.isfinite(self.design.inverse_scale).all()):
            raise DataError("A feature is not a number (NaN or infinite): the backbone that computed it is broken.")
        self.labels, self.weight, self.classes = labels, weight, classes
        self._features, self._rows, self._advance = features, rows, advance
        self._curvature = self.design.curvature(np.ones(len(rows), np.float32)).times(SURE / classes)

    def part(self, places: NDArray[np.integer[Any]]) -> Design:
        """Return the design of some of the training rows."""
        return Design(self._features, self._rows[places], standardised_as=self.design)

    def zero(self) -> Start:
        """Return the start of all beginnings."""
        return np.zeros((self.classes, self.design.d), np.float32), np.zeros(self.classes)

    def solve(self, places: NDArray[np.integer[Any]] | None, *, l2: float, start: Start, tolerance: float) -> Solution:
        """Solve for the training rows at ``places``; for all of them if None, with ``start`` near the solution."""
        if places is None:
            design, loss, curvature = self.design, SoftmaxLoss(self.labels, self.weight), self._curvature_at(start)
        else:
            design, loss = self.part(places), SoftmaxLoss(self.labels[places], self.weight[places])
            curvature = self._curvature
        objective = Objective(design, loss, l2=l2, curvature=curvature)
        solution = minimise(objective, weights=start[0], bias=start[1], tolerance=tolerance)
        self._advance(solution.evaluations)
        return solution

    def _curvature_at(self, start: Start) -> Curvature:
        """Return the loss's curvature at ``start``: only rows of which it is not sure yet bend the loss."""
        kernel, bias = self.design.fold(*start)
        doubt = np.empty(self.design.n, np.float32)

        def fill(chunks: Iterator[tuple[slice, Floats]]) -> None:
            for span, x in chunks:
                doubt[span] = 1 - np.square(softmax(x @ kernel + bias)).sum(axis=1)

        self.design.share_out(fill)
        weight = (self.weight / self.weight.mean()).astype(np.float32)
        return self.design.curvature(doubt * weight / np.float32(self.classes))


class _Search:
    """Walks along strengths; each fold's solve starts where that fold's last one ended, so that nothing leaks."""

    def __init__(self, fit: _Fit, fold: NDArray[np.int8], guess: float, is_late: Callable[[], bool]) -> None:
        self._fit, self._fold, self._guess, self._is_late = fit, fold, guess, is_late
        self._folds = int(fold.max(initial=KEPT)) + 1
        self.held = np.flatnonzero(fold != KEPT)
        self.trials: dict[float, Trial] = {}
        self._logits: dict[float, Floats] = {}
        self._solutions: dict[float, list[Start]] = {}

    def walk(self) -> float:
        """Return the strength to use: the weakest whose loss is as good as the smallest, within a decade of it."""
        self._try(0, starts=[self._fit.zero()] * self._folds)
        if not self._go(-1, while_below=_EQUAL):  # the loss is convex enough: else a stronger one cannot be better
            self._go(+1, while_below=1 / _EQUAL)
        best = min(self.trials.values(), key=lambda trial: trial.log_loss)
        good = [trial for trial in self.trials.values() if trial.log_loss <= _EQUAL * best.log_loss]
        return min(trial.l2 for trial in good if trial.l2 > _DECADE * best.l2)

    def logits(self, l2: float) -> Floats:
        """Return the logits of the held-out rows (m, k), each from the fold that did not learn from it."""
        return self._logits.get(l2, np.zeros((0, self._fit.classes), np.float32))

    def mean_solution(self, l2: float) -> Start:
        """Return the mean of the folds' solutions, from where it is not far to the one on all rows."""
        solutions = self._solutions.get(l2, [self._fit.zero()])
        return np.mean([weights for weights, _ in solutions], axis=0), np.mean([bias for _, bias in solutions], axis=0)

    def _go(self, direction: int, *, while_below: float) -> bool:
        """Walk from the guess while the loss is below this multiple of the smallest before; tell if a step was."""
        last = self._strength(0)
        for distance in range(1, _REACH + 1):
            if self._is_late():
                return True
            best = min(self.trials.values(), key=lambda trial: trial.log_loss)
            trial = self._try(direction * distance, starts=self._solutions[last])
            if trial.log_loss > while_below * best.log_loss:
                return distance > 1
            if trial.l2 < 1.1 * _DECADE * best.l2:
                return True
            last = trial.l2
        return True

    def _strength(self, step: int) -> float:
        return float(self._guess * _STEP**step)

    def _try(self, step: int, *, starts: list[Start]) -> Trial:
        l2, evaluations = self._strength(step), 0
        logits = np.empty((len(self._fold), self._fit.classes), np.float32)
        self._solutions[l2] = []
        for index, start in enumerate(starts):
            solution = self._fit.solve(np.flatnonzero(self._fold != index), l2=l2, start=start, tolerance=_COARSE)
            self._solutions[l2].append((solution.weights, solution.bias))
            evaluations += solution.evaluations
            self._answer(np.flatnonzero(self._fold == index), solution, logits)
        self._logits[l2] = logits[self.held]
        self.trials[l2] = self._judge(l2, evaluations)
        return self.trials[l2]

    def _answer(self, places: NDArray[np.integer[Any]], solution: Solution, logits: Floats) -> None:
        """Fill in the logits of a fold's held-out rows."""
        kernel, bias = self._fit.design.fold(solution.weights, solution.bias)

        def fill(chunks: Iterator[tuple[slice, Floats]]) -> None:
            for span, x in chunks:
                logits[places[span]] = x @ kernel + bias

        if len(places):
            self._fit.part(places).share_out(fill)

    def _judge(self, l2: float, evaluations: int) -> Trial:
        labels, logits = self._fit.labels[self.held], self._logits[l2]
        temperature = fit_temperature(logits, labels)
        probabilities = softmax(logits, temperature=temperature)
        likelihood = np.maximum(probabilities[np.arange(len(labels)), labels], np.finfo(np.float32).tiny)
        return Trial(
            l2=l2,
            log_loss=float(-np.average(np.log(likelihood), weights=self._fit.weight[self.held])),
            accuracy=float(np.mean(logits.argmax(axis=1) == labels)),
            temperature=temperature,
            evaluations=evaluations,
        )


def _check(
    features: NDArray[Any],
    labels: NDArray[np.integer[Any]],
    taught: NDArray[np.integer[Any]],
    *,
    classes: int,
    balance: str,
    folds: int | None,
) -> None:
    if features.dtype != np.float32 or features.ndim != 2 or len(labels) != len(features):
        raise UsageError(
            f"A head is solved on float32 features (n, d) and n labels; received {features.dtype} {features.shape} and "
            f"{len(labels)} labels."
        )
    if balance not in ("auto", "none"):
        raise UsageError(f"The balance must be 'auto' or 'none'; received '{balance}'.")
    if folds is not None and not 2 <= folds <= 100:
        raise UsageError(f"A cross-validation needs 2 to 100 folds; received {folds}.")
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise UsageError(f"Labels must lie in [0, {classes}); received {labels.min()} to {labels.max()}.")
    present = len(np.unique(labels[taught]))
    if present < 2:
        raise DataError(f"A classifier needs photos of at least two classes to learn from; received {present}.")
