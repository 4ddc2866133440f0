"""Linear models on features, solved to convergence: preconditioned L-BFGS on features that are never copied.

A model of K columns is ``logits = z @ W + b`` with ``z = (x - mean) * inverse_scale``, minimising
``loss(logits) + l2 / 2 * |W|^2``; the bias is free. Three things make it fast:

* The scale is folded into ``W`` and rows are centred in chunks that fit the processor's cache, so that float32 products
  lose no digits, the features are read once an evaluation, and no standardised copy of them is ever made.
* L-BFGS works in coordinates ``U`` with ``W = L^-T U`` and ``L L^T = curvature + l2``, in which the problem is nearly
  round; tens of iterations do what takes hundreds in the raw coordinates.
* Each core works on its own block of rows with single-threaded matrix products, so that the arithmetic between them is
  shared out, too; a BLAS that shares out each product by itself waits in between, and badly so on a busy machine.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from learnet.core import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult

    Floats = NDArray[np.float32]
    Start = tuple[NDArray[Any], NDArray[Any]]  # weights (K, d) and bias (K,), in standardised coordinates

T = TypeVar("T")

_CHUNK = 512  # rows
_GRAM_ROWS = 16_384  # enough for a preconditioner
_TRIANGLE_BLOCKS = 4
SURE = 0.3  # mean p(1 - p) of a fitted softmax in units of 1 / classes, roughly: shapes the preconditioner only
_MEMORY = 6  # pairs that L-BFGS keeps


def single_threaded_blas() -> AbstractContextManager[Any]:
    """Return the context in which matrix products use one thread, for code that brings its own threads."""
    import scipy.linalg  # noqa: F401 (brings a BLAS of its own, which must be there to be limited)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no stubs

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
    return limits


class Loss(Protocol):
    """A loss over the logits of all rows."""

    def __call__(self, logits: Floats, rows: slice) -> float:
        """Return the loss of a chunk and replace its logits by their gradient.

        Args:
            logits: float32 (m, K), overwritten.
            rows: Which of the design's rows they belong to.
        """


class Design:
    """Rows of a feature array, standardised a chunk at a time.

    Args:
        features: float32 (N, d), C-contiguous; never copied or changed.
        rows: Which of its rows, int (n,); all if not given. Ascending runs without gaps are read in place.
        standardised_as: A design whose mean and scale are taken over; measured over the rows if not given.
        workers: Threads; as many as there are cores if not given.

    Attributes:
        n: Number of rows.
        d: Length of a feature vector.
        mean: float64 (d,), over the rows.
        inverse_scale: float64 (d,), 1 / standard deviation; 0 for features that are constant, which are thus ignored.
    """

    def __init__(
        self,
        features: Floats,
        rows: NDArray[np.integer[Any]] | None = None,
        *,
        standardised_as: Design | None = None,
        workers: int | None = None,
    ) -> None:
        self._features = features
        self._rows = rows
        self._workers = workers or usable_cores()
        if rows is not None and len(rows) and (np.diff(rows) == 1).all():
            self._features, self._rows = features[rows[0] : rows[-1] + 1], None
        self.n = len(self._features) if self._rows is None else len(self._rows)
        self.d = features.shape[1]
        self.mean: NDArray[np.float64]
        self.inverse_scale: NDArray[np.float64]
        like = standardised_as
        self.mean, self.inverse_scale = self._moments() if like is None else (like.mean, like.inverse_scale)

    def chunks(self, spans: Sequence[slice] | None = None, *, centred: bool = False) -> Iterator[tuple[slice, Floats]]:
        """Yield rows as ``(slice of the design, float32 (m, d))``, each valid until the next one.

        Args:
            spans: Which ones; all of ``spans()`` if not given.
            centred: Subtract the mean, for products that shall not lose digits to it.
        """
        copied = centred or self._rows is not None
        buffer = np.empty((min(_CHUNK, self.n) if copied else 0, self.d), np.float32)
        centre = self.mean.astype(np.float32) if centred else None
        for span in self.spans() if spans is None else spans:
            x = self._features[span]
            place = buffer[: span.stop - span.start]
            if self._rows is not None:
                x = np.take(self._features, self._rows[span], axis=0, out=place, mode="clip")
            yield span, x if centre is None else np.subtract(x, centre, out=place)

    def spans(self) -> list[slice]:
        """Return the slices that cut the rows into chunks."""
        return [slice(start, min(start + _CHUNK, self.n)) for start in range(0, self.n, _CHUNK)]

    def share_out(
        self,
        work: Callable[[Iterator[tuple[slice, Floats]]], T],
        spans: Sequence[slice] | None = None,
        *,
        centred: bool = False,
    ) -> list[T]:
        """Let each worker do ``work`` on its own part of the chunks; return their results in order.

        The division depends on the number of workers only, so that the same machine always gives the same sums.
        """
        spans = self.spans() if spans is None else spans
        block = max(1, -(-len(spans) // self._workers))
        parts = [spans[start : start + block] for start in range(0, len(spans), block)]
        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(lambda part: work(self.chunks(part, centred=centred)), parts))

    def times_triangle(self, left: Floats, triangle: Floats, *, transposed: bool = False) -> Floats:
        """Return ``left @ triangle``, or ``left @ triangle.T``, for a lower triangular (d, d) matrix.

        The rows of ``left`` are shared out among the workers; blocks above the diagonal are not multiplied.
        """
        result, block = np.empty_like(left), max(1, -(-self.d // _TRIANGLE_BLOCKS))

        def some_rows(rows: slice) -> None:
            for start in range(0, self.d, block):
                stop = min(start + block, self.d)
                if transposed:
                    np.matmul(left[rows, :stop], triangle[start:stop, :stop].T, out=result[rows, start:stop])
                else:
                    np.matmul(left[rows, start:], triangle[start:, start:stop], out=result[rows, start:stop])

        share = max(1, -(-len(left) // self._workers))
        with ThreadPoolExecutor(self._workers) as pool:
            list(pool.map(some_rows, [slice(start, start + share) for start in range(0, len(left), share)]))
        return result

    def curvature(self, weights: Floats) -> Curvature:
        """Return the second derivative of ``mean(weights * logits^2 / 2)``, from about 16,384 rows spread evenly.

        Args:
            weights: float32 (n,), 0 or greater.
        """
        spans = self.spans()[:: max(1, -(-self.n // _GRAM_ROWS))]

        def add(chunks: Iterator[tuple[slice, Floats]]) -> Floats:
            total = np.zeros((self.d, self.d), np.float32)
            for span, x in chunks:
                total += x.T @ (x * weights[span, None])
            return total

        first, *others = self.share_out(add, spans, centred=True)
        for other in others:
            first += other
        scale = self.inverse_scale.astype(np.float32)
        first *= scale / np.float32(sum(span.stop - span.start for span in spans))
        first *= scale[:, None]
        return Curvature(weights=first, bias=float(weights.mean()))

    def fold(self, weights: NDArray[Any], bias: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return ``(kernel (d, K), bias (K,))`` for raw features from those (K, d) and (K,) for standardised ones."""
        kernel = weights * self.inverse_scale
        return np.ascontiguousarray(kernel.T, np.float32), (bias - kernel @ self.mean).astype(np.float32)

    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        def sums(chunks: Iterator[tuple[slice, Floats]]) -> NDArray[np.float64]:
            total = np.zeros(self.d)
            for _, x in chunks:
                total += x.sum(axis=0, dtype=np.float64)
            return total

        def squares(chunks: Iterator[tuple[slice, Floats]]) -> NDArray[np.float64]:
            total = np.zeros(self.d)
            for _, x in chunks:
                total += np.square(x - centre).sum(axis=0, dtype=np.float64)
            return total

        mean = np.array(self.share_out(sums)).sum(axis=0) / self.n
        centre = mean.astype(np.float32)
        deviation = np.sqrt(np.array(self.share_out(squares)).sum(axis=0) / self.n)
        varies = deviation > np.maximum(1e-6 * np.abs(mean), 1e-30)
        return mean, np.divide(1.0, deviation, out=np.zeros(self.d), where=varies)


