"""``learnet.evaluate``: how good is a bundle on these labelled photos?"""

from __future__ import annotations

import difflib
import shlex
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle.load import Bundle, load_bundle
from learnet.core import DataError, Silent, UsageError, peak_memory_bytes, probe, write_json
from learnet.core.runs import run_folder, write_table
from learnet.data import MAX_PIXELS, Part, Skipped, open_dataset
from learnet.evaluation import ReportData, StageCost, draw_thumbnails, measure, thumbnail_choice, write_report
from learnet.options.bundles import EvaluateConfig
from learnet.options.python import by_keywords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.evaluation import Metrics


_RESULT = "evaluation.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What a bundle said of labelled photos.

    Attributes:
        metrics: The measurements.
        probabilities: float32 ``(n, classes)``.
        labels: int32 ``(n,)``, positions in the bundle's class names.
        indices: int64 ``(n,)``, which photos of the dataset.
        skipped: The photos that could not be used, and why.
    """

    metrics: Metrics
    probabilities: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """The outcome of ``learnet.evaluate``.

    Attributes:
        folder: Where ``report.html``, ``predictions.csv``, ``skipped.csv`` and ``evaluation.json`` lie.
        bundle: The bundle's folder.
        data: What the dataset is called.
        measured: What the bundle said, and what that is worth.
        n_skipped: Files found and not used; ``skipped.csv`` lists them.
        seconds: Wall time from start to finish.
    """

    folder: Path
    bundle: Path
    data: str
    measured: Measured
    n_skipped: int
    seconds: float

    @property
    def metrics(self) -> Metrics:
        """The measurements."""
        return self.measured.metrics

    @property
    def report(self) -> Path:
        """The report, one HTML page."""
        return self.folder / "report.html"

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        return {
            **self.metrics.summary(),
            "n_test": self.metrics.n,
            "n_skipped": self.n_skipped,
            "seconds": round(self.seconds, 3),
            "data": self.data,
            "bundle": str(self.bundle),
            "report": str(self.report),
        }


def run(
    config: EvaluateConfig,
    *,
    bundle: str | Path | Bundle | None = None,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a bundle on labelled photos, and write a report.

    Args:
        config: The options.
        bundle: Its folder, or a bundle that was loaded before.
        data: What ``learnet.open_dataset`` takes. Where it has a test part, that part only is used.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Progress reporter; silent if not given.

    Returns:
        The measurements and where the report lies.

    Raises:
        BundleError: If the bundle is refused.
        DataError: If the photos show a class that the bundle does not know, or none can be used.
        UsageError: If ``data`` or ``out`` makes no sense.
    """
    start = time.perf_counter()
    progress = progress or Silent()
    if out is not None and (Path(out) / _RESULT).exists():
        raise UsageError(f"'{out}' holds a finished evaluation. Choose another --out, or delete the folder.")
    loaded = bundle if isinstance(bundle, Bundle) else load_bundle(config.bundle)
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, progress=progress)
    progress.say(dataset.layout)
    measured = measure_bundle(loaded, dataset, max_pixels=config.max_pixels, progress=progress)
    folder = run_folder(out, f"evaluate-{dataset.name}")
    skipped = (*dataset.skipped, *measured.skipped)
    write_table(folder / "skipped.csv", ["path", "reason"], ((each.path, each.reason) for each in skipped))
    _write_predictions(folder / "predictions.csv", loaded, dataset, measured)
    seconds = time.perf_counter() - start
    command = config.replace(bundle=str(loaded.folder), data=config.data or dataset.name).command()
    write_report(
        folder / "report.html",
        _report_data(loaded, dataset, measured, skipped=skipped, seconds=seconds, command=command),
    )
    result = Evaluation(
        folder=folder,
        bundle=loaded.folder,
        data=dataset.name,
        measured=measured,
        n_skipped=len(skipped),
        seconds=time.perf_counter() - start,
    )
    write_json(folder / _RESULT, result.to_json())
    return result


evaluate = by_keywords(run, EvaluateConfig)


