"""CIFAR-10 on this machine: seconds to 79 % test accuracy, and what learnet's recipes reach in their time.

    python benchmarks/cifar10_time_to_accuracy.py [--recipes cifar10-fast,cifar10-accurate] [--keep FOLDER] [--every 11]
    python benchmarks/cifar10_time_to_accuracy.py --log-example 30      # once: how many epochs the example needs

The other side is the network of the Keras documentation's CIFAR-10 example (32-32-pool-64-64-pool-512, RMSprop with a
rate of 1e-4, batches of 32, moved and mirrored by ``ImageDataGenerator``), trained by ``compile`` and ``fit``. An epoch
of it is timed before and after each recipe, and a fifth of one at each test in between; the median is the unit in which
this benchmark counts, so that a busy machine does not matter. How many epochs it needs for 79 % does not depend on the
machine: it is read from the log
``docs/cifar10-example.csv``, which ``--log-example`` writes.

A recipe is timed from opening the photos to its last epoch, with everything that ``learnet train`` does in between;
only the tests in between, which ``learnet train`` does not do, are left out. What is tested is what would be kept
if training stopped there: the weights that are best on held-out training photos.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Lines, probe
from learnet.core import keras as import_keras
from learnet.core.runs import run_folder, write_table
from learnet.data import InputSpec, Part, open_dataset, stream_photos
from learnet.options.train import TrainConfig
from learnet.runs import Stopwatch
from learnet.training import fit
from learnet.training.build import build_trained, choose_network_precision, prepare_network
from learnet.training.checkpoint import load_best
from learnet.training.train import open_photos

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from learnet.models import Network
    from learnet.training import EpochRow

    Examples = tuple[np.ndarray, np.ndarray]

WANTED = 0.79
SELDOM = 4  # epochs between two tests, once that is reached
DATA = "cifar10"
LOG = Path("docs/cifar10-example.csv")
LOG_COLUMNS = ("epoch", "test_accuracy")
CURVE_COLUMNS = ("recipe", "epoch", "seconds", "test_accuracy")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What a recipe reached: seconds and test accuracy after some epochs, the last among them."""

    recipe: str
    epochs: tuple[int, ...]
    seconds: tuple[float, ...]
    accuracies: tuple[float, ...]

    def seconds_to(self, accuracy: float) -> float | None:
        """Return the seconds until the test accuracy was first reached."""
        return next((s for s, a in zip(self.seconds, self.accuracies, strict=True) if a >= accuracy), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default="cifar10-fast,cifar10-accurate")
    parser.add_argument("--log-example", type=int, default=0, help="train the example until so many epochs are logged")
    parser.add_argument(
        "--every", type=int, default=0, help=f"epochs between two tests; each, then {SELDOM} if not given"
    )
    parser.add_argument("--out", type=Path, default=Path("docs"), help="where the curves go")
    parser.add_argument("--keep", type=Path, default=None, help="keep the recipes' runs in this folder")
    arguments = parser.parse_args()
    train, test = photos(Part.TRAIN), photos(Part.TEST)
    if arguments.log_example:
        log_example(train, test, epochs=arguments.log_example)
        return
    example = Example(train)
    units = [example.seconds()]
    curves = []

    def timed() -> None:
        units.append(example.seconds(share=0.2))

    with tempfile.TemporaryDirectory() as temporary:
        for recipe in arguments.recipes.split(","):
            folder = (arguments.keep or Path(temporary)) / recipe
            curves.append(trained(recipe, test, every=arguments.every, out=folder, between=timed))
            units.append(example.seconds())
            write_curves(arguments.out / "cifar10-curves.csv", curves[-1])
    show(curves, statistics.median(units))
    print(f"{probe().describe()}; an epoch of the example took {', '.join(f'{s:.0f}' for s in units)} s")


def photos(part: Part) -> Examples:
    """Return the decoded photos of a part, and their labels."""
    dataset = open_dataset(DATA)
    rows = np.flatnonzero(dataset.parts == part)
    stream = stream_photos(dataset.source, rows.tolist(), spec=InputSpec(height=32, width=32))
    return np.stack([photo.image for photo in stream if photo.image is not None]), dataset.labels[rows]


class Example:
    """The CNN of the Keras documentation's CIFAR-10 example, with its augmentation."""

    def __init__(self, train: Examples) -> None:
        self._train, self.model, self._batch = train, example_network(), 32
        self._epoch((train[0][:64], train[1][:64]))  # compiles

    def seconds(self, *, share: float = 1.0) -> float:
        """Train on a share of the photos; return what an epoch takes at that pace."""
        count = round(share * len(self._train[0]))
        start = time.perf_counter()
        self._epoch((self._train[0][:count], self._train[1][:count]))
        return (time.perf_counter() - start) / share

    def _epoch(self, train: Examples) -> None:
        import tensorflow as tf

        moved = tf.keras.preprocessing.image.ImageDataGenerator(
            width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True
        )
        images = train[0].astype(np.float32) / 255
        self.model.fit(moved.flow(images, train[1], batch_size=self._batch), epochs=1, verbose=0)


def example_network() -> keras.Model:
    keras = import_keras()
    layers = keras.layers
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (32, 64):
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D())
        model.add(layers.Dropout(0.25))
    for layer in (layers.Flatten(), layers.Dense(512, activation="relu"), layers.Dropout(0.5)):
        model.add(layer)
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.RMSprop(1e-4), metrics=["accuracy"]
    )
    return model


