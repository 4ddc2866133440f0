"""A run of a support-vector machine: its photos are there; solved, drawn, measured and published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras
from learnet.core import write_bytes
from learnet.core.runs import write_table
from learnet.data import Part
from learnet.runs import Product, publish
from learnet.training.build import prepare_network
from learnet.training.examine import examine, network_product
from learnet.training.svm import DEGREES, solve_svm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import InputSpec
    from learnet.models import Network
    from learnet.options.train import TrainConfig
    from learnet.runs import Run, RunResult, Study
    from learnet.training.photos import Photos
    from learnet.training.svm import SolvedMachine

PICTURES = "support-vectors.png"
GRID = "grid.csv"
_AT_ONCE = 1_024  # images
_CLASSES_SHOWN, _SHOWN = 12, 4


def run_svm(job: Run[TrainConfig], photos: Photos, *, spec: InputSpec) -> RunResult:
    """Solve the machine for a run's photos and leave behind what every run does, its grid, and its support vectors.

    Args:
        job: The run.
        photos: Decoded and divided.
        spec: How photos are prepared.
    """
    config, progress, watch = job.config, job.progress, job.watch
    classes = len(photos.dataset.class_names)
    solved = _solve(photos, config, progress=progress)
    best = solved.best
    progress.say(
        f"{len(solved.trials)} settings were tried. {described(solved)} is the best: {best.val_accuracy:.1%} of the "
        f"validation photos right, {best.support_vectors:,} support vectors."
    )
    watch.lap("train")
    network, complete = _network(solved, config, classes=classes)
    images = photos.part(Part.TRAIN)[0]
    write_evidence(job.folder, solved, class_names=photos.dataset.class_names, look=lambda rows: images[rows])
    made = examine(photos, network, config=complete)
    watch.lap("measure it")
    goods = _product(network, solved, study=made, config=complete, spec=spec, seconds=watch.stages["train"])
    return publish(job.folder, made, goods, config=config, progress=progress, watch=watch)


def _solve(photos: Photos, config: TrainConfig, *, progress: Progress) -> SolvedMachine:
    reader = prepare_network(config, classes=2).trainer
    pixels = import_keras().Model(reader.input, reader.get_layer("machine").input)
    train, validation = photos.part(Part.TRAIN), photos.part(Part.VAL)
    seen = _pixels(pixels, train[0]), train[1]
    unseen = (_pixels(pixels, validation[0]), validation[1]) if len(validation[1]) else seen
    return solve_svm(
        seen,
        unseen,
        classes=len(photos.dataset.class_names),
        kernel=config.options.get("kernel", "rbf"),
        degrees=config.options.get("degree", DEGREES),
        class_weights=config.training.label_weights,
        seed=config.seed,
        progress=progress,
    )


def _pixels(model: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return images as the machine sees them, float32 ``(n, d)``: the network's own preprocessing."""
    starts = range(0, len(images), _AT_ONCE)
    return np.concatenate(
        [np.asarray(model(np.ascontiguousarray(images[start : start + _AT_ONCE]))) for start in starts]
    )


def _network(solved: SolvedMachine, config: TrainConfig, *, classes: int) -> tuple[Network, TrainConfig]:
    """Return the network with the machine's weights, and the configuration that builds it."""
    options: dict[str, Any] = {"kernel": solved.setting.kernel, "support_vectors": [len(solved.arrays[0])]}
    if solved.setting.kernel == "polynomial":
        options["degree"] = [solved.setting.degree]
    complete = config.replace(options=options)
    network = prepare_network(complete, classes=classes)
    network.trainer.get_layer("machine").set_weights(list(solved.arrays))
    return network, complete


