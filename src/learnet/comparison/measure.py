"""One row, measured: a training and how fast its bundle predicts, or a simple method."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from learnet.bundle import load_bundle
from learnet.comparison.ledger import RowRecord
from learnet.comparison.simple import answer_by
from learnet.core import LearnetError, peak_memory_bytes
from learnet.inference import Predictor
from learnet.options.transfer import TransferConfig
from learnet.transfer_learning.transfer import run

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.comparison.ledger import Ledger
    from learnet.comparison.rows import Row
    from learnet.core import Progress
    from learnet.options.compare import CompareConfig

_ROUNDS = 3
_ROUND_SECONDS = 2.0
_FEWEST, _MOST = 4, 24  # photos a round


def measure_row(row: Row, config: CompareConfig, ledger: Ledger, *, progress: Progress) -> RowRecord:
    """Do a row's work in its folder and return what it took; its answers then lie in ``predictions.csv``.

    Args:
        row: Which one.
        config: Of the comparison.
        ledger: Of the comparison; knows where rows lie.
        progress: Where to tell how it goes.
    """
    if not row.trained:
        begin = time.perf_counter()
        chosen, computed = answer_by(row, config, ledger, progress=progress)
        seconds, peak = time.perf_counter() - begin, peak_memory_bytes()
        return RowRecord(row=row, seconds=seconds, peak_memory_bytes=peak, computed=computed, chosen=chosen)
    place = ledger.place(row)
    done = run(transfer_config(row, config), out=place, progress=progress)
    peak = peak_memory_bytes()  # before prediction is timed, which is no part of the training
    speed, latency = _prediction(place / "bundle")
    saved = str(done.details.get("mode", row.way))
    return RowRecord(
        row=row,
        seconds=done.seconds,
        peak_memory_bytes=peak,
        bundle_bytes=sum(file.stat().st_size for file in (place / "bundle").iterdir()),
        images_per_second=speed,
        latency_ms=latency,
        computed=done.n_computed,
        chosen="" if saved == row.way else f"saved: {saved}",
    )


def transfer_config(row: Row, config: CompareConfig) -> TransferConfig:
    """Return what a row trains: the comparison's photos and split, with its own mode, backbone and seed."""
    # The table compares modes: each row is its own, even if it is worse.
    keep = row.way in ("partial", "full")
    return TransferConfig.of(
        **config.shared(TransferConfig), backbone=str(row.backbone), mode=row.way, seed=row.seeds[0], keep_mode=keep
    )


def reason_of(error: Exception) -> str:
    """Return why a row failed, as a sentence.

    Example:
        >>> reason_of(MemoryError())
        'There was not enough memory.'
    """
    if isinstance(error, LearnetError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "There was not enough memory."
    if isinstance(error, OSError):
        return f"The system refused to go on: {error.strerror or error}."
    return f"It failed in a way that learnet did not foresee: {type(error).__name__}: {error}."


def _prediction(bundle_folder: Path) -> tuple[float, float]:
    """Return images a second, many on their way, and milliseconds of one at a time; medians of three rounds."""
    bundle = load_bundle(bundle_folder)
    many, one = Predictor.compile(bundle.model), Predictor.compile(bundle.model, latency=True)
    image = bundle.golden.images[:1]
    latency = _median_seconds(one, image)
    count = max(_FEWEST, min(_MOST, int(_ROUND_SECONDS / max(latency, 1e-6))))
    return count / _median_seconds(many, np.repeat(image, count, axis=0)), 1e3 * latency


def _median_seconds(predictor: Predictor, images: np.ndarray) -> float:
    predictor.predict(images[:1])
    seconds = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        predictor.predict(images)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)