def log_example(train: Examples, test: Examples, *, epochs: int) -> None:
    """Train the example from the start and write its test accuracy after each epoch, until it is at 79 %.

    The same network, optimiser and batches, without XLA and moved by whole pixels in NumPy, which leaves the number of
    epochs what it is. An epoch takes about as long as one that is timed.
    """
    import_keras().utils.set_random_seed(0)
    model, rows = example_network(), []
    model.jit_compile = False
    images, random = test[0].astype(np.float32) / 255, np.random.default_rng(0)
    for epoch in range(1, epochs + 1):
        moved = shifted(train[0], random).astype(np.float32) / 255
        model.fit(moved, train[1], batch_size=32, epochs=1, verbose=0)
        accuracy = float(model.evaluate(images, test[1], batch_size=500, verbose=0)[1])
        rows.append((str(epoch), f"{accuracy:.4f}"))
        write_table(LOG, LOG_COLUMNS, rows)
        print(f"epoch {epoch}: test accuracy {accuracy:.4f}", flush=True)
        if accuracy >= WANTED:
            return


def shifted(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return images moved by up to a tenth, edges repeated, every second one mirrored."""
    margin = images.shape[1] // 10
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="edge")
    moved = np.empty_like(images)
    for row, (top, left) in enumerate(random.integers(0, 2 * margin + 1, (len(images), 2))):
        moved[row] = padded[row, top : top + images.shape[1], left : left + images.shape[2]]
    mirrored = random.random(len(images)) < 0.5
    moved[mirrored] = moved[mirrored, :, ::-1]
    return moved


def trained(recipe: str, test: Examples, *, every: int, out: Path, between: Callable[[], None]) -> Curve:
    """Train by a recipe as ``learnet train cifar10 --recipe`` does; off the clock, test and call ``between``."""
    epochs: list[int] = []
    seconds: list[float] = []
    accuracies: list[float] = []
    progress = Lines()
    config = TrainConfig.of(data=DATA, recipe=recipe)
    answering = prepare_network(config, classes=10)  # in float32, as the bundle answers
    off_clock, begun = 0.0, time.perf_counter()
    folder = run_folder(out, "cifar10")
    opened = open_photos(config, DATA, folder=folder, progress=progress, watch=Stopwatch())
    if config.precision == "auto":
        config = config.replace(precision=choose_network_precision(config, opened, say=progress.say))
    train = opened.part(Part.TRAIN)
    network = build_trained(config, classes=10, images=train[0])

    def tested(row: EpochRow) -> None:
        nonlocal off_clock
        step = every or (SELDOM if max(accuracies, default=0.0) >= WANTED else 1)
        if row.epoch % step and row.epoch < config.training.epochs:
            return
        start = time.perf_counter()
        epochs.append(row.epoch)
        seconds.append(start - begun - off_clock)
        accuracies.append(accuracy_of(answering, load_best(folder), test))
        print(f"{recipe}: epoch {row.epoch}, {seconds[-1]:.0f} s, test accuracy {accuracies[-1]:.4f}", flush=True)
        between()
        off_clock += time.perf_counter() - start

    fit(network.trainer, train, opened.part(Part.VAL), config=config.training, folder=folder, on_epoch=tested)
    return Curve(recipe=recipe, epochs=tuple(epochs), seconds=tuple(seconds), accuracies=tuple(accuracies))


def accuracy_of(answering: Network, weights: list[Any], test: Examples) -> float:
    """Return the accuracy on ``test`` of a network as it predicts, with these weights."""
    answering.trainer.set_weights(weights)
    right = sum(
        int((np.asarray(answering.model(test[0][start : start + 500])).argmax(axis=1) == labels).sum())
        for start, labels in ((start, test[1][start : start + 500]) for start in range(0, len(test[1]), 500))
    )
    return right / len(test[1])


def write_curves(table: Path, curve: Curve) -> None:
    """Put a recipe's curve into the table in place of its earlier one."""
    rows: list[tuple[str, ...]] = []
    if table.exists():
        with table.open(newline="", encoding="utf-8") as file:
            rows = [tuple(row) for row in list(csv.reader(file))[1:] if row[0] != curve.recipe]
    for epoch, seconds, accuracy in zip(curve.epochs, curve.seconds, curve.accuracies, strict=True):
        rows.append((curve.recipe, str(epoch), f"{seconds:.1f}", f"{accuracy:.4f}"))
    write_table(table, CURVE_COLUMNS, rows)


def example_epochs() -> tuple[int, bool]:
    """Return how many epochs the logged run of the example took to 79 %, and whether it got there."""
    if not LOG.exists():
        return 0, False
    with LOG.open(newline="", encoding="utf-8") as file:
        accuracies = [float(row["test_accuracy"]) for row in csv.DictReader(file)]
    reached = [accuracy >= WANTED for accuracy in accuracies]
    return (reached.index(True) + 1, True) if any(reached) else (len(accuracies), False)


def show(curves: list[Curve], unit: float) -> None:
    needed, reached = example_epochs()
    print(f"The example: {unit:.0f} s an epoch, {'' if reached else 'more than '}{needed} epochs to {WANTED:.0%}")
    if not needed:
        print(f"{LOG} holds no run of it yet: --log-example 60 makes one.")
    print(
        f"{'recipe':18} {'seconds':>8} {'in epochs':>10} {'test accuracy':>14} {f's to {WANTED:.0%}':>9} {'sooner':>8}"
    )
    for curve in curves:
        first = curve.seconds_to(WANTED)
        sooner = "" if first is None else f"{'' if reached else '> '}{needed * unit / first:.1f}"
        print(
            f"{curve.recipe:18} {curve.seconds[-1]:8.0f} {curve.seconds[-1] / unit:10.1f} {curve.accuracies[-1]:14.4f} "
            f"{'' if first is None else f'{first:.0f}':>9} {sooner:>8}"
        )


if __name__ == "__main__":
    main()
