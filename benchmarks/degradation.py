"""Why residual networks: plain networks of 20 and 56 layers against residual ones, on 10,000 photos of CIFAR-10.

    python benchmarks/degradation.py [--epochs 10] [--seeds 3] [--size 16] [--workers 2] [--out docs]

He et al. (2015, figure 6) show that a plain network of 56 layers ends with a higher training loss than one of 20, and
that shortcuts turn this round. Trains all four, several times; prints a table and writes ``degradation.csv`` (a row an
epoch) and ``degradation.png``. Runs that are in the CSV file already are not repeated.

Photos are only mirrored, and batches are small: so the deep networks get the many steps that they need within a few
epochs. Layers are then so small that a process with one thread wastes least: there is one on each core.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import keras as import_keras
from learnet.core import probe, write_bytes
from learnet.core.runs import write_table
from learnet.data import InputSpec, Part, open_dataset, stream_photos
from learnet.models import network
from learnet.plots import OKABE_ITO, drawing, new_figure, to_png
from learnet.training import Augmentation, TrainingConfig, fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORKS = ("plain20", "plain56", "resnet20", "resnet56")
FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
COLUMNS = ("network", "seed", "epoch", *FIGURES)
PHOTOS, VALIDATION = 10_000, 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2, help="networks trained at a time, each on one core")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    table = arguments.out / "degradation.csv"
    rows = read(table)
    done = {row[:2] for row in rows}
    wanted = [(name, seed) for seed in range(arguments.seeds) for name in NETWORKS if (name, str(seed)) not in done]
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(arguments.workers, get_context("spawn"), initializer=use_one_thread) as workers,
    ):
        pictures = Path(folder) / "photos.npz"
        np.savez(pictures, allow_pickle=False, **photos(arguments.size))
        running = [workers.submit(trained, *each, pictures, epochs=arguments.epochs) for each in wanted]
        for one in as_completed(running):
            rows += one.result()
            write_table(table, COLUMNS, rows)
    show(rows)
    write_bytes(arguments.out / "degradation.png", to_png(draw(rows)))
    print(f"{probe().describe()}; pictures of {arguments.size} x {arguments.size} pixels")


def read(table: Path) -> list[tuple[str, ...]]:
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def use_one_thread() -> None:
    """Let this process compute on one core; to be called before TensorFlow is imported."""
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}


def photos(size: int) -> dict[str, np.ndarray]:
    """Return 10,000 training and 2,000 test photos of CIFAR-10, the same number of each class, in any order."""
    dataset = open_dataset("cifar10")
    made: dict[str, np.ndarray] = {}
    for part, count in ((Part.TRAIN, PHOTOS), (Part.TEST, VALIDATION)):
        each = count // len(dataset.class_names)
        chosen = np.concatenate(
            [np.flatnonzero((dataset.parts == part) & (dataset.labels == label))[:each] for label in range(10)]
        )
        images = [
            photo.image
            for photo in stream_photos(dataset.source, chosen.tolist(), spec=InputSpec(height=size, width=size))
            if photo.image is not None
        ]
        made |= {f"{part.name.lower()}_images": np.stack(images), f"{part.name.lower()}_labels": dataset.labels[chosen]}
    return made


def trained(name: str, seed: int, pictures: Path, *, epochs: int) -> list[tuple[str, ...]]:
    import_keras().utils.set_random_seed(seed)
    with np.load(pictures) as loaded:
        train, validation = ((loaded[f"{part}_images"], loaded[f"{part}_labels"]) for part in ("train", "test"))
    size = train[0].shape[1]
    built = network(name, classes=10, input_size=(size, size))
    config = TrainingConfig(
        epochs=epochs,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.02,
        momentum=0.9,
        schedule="cosine",
        warmup_epochs=0.5,
        weight_decay=1e-4,
        augmentation=Augmentation(flip=True),
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(built.trainer, train, validation, config=config, folder=Path(folder))
    penalised = fitted.history[-1]
    print(f"{name}, seed {seed}: loss {penalised.loss:.4f}, {fitted.seconds:.0f} s", flush=True)
    return [
        (name, str(seed), str(row.epoch), *(f"{getattr(row, column):.6g}" for column in FIGURES))
        for row in fitted.history
    ]


def ends(rows: list[tuple[str, ...]], name: str, column: int) -> list[float]:
    """Return the last epoch's value of each seed."""
    last = max(int(row[2]) for row in rows)
    return [float(row[column]) for row in rows if row[0] == name and int(row[2]) == last]


def show(rows: list[tuple[str, ...]]) -> None:
    print(f"{'network':10} {'training loss, each seed':32} {'mean':>7} {'training accuracy':>18} {'test accuracy':>14}")
    for name in NETWORKS:
        losses = ends(rows, name, 3)
        listed = ", ".join(f"{loss:.4f}" for loss in losses)
        accuracies = [float(np.mean(ends(rows, name, column))) for column in (4, 6)]
        print(f"{name:10} {listed:32} {np.mean(losses):7.4f} {accuracies[0]:18.1%} {accuracies[1]:14.1%}")


def draw(rows: list[tuple[str, ...]]) -> Figure:
    with drawing():
        figure = new_figure(width=10, height=4)
        for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("plain", "resnet"), strict=True):
            for depth, colour in ((20, "blue"), (56, "vermillion")):
                mine = [row for row in rows if row[0] == f"{kind}{depth}"]
                epochs = sorted({int(row[2]) for row in mine})
                losses = np.array([[float(row[3]) for row in mine if int(row[2]) == epoch] for epoch in epochs])
                axes.plot(epochs, losses.mean(axis=1), color=OKABE_ITO[colour], label=f"{depth} layers")
                axes.fill_between(
                    epochs, losses.min(axis=1), losses.max(axis=1), color=OKABE_ITO[colour], alpha=0.2, linewidth=0
                )
            axes.set(xlabel="epoch", title="plain" if kind == "plain" else "with shortcuts (ResNet)")
            axes.legend()
        figure.axes[0].set_ylabel("training loss")
    return figure


if __name__ == "__main__":
    main()