@dataclass(frozen=True, kw_only=True, eq=False)
class Curvature:
    """How a loss bends with the weights and the bias of one column.

    Attributes:
        weights: float32 (d, d), its second derivative; symmetric.
        bias: Its second derivative, 0 or greater.
    """

    weights: Floats
    bias: float

    def times(self, factor: float) -> Curvature:
        """Return ``factor`` times as much."""
        return Curvature(weights=self.weights * np.float32(factor), bias=self.bias * factor)


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """Where a minimisation ended, in standardised coordinates.

    Attributes:
        weights: float32 (K, d).
        bias: float64 (K,).
        value: The objective there.
        slope: Largest absolute gradient in the preconditioned coordinates.
        evaluations: How often the features were read.
        converged: Whether the tolerance was reached.
    """

    weights: Floats
    bias: NDArray[np.float64]
    value: float
    slope: float
    evaluations: int
    converged: bool


class Objective:
    """The penalised loss and its gradient, in preconditioned coordinates ``[U | bias / bias_unit]``, one row a column.

    Args:
        design: The rows.
        loss: The loss over their logits.
        l2: Strength of the penalty, above 0.
        curvature: That of the loss, typical for a column; only the speed depends on it.
    """

    def __init__(self, design: Design, loss: Loss, *, l2: float, curvature: Curvature) -> None:
        from scipy.linalg import lapack

        self._design, self._loss, self._l2 = design, loss, l2
        matrix = curvature.weights.copy()
        matrix.flat[:: design.d + 1] += np.float32(l2 + 1e-5 * float(matrix.diagonal().max()))
        self._root, _ = lapack.spotrf(matrix.T, lower=1, clean=1, overwrite_a=1)
        self._inverse_root, _ = lapack.strtri(self._root, lower=1)
        self._bias_unit = max(curvature.bias, 1e-8) ** -0.5

    def start(self, weights: NDArray[Any], bias: NDArray[Any]) -> NDArray[np.float64]:
        """Return the coordinates of ``weights`` (K, d) and ``bias`` (K,), flat."""
        rotated = self._design.times_triangle(weights.astype(np.float32, copy=False), self._root)
        return np.concatenate([rotated, (bias / self._bias_unit)[:, None]], axis=1, dtype=np.float64).ravel()

    def place(self, coordinates: NDArray[np.float64]) -> tuple[Floats, NDArray[np.float64]]:
        """Return ``(weights (K, d), bias (K,))`` of flat coordinates."""
        table = coordinates.reshape(-1, self._design.d + 1)
        weights = self._design.times_triangle(table[:, :-1].astype(np.float32), self._inverse_root)
        return weights, table[:, -1] * self._bias_unit

    def __call__(self, coordinates: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the objective and its gradient, flat."""
        design = self._design
        weights, bias = self.place(coordinates)
        scale = design.inverse_scale.astype(np.float32)
        kernel, offset = weights * scale, bias.astype(np.float32)

        def add(chunks: Iterator[tuple[slice, Floats]]) -> tuple[float, Floats, NDArray[np.float64]]:
            value, pull, totals = 0.0, np.zeros_like(kernel), np.zeros(len(bias))
            for rows, x in chunks:
                logits = x @ kernel.T
                logits += offset
                value += self._loss(logits, rows)
                pull += logits.T @ x
                totals += logits.sum(axis=0, dtype=np.float64)
            return value, pull, totals

        (value, pull, totals), *others = design.share_out(add, centred=True)
        for more_value, more_pull, more_totals in others:
            value += more_value
            pull += more_pull
            totals += more_totals
        pull *= scale
        pull += np.float32(self._l2) * weights
        gradient = np.empty((len(bias), design.d + 1))
        gradient[:, :-1] = design.times_triangle(pull, self._inverse_root, transposed=True)
        gradient[:, -1] = totals * self._bias_unit
        return value + 0.5 * self._l2 * float(np.square(weights, dtype=np.float64).sum()), gradient.ravel()


def minimise(
    objective: Objective,
    *,
    weights: NDArray[Any],
    bias: NDArray[Any],
    tolerance: float,
    max_evaluations: int = 500,
) -> Solution:
    """Minimise with L-BFGS (SciPy's L-BFGS-B without bounds).

    Args:
        objective: What to minimise.
        weights: Where to start, (K, d).
        bias: Where to start, (K,).
        tolerance: Stop when an iteration lowers the objective by no more than this share of it.
        max_evaluations: Stop after so many in any case, at least 1.

    Returns:
        The best point found.

    Source:
        Byrd, Lu, Nocedal and Zhu, A limited memory algorithm for bound constrained optimization, 1995.
    """
    from scipy.optimize import minimize

    values: list[float] = []

    def stop(intermediate_result: OptimizeResult) -> None:
        values.append(float(intermediate_result.fun))
        if len(values) > 1 and values[-2] - values[-1] <= tolerance * values[-1]:
            raise StopIteration

    options = {"ftol": 0.0, "gtol": 0.0, "maxfun": max_evaluations, "maxiter": max_evaluations, "maxcor": _MEMORY}
    begin = objective.start(weights, bias)
    result: Any = minimize(  # type: ignore[call-overload]  # the stubs do not know this method's options
        objective, begin, jac=True, method="L-BFGS-B", callback=stop, options=options
    )
    solved, free = objective.place(result.x)
    return Solution(
        weights=solved,
        bias=free,
        value=float(result.fun),
        slope=float(np.abs(result.jac).max()),
        evaluations=int(result.nfev),
        converged=int(result.nfev) < max_evaluations,
    )


class SoftmaxLoss:
    """Weighted mean cross-entropy.

    Args:
        labels: int (n,), in [0, classes).
        weights: (n,), above 0; their sum is scaled to 1.
    """

    def __init__(self, labels: NDArray[np.integer[Any]], weights: NDArray[Any]) -> None:
        self._labels = labels
        self._weights = (weights / weights.sum()).astype(np.float32)

    def __call__(self, logits: Floats, rows: slice) -> float:
        """Return the loss of a chunk; ``logits`` (m, classes) become weight * (probability - truth)."""
        labels, weights = self._labels[rows], self._weights[rows]
        places = np.arange(len(labels))
        logits -= logits.max(axis=1, keepdims=True)
        chosen = logits[places, labels]
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1)
        logits *= (weights / sums)[:, None]
        logits[places, labels] -= weights
        return float(np.sum(weights * (np.log(sums) - chosen), dtype=np.float64))


class SquaredHingeLoss:
    """Mean squared hinge, one class against the rest: max(0, 1 - y * logit)^2 with y = 1 for its class, else -1."""

    def __init__(self, labels: NDArray[np.integer[Any]], *, classes: int) -> None:
        self._labels, self._classes = labels, classes

    def __call__(self, logits: Floats, rows: slice) -> float:
        """Return the loss of a chunk; ``logits`` (m, classes) become its gradient."""
        places, labels = np.arange(rows.stop - rows.start), self._labels[rows]
        share = np.float32(1 / len(self._labels))
        own = 1 - logits[places, labels]
        logits += 1
        np.maximum(logits, 0, out=logits)
        np.maximum(own, 0, out=own)
        logits[places, labels] = -own  # the gradient pushes the own class up
        loss = float(np.square(logits).sum(dtype=np.float64)) * float(share)
        logits *= 2 * share
        return loss
