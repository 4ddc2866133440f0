"""How long it will take: timed samples of what a run does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import generator
from learnet.data import stream_photos
from learnet.inference import Predictor
from learnet.transfer_learning.solver import SURE, Design, Objective, SoftmaxLoss, minimise, single_threaded_blas

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from learnet.data import Dataset, InputSpec
    from learnet.transfer_learning.weights import LoadedBackbone

_SAMPLE = 32  # photos
_WARM = 4
_SOLUTIONS, _EVALUATIONS = 22, 190  # of a head that is chosen by cross-validation, counted on several data sets
_DESIGNS = 6  # looks at all rows that the folds take besides
_LEARNT = 0.7  # of the rows are in a fold's solution, a little more in the last one
BASELINES_SHARE = 0.3  # of the head's time, for measuring simple methods
LAST_SOLUTION = 0.25  # of the head's time, for the one solution on all rows and what is tried when time is short
_TABLES = 0.3  # seconds for tables and pages
_BUILT = 2.0  # compiling a network takes about as long as building it, both together
_COMPILED_AGAIN = 0.5  # of the first time, as what compiles is loaded by then
_MOST_ROWS, _FEWER, _PASSES = 2048, 4, 6  # of the sample solution; there is a second one with so many times fewer
_LEAST_READINGS, _MOST_READINGS, _READING = 3, 9, 0.15  # solutions of a sample that are timed, and for how many seconds


@dataclass(frozen=True, kw_only=True)
class Speeds:
    """What was timed on this machine before the work began.

    Attributes:
        compiling: Seconds to build and compile the backbone.
        computing: Seconds to decode a photo and send it through the backbone, others on their way.
        looking: Seconds to read and hash a photo that the cache knows.
        cached_share: Share of a sample that the cache knows, in [0, 1].
        preparing: Seconds of looking through the training rows before a solution of the head.
        shaping: Seconds of preparing a solution besides that, however many rows there are.
        passing: Seconds of one pass over the training rows while it is found.
        stepping: Seconds of a step after a pass, however many rows there are.
        drawing: Seconds of drawing the report's figure.
    """

    compiling: float
    computing: float
    looking: float
    cached_share: float
    preparing: float
    shaping: float
    passing: float
    stepping: float
    drawing: float

    def photos(self, count: int) -> float:
        """Return the seconds for looking at so many photos."""
        return count * (self.looking * self.cached_share + self.computing * (1 - self.cached_share))

    def solving(self, *, share: float = 1.0) -> float:
        """Return the seconds for choosing and solving a head on so many of the training rows."""
        however_few = _SOLUTIONS * self.shaping + _EVALUATIONS * self.stepping
        return share * (_DESIGNS * self.preparing + _EVALUATIONS * _LEARNT * self.passing) + however_few

    def baselines(self) -> float:
        """Return the seconds for measuring simple methods."""
        return BASELINES_SHARE * self.solving()

    def head(self) -> float:
        """Return the seconds for solving a head and measuring simple methods."""
        return self.solving() + self.baselines()

    def testing(self, count: int) -> float:
        """Return the seconds for compiling a trained network and sending so many photos through it."""
        return self.compiling + count * self.computing

    def publishing(self) -> float:
        """Return the seconds for proving a bundle and writing the report."""
        return _TABLES + self.drawing + _COMPILED_AGAIN * self.compiling


def measure_speeds(
    dataset: Dataset,
    loaded: LoadedBackbone,
    *,
    known: Collection[bytes],
    rows: int,
    thorough: bool,
    seed: int,
) -> tuple[Speeds, Predictor | None]:
    """Time a few photos, a compilation and a product of matrices.

    Args:
        dataset: The photos.
        loaded: The backbone; its network is built here if that was not done before.
        known: SHA-256 of the photos whose features the cache holds.
        rows: How many photos will train.
        thorough: Compile the backbone and send photos through it also if the cache knows all of the sample.
        seed: Chooses the sample.

    Returns:
        The speeds, and the predictor if it was compiled.
    """
    spec, classes = loaded.input_spec, len(dataset.class_names)
    chosen = generator(seed, "forecast").permutation(len(dataset))[:_SAMPLE].tolist()
    begin = time.perf_counter()
    seen = [
        photo.digest in known for photo in stream_photos(dataset.source, chosen, spec=spec, wanted=lambda *_: False)
    ]
    looking = (time.perf_counter() - begin) / max(1, len(seen))
    new = [index for index, here in zip(chosen, seen, strict=True) if not here]
    begin = time.perf_counter()
    _ = loaded.model  # builds it
    compiling, computing, predictor = _BUILT * (time.perf_counter() - begin), 0.0, None
    if new or thorough:
        predictor = Predictor.compile(loaded.model)
        compiling = time.perf_counter() - begin
        computing = _seconds_a_photo(dataset, new or chosen, spec=spec, predictor=predictor)
    preparing, shaping, passing, stepping = _solving(rows=rows, size=loaded.feature_size, classes=classes)
    speeds = Speeds(
        compiling=compiling,
        computing=computing,
        looking=looking,
        cached_share=1 - len(new) / max(1, len(chosen)),
        preparing=preparing,
        shaping=shaping,
        passing=passing,
        stepping=stepping,
        drawing=_drawing(),
    )
    return speeds, predictor


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


def _seconds_a_photo(dataset: Dataset, chosen: Sequence[int], *, spec: InputSpec, predictor: Predictor) -> float:
    photos = (
        photo.image for photo in stream_photos(dataset.source, list(chosen), spec=spec) if photo.image is not None
    )
    outputs = predictor.stream(photos)
    warm = sum(1 for _ in islice(outputs, min(_WARM, len(chosen) // 2)))
    begin = time.perf_counter()
    timed = sum(1 for _ in outputs)
    return (time.perf_counter() - begin) / max(1, timed or warm)


def _solving(*, rows: int, size: int, classes: int) -> tuple[float, float, float, float]:
    """Return the seconds of looking through the rows, of preparing a solution, of one pass, and of a step after it.

    Passes over two samples are timed by turns, and several times: a reading that is disturbed would count thousandfold.
    """
    few, classes = min(rows, _MOST_ROWS), max(2, classes)
    fewer = max(1, few // _FEWER)
    with single_threaded_blas():
        _pass_seconds(_sample(few=2 * classes, size=8, classes=classes)[0])  # loads what is needed, untimed
        small, _, _ = _sample(few=fewer, size=size, classes=classes)
        large, designing, shaping = _sample(few=few, size=size, classes=classes)
        readings, until = list[tuple[float, float]](), time.perf_counter() + _READING
        while len(readings) < _LEAST_READINGS or (len(readings) < _MOST_READINGS and time.perf_counter() < until):
            readings.append((_pass_seconds(small), _pass_seconds(large)))
    short, long = np.median(readings, axis=0).tolist()
    stepping = max(0.0, min(short, (few * short - fewer * long) / max(1, few - fewer)))
    return designing * rows / few, shaping, max(0.0, long - stepping) * rows / few, stepping


def _sample(*, few: int, size: int, classes: int) -> tuple[_Sample, float, float]:
    """Return a problem of random rows, and the seconds of looking through them and of preparing a solution."""
    features = np.random.default_rng(0).standard_normal((few, size), np.float32)
    labels = np.arange(few, dtype=np.int64) % classes
    readings = [time.perf_counter()]
    design = Design(features, np.arange(few))
    curvature = design.curvature(np.ones(few, np.float32)).times(SURE / classes)
    readings.append(time.perf_counter())
    objective = Objective(design, SoftmaxLoss(labels, np.ones(few)), l2=0.1, curvature=curvature)
    readings.append(time.perf_counter())
    designing, shaping = np.diff(readings).tolist()
    return _Sample(objective=objective, weights=np.zeros((classes, size), np.float32)), designing, shaping


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sample:
    objective: Objective
    weights: NDArray[np.float32]  # where its solution begins, (k, d)


def _pass_seconds(sample: _Sample) -> float:
    begin = time.perf_counter()
    solution = minimise(
        sample.objective,
        weights=sample.weights,
        bias=np.zeros(len(sample.weights)),
        tolerance=0.0,
        max_evaluations=_PASSES,
    )
    return (time.perf_counter() - begin) / solution.evaluations


def _drawing() -> float:
    """Return the seconds of drawing a figure as in the report; what drawing needs is loaded by that."""
    from learnet.plots import reliability_figure, to_svg

    begin = time.perf_counter()
    halves = np.array([0.25, 0.75])
    bounds = [(0.2, 0.3), (0.7, 0.8)]
    figure = reliability_figure(
        counts=np.array([1, 1]), confidence=halves, accuracy=halves, intervals=bounds, threshold=None
    )
    to_svg(figure, label="A sample")
    return time.perf_counter() - begin