def measure_bundle(
    bundle: Bundle, dataset: Dataset, *, max_pixels: int = MAX_PIXELS, progress: Progress | None = None
) -> Measured:
    """Measure a bundle on the dataset's test part, or on all of it where it has none; nothing is written.

    Classes are matched by name: a class that is missing in the dataset shifts no label.

    Raises:
        DataError: If the photos show a class that the bundle does not know, or none can be used.
    """
    of_test = np.flatnonzero(dataset.parts == Part.TEST)
    wanted = of_test if len(of_test) else np.arange(len(dataset))
    labels = _labels(bundle.info.class_names, dataset, wanted)
    probabilities = np.empty((len(wanted), len(bundle.info.class_names)), np.float32)
    usable, skipped = np.zeros(len(wanted), bool), []
    answers = bundle.classifier().predict_source(dataset.source, wanted.tolist(), max_pixels=max_pixels)
    with (progress or Silent()).stage("Evaluating", len(wanted)) as task:
        for position, (photo, output) in enumerate(answers):
            if output is None:
                skipped.append(Skipped(dataset.source.name(photo.index), photo.problem or "It cannot be used."))
            else:
                probabilities[position] = output
                usable[position] = True
            task.advance()
    if not usable.any():
        raise DataError(f"None of the {len(wanted)} photos in {dataset.name} can be used. {_first_reason(skipped)}")
    if not usable.all():
        probabilities, labels, wanted = probabilities[usable], labels[usable], wanted[usable]
    return Measured(
        metrics=measure(probabilities, labels, class_count=len(bundle.info.class_names)),
        probabilities=probabilities,
        labels=labels,
        indices=wanted,
        skipped=tuple(skipped),
    )


def _first_reason(skipped: Sequence[Skipped]) -> str:
    return f"The first, '{skipped[0].path}': {skipped[0].reason}" if skipped else "Give a dataset with photos."


def _labels(class_names: Sequence[str], dataset: Dataset, indices: np.ndarray) -> np.ndarray:
    """Return the labels of some photos as positions in the bundle's class names, int32."""
    known = {_normal(name): position for position, name in enumerate(class_names)}
    known |= {name: position for position, name in enumerate(class_names)}
    positions = np.full(len(dataset.class_names), -1, np.int32)
    for label in np.unique(dataset.labels[indices]).tolist():
        name = dataset.class_names[label]
        position = known.get(name, known.get(_normal(name)))
        if position is None:
            raise _unknown_class(name, dataset, class_names)
        positions[label] = position
    labels: np.ndarray = positions[dataset.labels[indices]]
    return labels


def _normal(name: str) -> str:
    """Return a name with its accents composed: macOS writes them decomposed."""
    return unicodedata.normalize("NFC", name)


def _unknown_class(name: str, dataset: Dataset, class_names: Sequence[str]) -> DataError:
    near = difflib.get_close_matches(name, class_names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    shown = ", ".join(class_names[:10]) + (", …" if len(class_names) > 10 else "")
    return DataError(
        f"{dataset.name} shows the class '{name}', which the bundle does not know.{hint} It knows {len(class_names)}: "
        f"{shown}. Rename the class, or leave its photos out."
    )


def _write_predictions(path: Path, bundle: Bundle, dataset: Dataset, measured: Measured) -> None:
    names, threshold = bundle.info.class_names, bundle.info.calibration.threshold.value
    answers, best = measured.probabilities.argmax(axis=1), measured.probabilities.max(axis=1)
    rows = (
        (dataset.source.name(index), names[label], names[answer], f"{probability:.6f}", probability >= threshold)
        for index, label, answer, probability in zip(
            measured.indices.tolist(), measured.labels.tolist(), answers.tolist(), best.tolist(), strict=True
        )
    )
    write_table(path, ["path", "label", "answer", "probability", "sure"], rows)


def _report_data(
    bundle: Bundle, dataset: Dataset, measured: Measured, *, skipped: Sequence[Skipped], seconds: float, command: str
) -> ReportData:
    info = bundle.info
    return ReportData(
        title=f"{dataset.name}: evaluation of a bundle",
        description=f"{dataset.layout} Bundle of {info.created}, {info.architecture['name']}.",
        class_names=info.class_names,
        metrics=measured.metrics,
        probabilities=measured.probabilities,
        labels=measured.labels,
        photo_names=[dataset.source.name(index) for index in measured.indices.tolist()],
        thumbnails=draw_thumbnails(
            dataset.source, measured.indices, thumbnail_choice(measured.probabilities, measured.labels)
        ),
        found=len(measured.indices) + len(skipped),
        skipped=skipped,
        findings=dataset.notices,
        costs=[StageCost(name="evaluate", seconds=seconds, images=len(measured.indices))],
        peak_memory_bytes=peak_memory_bytes(),
        machine=probe().describe(),
        temperature=info.calibration.temperature,
        threshold=info.calibration.threshold.value,
        reproduce=command,
        provenance={
            "bundle": str(bundle.folder),
            "backbone": info.architecture["name"],
            "weights": f"{info.weights['source']} ({info.weights['licence']})",
            "paper": info.weights["paper"],
            "trained on": info.dataset["fingerprint"],
            "learnet": info.learnet_version,
        },
        commands={"classify other photos": shlex.join(["learnet", "predict", str(bundle.folder), "path/to/photos"])},
    )
