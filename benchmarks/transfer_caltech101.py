"""From Caltech-101's JPEG files to the tested bundle: against the floor, and against the usual Keras recipe.

What is aimed at, each a ratio measured in this run:

* cold cache, from the shell prompt to the written report: at most 1.4 times the floor, which is the same photos,
  already decoded and in memory, pushed through the same compiled backbone;
* at least 6 times faster than the usual recipe (``image_dataset_from_directory``, frozen backbone, a head trained by
  ``fit`` for 5 epochs, all test photos predicted), at no lower accuracy;
* a second run, from the cache: under 15 seconds from the shell prompt; peak memory under 1.5 GB.

Needs LEARNET_DATA_DIR with Caltech-101. Both sides run alternately, each in its own process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from learnet.core import probe

TRAIN_PER_CLASS = 30


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What one child process took and printed."""

    seconds: float
    peak_gigabytes: float
    result: dict[str, float]


def run_child(command: list[str], *, cache: Path | None = None) -> Finished:
    """Run a command to its end; return wall seconds, peak memory and the JSON object on its last line."""
    environment = {**os.environ, "LEARNET_CACHE_DIR": str(cache)} if cache else dict(os.environ)
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        lines = child.stdout.read().decode().splitlines()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return Finished(seconds=seconds, peak_gigabytes=usage.ru_maxrss / 1e6, result=json.loads(lines[-1]))


def unpack(folder: Path) -> Path:
    """Write Caltech-101's 101 classes as JPEG files, as a user would have them."""
    archives = sorted(Path(os.environ["LEARNET_DATA_DIR"]).glob("101_ObjectCategories.tar*"))
    if not archives:
        raise SystemExit("LEARNET_DATA_DIR holds no 101_ObjectCategories.tar: this benchmark needs Caltech-101.")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    photos = folder / "101_ObjectCategories"
    shutil.rmtree(photos / "BACKGROUND_Google")
    return photos


def measure_floor(photos: Path) -> None:
    """Child: decode everything first, then time the compiled backbone alone."""
    from learnet.data import open_dataset, stream_photos
    from learnet.inference import Predictor
    from learnet.transfer_learning import load_backbone

    dataset = open_dataset(photos)
    backbone = load_backbone("efficientnet_lite0")
    spec = backbone.card.input_spec
    images = np.empty((len(dataset), spec.height, spec.width, 3), np.uint8)
    for photo in stream_photos(dataset.source, range(len(dataset)), spec=spec):
        assert photo.image is not None, photo.problem
        images[photo.index] = photo.image
    predictor = Predictor.compile(backbone.model)
    for _ in predictor.stream(images[:64]):
        pass
    start = time.perf_counter()
    count = sum(1 for _ in predictor.stream(images))
    print(json.dumps({"seconds": time.perf_counter() - start, "images": count}))


def measure_recipe(split: Path, epochs: int) -> None:
    """Child: the usual recipe; prints the seconds of start-up, an epoch and prediction, and the accuracy reached."""
    start = time.perf_counter()
    import keras

    from learnet.transfer_learning import load_backbone

    size = (224, 224)
    common = {"image_size": size, "batch_size": 32, "label_mode": "int"}
    train = keras.utils.image_dataset_from_directory(split / "train", shuffle=True, seed=0, verbose=False, **common)
    test = keras.utils.image_dataset_from_directory(split / "test", shuffle=False, verbose=False, **common)
    backbone = load_backbone("efficientnet_lite0").model
    backbone.trainable = False
    inputs = keras.Input((*size, 3), dtype="uint8")
    outputs = keras.layers.Dense(len(train.class_names), activation="softmax")(backbone(inputs, training=False))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    def as_bytes(images: Any, labels: Any) -> tuple[Any, Any]:
        return keras.ops.cast(keras.ops.round(images), "uint8"), labels

    train, test = train.map(as_bytes), test.map(as_bytes)
    prepared = time.perf_counter()
    model.fit(train, epochs=epochs, verbose=0)
    trained = time.perf_counter()
    probabilities = model.predict(test, verbose=0)
    predicted = time.perf_counter()
    labels = np.concatenate([labels.numpy() for _, labels in test])
    result = {
        "startup": prepared - start,
        "epoch": (trained - prepared) / epochs,
        "prediction": predicted - trained,
        "accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "epochs": epochs,
    }
    print(json.dumps(result))


