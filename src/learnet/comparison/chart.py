"""The course's chart of architectures, with what this machine makes of them.

After Canziani, Paszke and Culurciello, An Analysis of Deep Neural Network Models for Practical Applications, 2016: they
found that operations are a good estimate of the time of inference; the fits within families test that here.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, default_progress, probe, require_backend, write_bytes
from learnet.core.runs import run_folder, write_table
from learnet.inference import Predictor
from learnet.models import ARCHITECTURES, network, published_profiles
from learnet.plots.architectures import Bubble, architectures_figure
from learnet.plots.style import to_png

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from learnet.core import Progress
    from learnet.models import Architecture

_ROUNDS = 3
_FEWEST_IN_FIT = 3


@dataclass(frozen=True, kw_only=True)
class ChartRow:
    """One network.

    Attributes:
        name: Of the network.
        family: It belongs to.
        top1: Published accuracy in [0, 1].
        macs: Multiply-accumulates an image.
        parameters: Weights at inference.
        images_per_second: Measured, many images on their way; the median of three rounds.
        latency_ms: Measured, one image at a time; the median of three.
    """

    name: str
    family: str
    top1: float
    macs: int
    parameters: int
    images_per_second: float
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class LinearFit:
    """Seconds an image against operations, by least squares, of one family.

    Attributes:
        family: Which one.
        networks: How many points.
        ms_per_gmac: Slope, milliseconds a billion multiply-accumulates.
        offset_ms: Milliseconds at no operations.
        r2: Share of the variance that the line explains.
    """

    family: str
    networks: int
    ms_per_gmac: float
    offset_ms: float
    r2: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What was measured, and where it lies.

    Attributes:
        folder: Holds ``architectures.png``, ``architectures.csv`` and ``fits.csv``.
        rows: The networks in the order of the table.
        fits: Of each family with three networks or more.
    """

    folder: Path
    rows: tuple[ChartRow, ...]
    fits: tuple[LinearFit, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-like object."""
        return {
            "networks": [asdict(row) for row in self.rows],
            "fits": [asdict(fit) for fit in self.fits],
            "chart": str(self.folder / "architectures.png"),
            "table": str(self.folder / "architectures.csv"),
        }


def chart(
    *,
    networks: Sequence[str] | None = None,
    images: int = 16,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Chart:
    """Measure networks on this machine and draw them beside their published figures.

    Args:
        networks: Names of ``learnet.models.ARCHITECTURES`` with a published accuracy on ImageNet; all of them if not
            given. They run with random weights, which cost what trained ones do.
        images: How many a round, at least 1.
        out: Folder for the chart; ``runs/architectures-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        UsageError: If a network has no published accuracy on ImageNet, or there is none.
        MissingDependencyError: If no Keras backend is installed.
    """
    if images < 1:
        raise UsageError(f"At least 1 image a round is needed; received {images}.")
    chosen = _chosen(networks)
    require_backend()
    progress = default_progress() if progress is None else progress
    folder = run_folder(out, "architectures")
    rows = []
    with progress.stage("Measure", len(chosen)) as task:
        for architecture in chosen:
            rows.append(_measured(architecture, images))
            task.advance()
    fits = linear_fits(rows)
    columns = tuple(field.name for field in fields(ChartRow))
    write_table(folder / "architectures.csv", columns, (tuple(asdict(row).values()) for row in rows))
    columns = tuple(field.name for field in fields(LinearFit))
    write_table(folder / "fits.csv", columns, (tuple(asdict(fit).values()) for fit in fits))
    machine = probe()
    figure = architectures_figure([_bubble(row) for row in rows], machine=f"{machine.cpu}, {machine.cores} cores")
    write_bytes(folder / "architectures.png", to_png(figure))
    return Chart(folder=folder, rows=tuple(rows), fits=fits)


def linear_fits(rows: Sequence[ChartRow]) -> tuple[LinearFit, ...]:
    """Return the fit of each family that has three networks or more.

    Example:
        >>> linear_fits([])
        ()
    """
    fits = []
    for family in dict.fromkeys(row.family for row in rows):
        own = [row for row in rows if row.family == family]
        if len(own) < _FEWEST_IN_FIT:
            continue
        gmacs = np.array([row.macs / 1e9 for row in own])
        times = np.array([1e3 / row.images_per_second for row in own])
        slope, offset = np.polyfit(gmacs, times, 1)
        unexplained = ((times - slope * gmacs - offset) ** 2).sum() / ((times - times.mean()) ** 2).sum()
        fits.append(
            LinearFit(
                family=family,
                networks=len(own),
                ms_per_gmac=float(slope),
                offset_ms=float(offset),
                r2=float(1 - unexplained),
            )
        )
    return tuple(fits)


def _chosen(names: Sequence[str] | None) -> list[Architecture]:
    able = [record for record in ARCHITECTURES if record.classes == 1000 and record.top1 is not None]
    if names is None:
        return able
    found = [ARCHITECTURES[name] for name in names]
    without = [record.name for record in found if record not in able]
    if without or not found:
        raise UsageError(
            f"The chart shows published accuracy on ImageNet, and {', '.join(without) or 'an empty list'} has none. "
            f"Choose from {', '.join(record.name for record in able)}."
        )
    return found


def _measured(architecture: Architecture, count: int) -> ChartRow:
    model = network(architecture.name).model
    pixels = np.random.default_rng(0).integers(0, 256, (count, *architecture.input_size, 3), np.uint8)
    many, one = Predictor.compile(model), Predictor.compile(model, latency=True)
    throughput = count / _median_seconds(many, pixels)
    counted = published_profiles()[architecture.name]
    if architecture.top1 is None:
        raise AssertionError("only networks with a published accuracy are chosen")
    return ChartRow(
        name=architecture.name,
        family=architecture.family,
        top1=architecture.top1,
        macs=counted.macs,
        parameters=counted.parameters_at_inference,
        images_per_second=throughput,
        latency_ms=_median_seconds(one, pixels[:1]) * 1e3,
    )


def _median_seconds(predictor: Predictor, pixels: np.ndarray) -> float:
    predictor.predict(pixels[:1])
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        predictor.predict(pixels)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _bubble(row: ChartRow) -> Bubble:
    return Bubble(
        name=row.name,
        family=row.family,
        top1=row.top1,
        operations=2 * row.macs / 1e9,
        milliseconds=1e3 / row.images_per_second,
        parameters=row.parameters,
    )