def _product(
    network: Network, solved: SolvedMachine, *, study: Study, config: TrainConfig, spec: InputSpec, seconds: float
) -> Product:
    return network_product(
        network,
        study=study,
        config=config,
        spec=spec,
        source="solved from the photos",
        description=f"Support-vector machine with the kernel {solved.setting.kernel}, solved from the photos.",
        provenance=evidence(solved, chosen_on="the validation photos"),
        details={
            **particulars(solved),
            "val_accuracy": solved.best.val_accuracy,
            "train_seconds": round(seconds, 3),
        },
    )


def described(solved: SolvedMachine) -> str:
    """Return a machine's setting in words."""
    setting = solved.setting
    words = [f"kernel {setting.kernel}", f"C {setting.c:.3g}"]
    words += [f"degree {setting.degree}"] if setting.kernel == "polynomial" else []
    words += [f"gamma {setting.gamma:.3g}"] if setting.kernel != "linear" else []
    return ", ".join(words)


def write_evidence(
    folder: Path,
    solved: SolvedMachine,
    *,
    class_names: Sequence[str],
    look: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
) -> None:
    """Write the grid that was tried, and the support vectors that pull the borders of the classes most, as pictures.

    Args:
        folder: Of the run.
        solved: The machine.
        class_names: Of all classes, in order.
        look: From training rows to their photos, uint8 ``(n, height, width, 3)``.
    """
    _write_grid(folder, solved)
    write_bytes(folder / PICTURES, _pictures(solved, class_names[:_CLASSES_SHOWN], look))


def _write_grid(folder: Path, solved: SolvedMachine) -> None:
    columns = ("kernel", "c", "degree", "gamma", "coef0", "val_accuracy", "val_loss", "support_vectors")
    rows = []
    for trial in solved.trials:
        each = trial.setting
        degree = each.degree if each.kernel == "polynomial" else ""
        measured = (trial.val_accuracy, trial.val_loss, trial.support_vectors)
        rows.append((each.kernel, each.c, degree, each.gamma, each.coef0, *measured))
    write_table(folder / GRID, columns, rows)


def _pictures(
    solved: SolvedMachine, names: Sequence[str], look: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
) -> bytes:
    """Draw, for each class, the photos that pull its border most: its own, and those of others."""
    from learnet.plots import pictures_figure, to_png

    places: dict[tuple[int, int], int] = {}
    for label in range(len(names)):
        for side, strength in enumerate((solved.pulls[:, label], -solved.pulls[:, label])):
            strongest = [
                place for place in np.argsort(-strength, kind="stable")[:_SHOWN].tolist() if strength[place] > 0
            ]
            places |= {(label, side * _SHOWN + column): place for column, place in enumerate(strongest)}
    images = look(solved.rows[list(places.values())])
    grid = np.full((len(names), 2 * _SHOWN, *images.shape[1:]), 255, np.uint8)
    for cell, image in zip(places, images, strict=True):
        grid[cell] = image
    titles = [*["of the class"] * _SHOWN, *["of another"] * _SHOWN]
    return to_png(pictures_figure(grid, rows=names, columns=titles), dots_per_inch=96)


def evidence(solved: SolvedMachine, *, chosen_on: str) -> dict[str, str]:
    """Return what the report says of a machine: purpose -> fact.

    Args:
        solved: The machine.
        chosen_on: The photos on which the setting was chosen.
    """
    return {
        "Machine": f"{described(solved)}, the best of {len(solved.trials)} settings on {chosen_on}; "
        f"{GRID} beside this page lists all",
        "Support vectors": f"{len(solved.rows):,} of the training photos; {PICTURES} beside this page shows those that "
        "pull the borders of the classes most",
    }


def particulars(solved: SolvedMachine) -> dict[str, Any]:
    """Return what a run's record says of a machine, as JSON values."""
    setting = solved.setting
    return {
        "kernel": setting.kernel,
        "c": setting.c,
        "degree": setting.degree if setting.kernel == "polynomial" else None,
        "gamma": setting.gamma,
        "coef0": setting.coef0,
        "support_vectors": len(solved.rows),
        "settings_tried": len(solved.trials),
    }