def link_split(run: Path, photos: Path, folder: Path) -> Path:
    """Lay out the run's own split as train/CLASS and test/CLASS, for ``image_dataset_from_directory``."""
    import csv

    with (run / "splits.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            target = folder / row["part"] / row["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(photos / row["path"])
    return folder


def main() -> None:
    """Measure everything and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="alternating runs of floor, cold and warm")
    parser.add_argument(
        "--epochs", type=int, default=5, help="epochs of the recipe really run; 1 is multiplied; 0: no recipe"
    )
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        kind, place = arguments.child[0], Path(arguments.child[1])
        if kind == "floor":
            measure_floor(place)
        else:
            measure_recipe(place, arguments.epochs)
        return
    with tempfile.TemporaryDirectory(prefix="learnet-bench-") as temporary:
        compare(Path(temporary), repeats=arguments.repeats, epochs=arguments.epochs)


def compare(folder: Path, *, repeats: int, epochs: int) -> None:
    """Run both sides alternately and print what came out."""
    print(probe().describe(), flush=True)
    photos = unpack(folder)
    this = [sys.executable, __file__]
    learnet = [str(Path(sys.executable).with_name("learnet"))]
    transfer = [*learnet, "transfer", str(photos), "--train-per-class", str(TRAIN_PER_CLASS), "--json", "--quiet"]
    floors, colds, warms = [], [], []
    for repeat in range(repeats):
        cache, out = folder / f"cache-{repeat}", folder / f"run-{repeat}"
        floors.append(run_child([*this, "--child", "floor", str(photos)]))
        colds.append(run_child([*transfer, "--out", str(out)], cache=cache))
        warms.append(run_child([*transfer, "--out", str(folder / f"again-{repeat}")], cache=cache))
        print(
            f"run {repeat + 1}: floor {floors[-1].result['seconds']:.1f} s, cold {colds[-1].seconds:.1f} s, "
            f"warm {warms[-1].seconds:.1f} s, stages {colds[-1].result['stages']}, warm {warms[-1].result['stages']}",
            flush=True,
        )
    ratios = [cold.seconds / floor.result["seconds"] for cold, floor in zip(colds, floors, strict=True)]
    cold = statistics.median(child.seconds for child in colds)
    accuracy = colds[0].result["accuracy"]
    print(f"images                      {floors[0].result['images']}")
    print(f"floor, median               {statistics.median(child.result['seconds'] for child in floors):.1f} s")
    print(f"cold, median                {cold:.1f} s, accuracy {accuracy:.4f}")
    print(
        f"cold / floor                {statistics.median(ratios):.2f} (each: {', '.join(f'{r:.2f}' for r in ratios)})"
    )
    print(f"warm, median                {statistics.median(child.seconds for child in warms):.1f} s")
    for name, children in (("cold", colds), ("warm", warms)):
        print(f"peak memory, {name}           {max(child.peak_gigabytes for child in children):.2f} GB")
    if epochs == 0:
        return
    split = link_split(folder / "run-0", photos, folder / "split")
    recipe = run_child([*this, "--child", "recipe", str(split), "--epochs", str(epochs)]).result
    how = "run in full" if epochs >= 5 else f"{epochs} epoch timed and multiplied"
    print(f"recipe                      epoch {recipe['epoch']:.1f} s, prediction {recipe['prediction']:.1f} s ({how})")
    print(f"recipe's accuracy           {recipe['accuracy']:.4f} after {recipe['epochs']:.0f} epochs")
    for count in (5, 10, 20):
        seconds = recipe["startup"] + count * recipe["epoch"] + recipe["prediction"]
        print(f"recipe, {count:2d} epochs / cold    {seconds:.0f} s / {cold:.0f} s = {seconds / cold:.1f}")


if __name__ == "__main__":
    main()
