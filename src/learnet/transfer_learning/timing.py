"""How long it will take, and until when: timed samples, and a deadline with room for what must follow."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import generator
from learnet.data import stream_photos
from learnet.transfer_learning.solver import SURE, Design, Objective, SoftmaxLoss, minimise, single_threaded_blas

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from learnet.data import Dataset, InputSpec
    from learnet.inference import Predictor

_SAMPLE = 32  # photos
_WARM = 4
_SOLUTIONS, _EVALUATIONS = 5, 230  # passes over the rows that choosing and solving a head takes, folds included
_BASELINES = 0.7  # of the head's time
_PUBLISH = 4.0  # seconds for tables, pictures and pages
_MARGIN = 0.02  # of the limit is kept for what is not foreseen
_MOST_ROWS, _PASSES = 2048, 6  # of the sample solution


@dataclass(frozen=True, kw_only=True)
class Speeds:
    """What was timed on this machine before the work began.

    Attributes:
        compiling: Seconds to compile the backbone.
        computing: Seconds to decode a photo and send it through the backbone, others on their way.
        looking: Seconds to read and hash a photo that the cache knows.
        cached_share: Share of a sample that the cache knows, in [0, 1].
        preparing: Seconds of preparing a solution of the head.
        passing: Seconds of one pass over the training rows while it is found.
    """

    compiling: float
    computing: float
    looking: float
    cached_share: float
    preparing: float
    passing: float

    def photos(self, count: int) -> float:
        """Return the seconds for looking at so many photos."""
        return count * (self.looking * self.cached_share + self.computing * (1 - self.cached_share))

    def solving(self) -> float:
        """Return the seconds for choosing and solving a head."""
        return _SOLUTIONS * self.preparing + _EVALUATIONS * self.passing

    def head(self) -> float:
        """Return the seconds for solving a head and measuring simple methods."""
        return (1 + _BASELINES) * self.solving()

    def publishing(self) -> float:
        """Return the seconds for proving a bundle and writing the report."""
        return _PUBLISH + 2 * self.compiling


def measure_speeds(
    dataset: Dataset,
    *,
    spec: InputSpec,
    compile_predictor: Callable[[], Predictor],
    known: Collection[bytes],
    rows: int,
    size: int,
    classes: int,
    thorough: bool,
    seed: int,
) -> tuple[Speeds, Predictor | None]:
    """Time a few photos, a compilation and a product of matrices.

    Args:
        dataset: The photos.
        spec: How they are prepared.
        compile_predictor: Compiles the backbone; not called if the cache knows all of the sample.
        known: SHA-256 of the photos whose features the cache holds.
        rows: How many photos will train.
        size: Length of a feature vector.
        classes: How many classes there are.
        thorough: Compile the backbone and send photos through it also if the cache knows all of the sample.
        seed: Chooses the sample.

    Returns:
        The speeds, and the predictor if it was compiled.
    """
    chosen = generator(seed, "forecast").permutation(len(dataset))[:_SAMPLE].tolist()
    begin = time.perf_counter()
    seen = [
        photo.digest in known for photo in stream_photos(dataset.source, chosen, spec=spec, wanted=lambda *_: False)
    ]
    looking = (time.perf_counter() - begin) / max(1, len(seen))
    new = [index for index, here in zip(chosen, seen, strict=True) if not here]
    compiling, computing, predictor = 0.0, 0.0, None
    if new or thorough:
        begin = time.perf_counter()
        predictor = compile_predictor()
        compiling = time.perf_counter() - begin
        computing = _seconds_a_photo(dataset, new or chosen, spec=spec, predictor=predictor)
    preparing, passing = _solving(rows=rows, size=size, classes=classes)
    speeds = Speeds(
        compiling=compiling,
        computing=computing,
        looking=looking,
        cached_share=1 - len(new) / max(1, len(chosen)),
        preparing=preparing,
        passing=passing,
    )
    return speeds, predictor


class Deadline:
    """When everything has to be done, if there is a limit.

    Args:
        start: Reading of ``time.perf_counter`` from which the limit counts.
        limit: Seconds; None for no limit.
    """

    def __init__(self, *, start: float, limit: float | None) -> None:
        self._start, self._limit = start, limit

    def before(self, seconds: float) -> float | None:
        """Return the reading by which work must end if ``seconds`` of other work follow; None for no limit."""
        if self._limit is None:
            return None
        return self._start + (1 - _MARGIN) * self._limit - seconds

    def left(self, seconds: float = 0.0) -> float:
        """Return the seconds that are left before other work of ``seconds`` must begin; infinite for no limit."""
        until = self.before(seconds)
        return float("inf") if until is None else until - time.perf_counter()


def round_robin(labels: NDArray[np.integer[Any]], *, seed: int) -> NDArray[np.int64]:
    """Return an order of photos that takes one of each class in turn, so that it may end anywhere.

    Example:
        >>> labels = np.array([0, 0, 0, 1, 2, 2])
        >>> labels[round_robin(labels, seed=0)][:3].tolist()
        [0, 1, 2]
    """
    shuffled = generator(seed, "order of computing").permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    turn = np.arange(len(labels)) - np.repeat(starts, counts)
    result: NDArray[np.int64] = order[np.lexsort((labels[order], turn))]
    return result


def spoken(seconds: float) -> str:
    """Return a duration for people.

    Example:
        >>> spoken(8.2), spoken(71), spoken(4000)
        ('8 s', '1 min 11 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _seconds_a_photo(dataset: Dataset, chosen: Sequence[int], *, spec: InputSpec, predictor: Predictor) -> float:
    photos = (
        photo.image for photo in stream_photos(dataset.source, list(chosen), spec=spec) if photo.image is not None
    )
    outputs = predictor.stream(photos)
    warm = sum(1 for _ in islice(outputs, min(_WARM, len(chosen) // 2)))
    begin = time.perf_counter()
    timed = sum(1 for _ in outputs)
    return (time.perf_counter() - begin) / max(1, timed or warm)


def _solving(*, rows: int, size: int, classes: int) -> tuple[float, float]:
    """Return the seconds of preparing a solution of the head, and of one pass over the rows while it is found."""
    few = min(rows, _MOST_ROWS)
    random = np.random.default_rng(0)
    features = random.standard_normal((few, size), np.float32)
    labels = np.arange(few, dtype=np.int64) % max(2, classes)
    begin = time.perf_counter()
    with single_threaded_blas():
        design = Design(features, np.arange(few))
        curvature = design.curvature(np.ones(few, np.float32)).times(SURE / max(2, classes))
        objective = Objective(design, SoftmaxLoss(labels, np.ones(few)), l2=0.1, curvature=curvature)
        prepared = time.perf_counter()
        start = np.zeros((max(2, classes), size), np.float32), np.zeros(max(2, classes))
        solution = minimise(objective, weights=start[0], bias=start[1], tolerance=0.0, max_evaluations=_PASSES)
    passes = (time.perf_counter() - prepared) / max(1, solution.evaluations)
    return (prepared - begin) * rows / few, passes * rows / few
