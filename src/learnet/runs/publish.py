"""What a run leaves behind: the proven bundle, the report, the tables, and the receipt."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle import BundleInfo, Calibration, save_bundle
from learnet.core import LearnetError, peak_memory_bytes, probe, versions
from learnet.core.runs import write_table
from learnet.data import Part, stream_photos
from learnet.evaluation import ReportData, StageCost, draw_thumbnails, thumbnail_choice, write_report
from learnet.runs.result import RunResult

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from learnet.core import Progress
    from learnet.data import Dataset, InputSpec
    from learnet.runs.result import RunConfig
    from learnet.runs.stopwatch import Stopwatch
    from learnet.runs.study import Study

_EVERY_PHOTO = ("compute features", "decode photos")  # stages that every photo goes through
_GOLDEN = 4  # stored images: enough to notice a wrong preprocessing, few enough to copy
_LIBRARIES = ("learnet", "keras", "tensorflow-cpu", "openvino", "numpy", "scipy", "opencv-python-headless")


@dataclass(frozen=True, kw_only=True, eq=False)
class Product:
    """A trained network and what goes with it into bundle and report.

    Attributes:
        model: uint8 images to calibrated probabilities, as ``architecture`` describes it.
        architecture: As ``BundleInfo`` wants it.
        schema_version: Of a bundle with such an architecture.
        input_spec: How photos are prepared.
        weights: Where the weights come from: ``"source"``, ``"licence"``, ``"paper"``, and what else is known.
        description: One sentence for the report.
        provenance: What the report should say besides: purpose -> fact.
        details: What the run's record should say besides, as JSON values.
    """

    model: keras.Model
    architecture: dict[str, Any]
    schema_version: int
    input_spec: InputSpec
    weights: dict[str, Any]
    description: str
    provenance: dict[str, str]
    details: dict[str, Any] = field(default_factory=dict)


def publish(
    folder: Path, study: Study, product: Product, *, config: RunConfig, progress: Progress, watch: Stopwatch
) -> RunResult:
    """Write everything that a run leaves behind into ``folder``; the bundle is proven before it takes its place.

    Args:
        folder: The run's folder; it exists.
        study: What was learnt and measured.
        product: The network.
        config: What was asked.
        progress: Where to tell how it goes.
        watch: Books the time.

    Returns:
        The run.

    Raises:
        BundleError: If the bundle does not give on disk what was measured.
    """
    _write_tables(folder, study)
    _save_bundle(folder / "bundle", study, product, config=config)
    watch.lap("save and prove the bundle")
    report = _report(folder, study, product, config=config, watch=watch)
    write_report(folder / "report.html", report)
    watch.lap("write the report")
    sizes = np.bincount(study.parts, minlength=len(Part))
    run = RunResult(
        folder=folder,
        config=config,
        metrics=study.metrics,
        n_train=int(sizes[Part.TRAIN]),
        n_val=int(sizes[Part.VAL]),
        n_test=int(sizes[Part.TEST]),
        n_classes=len(study.dataset.class_names),
        n_found=study.found,
        n_skipped=len(study.skipped),
        n_computed=study.computed,
        seconds=watch.total(),
        stages=dict(watch.stages),
        peak_memory_bytes=peak_memory_bytes(),
        details=product.details,
    )
    if study.skipped:
        progress.say(f"{len(study.skipped)} of {study.found} files were skipped; {folder / 'skipped.csv'} says why.")
    return run


def _save_bundle(folder: Path, study: Study, product: Product, *, config: RunConfig) -> None:
    sizes = np.bincount(study.parts, minlength=len(Part))
    info = BundleInfo(
        architecture=product.architecture,
        schema_version=product.schema_version,
        class_names=study.dataset.class_names,
        input_spec=product.input_spec,
        calibration=Calibration(temperature=study.temperature, threshold=study.threshold),
        metrics=study.metrics.summary(),
        dataset={
            "name": study.dataset.name,
            "fingerprint": study.fingerprint,
            "train": int(sizes[Part.TRAIN]),
            "validation": int(sizes[Part.VAL]),
            "test": int(sizes[Part.TEST]),
            "skipped": len(study.skipped),
        },
        weights=product.weights,
        config=config.to_json(),
    )
    golden = _golden_positions(study)
    images = _prepared(study.dataset, study.test[golden], product.input_spec)
    # The golden outputs are the measured ones, however they came about: saving proves that the network on
    # disk gives the same from the photo on.
    save_bundle(
        folder, info=info, model=product.model, golden_images=images, golden_outputs=study.probabilities[golden]
    )


def _golden_positions(study: Study) -> np.ndarray:
    """Return positions in the test part, the first photo of each of the first few classes."""
    labels = study.dataset.labels[study.test]
    _, first = np.unique(labels, return_index=True)
    return np.sort(first)[:_GOLDEN]


def _prepared(dataset: Dataset, indices: np.ndarray, spec: InputSpec) -> np.ndarray:
    images = np.empty((len(indices), spec.height, spec.width, 3), np.uint8)
    for row, photo in zip(images, stream_photos(dataset.source, indices.tolist(), spec=spec), strict=True):
        if photo.image is None:
            raise LearnetError(
                f"'{dataset.source.location(photo.index)}' could be read at first and now cannot: {photo.problem} "
                "Leave the photos as they are while learnet works, and run it again."
            )
        row[:] = photo.image
    return images


def _write_tables(folder: Path, study: Study) -> None:
    dataset = study.dataset
    names = dataset.names()
    write_table(
        folder / "splits.csv",
        ("path", "class", "part"),
        (
            (name, dataset.class_names[label], Part(part).name.lower())
            for name, label, part in zip(names, dataset.labels, study.parts, strict=True)
        ),
    )
    write_table(folder / "skipped.csv", ("path", "reason"), ((item.path, item.reason) for item in study.skipped))
    write_table(
        folder / "findings.csv",
        ("kind", "path", "other", "detail"),
        ((item.kind, item.path, item.other, item.detail) for item in study.findings),
    )
    answers, sure = study.probabilities.argmax(axis=1), study.probabilities.max(axis=1)
    write_table(
        folder / "predictions.csv",
        ("path", "class", "answer", "probability", "sure"),
        (
            (
                names[photo],
                dataset.class_names[dataset.labels[photo]],
                dataset.class_names[answer],
                f"{probability:.6f}",
                bool(probability >= study.threshold.value),
            )
            for photo, answer, probability in zip(study.test, answers, sure, strict=True)
        ),
    )


def _report(folder: Path, study: Study, product: Product, *, config: RunConfig, watch: Stopwatch) -> ReportData:
    dataset, labels = study.dataset, study.dataset.labels
    shown = thumbnail_choice(study.probabilities, labels[study.test])
    bundle = folder / "bundle"
    seen = len(labels) + len(study.skipped)
    return ReportData(
        title=dataset.name,
        description=f"{dataset.layout} {product.description}",
        class_names=dataset.class_names,
        metrics=study.metrics,
        probabilities=study.probabilities,
        labels=labels[study.test],
        photo_names=[dataset.source.name(int(photo)) for photo in study.test],
        thumbnails=draw_thumbnails(dataset.source, study.test, shown),
        train_counts=np.bincount(labels[study.parts == Part.TRAIN], minlength=len(dataset.class_names)).tolist(),
        found=study.found,
        skipped=study.skipped,
        findings=study.findings,
        baselines=study.baselines,
        costs=[
            StageCost(name=name, seconds=seconds, images=seen if name in _EVERY_PHOTO else None)
            for name, seconds in watch.stages.items()
        ],
        peak_memory_bytes=peak_memory_bytes(),
        machine=probe().describe(),
        temperature=study.temperature,
        threshold=study.threshold.value,
        foreign_auroc=study.foreign_auroc,
        reproduce=config.command(),
        provenance={
            "Seed": str(config.seed),
            "Dataset fingerprint": study.fingerprint,
            "Split": "splits.csv beside this page lists every photo and its part",
            **product.provenance,
            **{f"Version of {name}": version for name, version in versions(*_LIBRARIES).items()},
        },
        commands={
            "Classify new photos": shlex.join(["learnet", "predict", str(bundle), "path/to/photos"]),
            "Measure it on other labelled photos": shlex.join(["learnet", "evaluate", str(bundle), "path/to/labelled"]),
            "Use it in Python": f"learnet.load({str(bundle)!r}).classifier()",
        },
    )
