"""What a colouriser's run leaves behind: the proven bundle, the sheet, the tables, the report, the receipt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.apply import grey_of
from learnet.applications.colourise.examine import Examined, Summary, TemperatureRow, colour_view, to_json
from learnet.applications.colourise.report import render_colour_report
from learnet.applications.colourise.save import save_colouriser
from learnet.core import write_bytes, write_text
from learnet.core.runs import write_table
from learnet.data import Part, printable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from learnet.applications.colourise.colouriser import Colouriser
    from learnet.applications.colourise.photos import ColourPhotos
    from learnet.options.colourise import ColouriseConfig
    from learnet.runs import Stopwatch
    from learnet.training import Fitted

_PICKED = 4
_SHEET_SIDE = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """What training and measuring gave.

    Attributes:
        fitted: By training.
        examined: On the test photos.
        temperatures: What each temperature gave on the validation photos; none of a regression network.
        mean_colour: U and V, the mean over the training photos.
    """

    fitted: Fitted
    examined: Examined
    temperatures: tuple[TemperatureRow, ...]
    mean_colour: tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class ColouriseRun:
    """The outcome of ``train_colouriser``.

    Attributes:
        folder: Where everything lies: ``bundle/``, ``report.html``, ``sheet.png``, ``photos.csv``, ``skipped.csv``,
            ``history.csv``, ``run.json``.
        config: The options, with what was chosen for them.
        examined: What was measured, test photo by test photo.
        summaries: The network beside the mean colour, grey, and the true colours, on the test photos.
        temperature: The bundle's own.
        temperatures: What each one gave on the validation photos.
        mean_colour: U and V, the mean over the training photos.
        n_train: Photos trained on.
        n_val: Photos that chose epoch and temperature.
        n_test: Photos measured on.
        n_skipped: Files that were not used; ``skipped.csv`` lists them.
        epochs: That were trained.
        best_epoch: Whose weights are kept.
        reason: Why training stopped, as a sentence.
        train_seconds: That this process trained.
        seconds: Wall time from start to finish.
        stages: Seconds of each stage.
    """

    folder: Path
    config: ColouriseConfig
    examined: Examined
    summaries: dict[str, Summary]
    temperature: float
    temperatures: tuple[TemperatureRow, ...]
    mean_colour: tuple[float, float]
    n_train: int
    n_val: int
    n_test: int
    n_skipped: int
    epochs: int
    best_epoch: int
    reason: str
    train_seconds: float
    seconds: float
    stages: dict[str, float]

    @property
    def bundle(self) -> Path:
        """The folder of the bundle."""
        return self.folder / "bundle"

    @property
    def report(self) -> Path:
        """The report, one HTML page."""
        return self.folder / "report.html"

    @property
    def sheet(self) -> Path:
        """The picture of the best, the median and the worst test photos."""
        return self.folder / "sheet.png"

    def to_json(self) -> dict[str, Any]:
        """Return the run's outcome as a JSON-like object."""
        left_out = ("folder", "config", "examined", "summaries", "stages", "temperatures")
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in left_out}
        return {
            **{name: round(value, 4) if isinstance(value, float) else value for name, value in told.items()},
            "mean_colour": list(self.mean_colour),
            "network": self.config.network,
            "summaries": {name: to_json(summary) for name, summary in self.summaries.items()},
            "temperatures": [asdict(row) for row in self.temperatures],
            "stages": {name: round(seconds, 3) for name, seconds in self.stages.items()},
            "run": str(self.folder),
            "bundle": str(self.bundle),
            "report": str(self.report),
            "sheet": str(self.sheet),
        }


def publish(
    folder: Path,
    photos: ColourPhotos,
    colouriser: Colouriser,
    findings: Findings,
    *,
    config: ColouriseConfig,
    watch: Stopwatch,
) -> ColouriseRun:
    """Write everything that a run leaves behind; the bundle is proven before it takes its place.

    Raises:
        BundleError: If the bundle does not give on disk what was measured.
    """
    summaries, fitted = findings.examined.summaries(), findings.fitted
    measured = {name: to_json(summary) for name, summary in summaries.items()}
    save_colouriser(folder / "bundle", colouriser, notes={"config": config.to_json(), "measured": measured})
    _write_tables(folder, photos, findings.examined)
    sheet = draw_sheet(colouriser, photos.part(Part.TEST), findings.examined)
    write_bytes(folder / "sheet.png", sheet)
    watch.lap("save and prove the bundle")
    counts = {part: int((photos.parts == part).sum()) for part in Part}
    run = ColouriseRun(
        folder=folder,
        config=config,
        examined=findings.examined,
        summaries=summaries,
        temperature=colouriser.temperature,
        temperatures=findings.temperatures,
        mean_colour=findings.mean_colour,
        n_train=counts[Part.TRAIN],
        n_val=counts[Part.VAL],
        n_test=counts[Part.TEST],
        n_skipped=len(photos.skipped),
        epochs=len(fitted.history),
        best_epoch=fitted.best_epoch,
        reason=fitted.reason,
        train_seconds=fitted.seconds,
        seconds=watch.total(),
        stages=dict(watch.stages),
    )
    write_text(folder / "report.html", render_colour_report(run, sheet=sheet, name=photos.name, skipped=photos.skipped))
    return replace(run, seconds=watch.total())


def draw_sheet(colouriser: Colouriser, images: NDArray[np.uint8], examined: Examined) -> bytes:
    """Return a PNG of the best, the median and the worst photos: grey, coloured, true."""
    from learnet.plots import pictures_figure, to_png

    picks = examined.picks(_PICKED)
    rows = [place for places in picks.values() for place in places]
    chosen = np.ascontiguousarray(images[rows])
    coloured = colour_view(chosen, colouriser.colour(chosen))
    columns = np.stack([grey_of(chosen), coloured, chosen], axis=1)  # (photos, 3, side, side, 3)
    grid = columns.reshape(len(picks), -1, *columns.shape[2:])
    names = ["grey", "coloured", "true"] * (grid.shape[1] // 3)
    return to_png(pictures_figure(_enlarged(grid), rows=list(picks), columns=names))


def _enlarged(grid: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures that are far smaller than they will be drawn, enlarged by a whole factor."""
    factor = max(1, _SHEET_SIDE // grid.shape[2])
    return grid.repeat(factor, axis=2).repeat(factor, axis=3)


def _write_tables(folder: Path, photos: ColourPhotos, examined: Examined) -> None:
    names = list(map(printable, photos.part_names(Part.TEST)))
    columns = ("error", "grey_error", "mean_error", "saturation", "true_saturation", "colourfulness")
    values = [getattr(examined, column) for column in columns]
    rows = [(name, *(f"{column[row]:.6g}" for column in values)) for row, name in enumerate(names)]
    write_table(folder / "photos.csv", ("photo", *columns), rows)
    write_table(folder / "skipped.csv", ("path", "reason"), [(item.path, item.reason) for item in photos.skipped])
