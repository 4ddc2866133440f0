"""Trials a minute of a search over heads: learnet on cached features against KerasTuner by ``fit``.

Three sides search the same space at random, for the same time, with the same photos to learn from and to choose with:

* ``learnet.tune``, from files to trials: reading photos and computing features is part of its time;
* KerasTuner's ``RandomSearch`` over the usual recipe, a frozen backbone with a head, trained by ``fit`` on photos that
  were decoded before its time began;
* KerasTuner over one dense layer on features that were computed before its time began: what is left of the difference
  when a user thinks of caching them.

What is aimed at: at least 50 times the trials a minute of the second side, and a best validation accuracy that is no
lower. Needs ``pip install keras-tuner``, and LEARNET_DATA_DIR with Caltech-101.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Silent, keras, probe
from learnet.data import open_dataset, stream_photos
from learnet.transfer_learning import load_backbone
from learnet.tuning import Choice, Range, Space, tune

if TYPE_CHECKING:
    from pathlib import Path

SPACE = Space(
    parameters={
        "optimizer": Choice(values=("adam", "sgd")),
        "learning_rate": Range(low=1e-4, high=1e-1, log=True),
        "batch_size": Choice(values=(32, 128)),
        "epochs": Choice(values=(10,)),
        "l2": Range(low=1e-6, high=1e-2, log=True),
        "dropout": Range(low=0.0, high=0.5),
        "label_smoothing": Range(low=0.0, high=0.2),
        "schedule": Choice(values=("constant",)),
    }
)


class TimeUp(BaseException):
    """KerasTuner lets no lesser exception through."""


class Clock:
    """Ends a search in the middle of a trial and remembers how far it came."""

    def __init__(self, seconds: float) -> None:
        self.begun, self.seconds = time.perf_counter(), seconds
        self.trials, self.best = 0.0, 0.0

    def callback(self, epochs: int) -> Any:
        """Return Keras' callback of one trial."""
        clock = self

        class Watch(keras().callbacks.Callback):  # type: ignore[misc]  # Keras has no types
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras passes it)
                clock.trials += 1 / epochs / self.params["steps"]
                if time.perf_counter() - clock.begun > clock.seconds:
                    raise TimeUp

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras passes it)
                clock.best = max(clock.best, float(logs["val_accuracy"]))

        return Watch()


def search_with_keras_tuner(make_body: Any, parts: dict[str, Any], *, classes: int, seconds: float) -> Clock:
    """Search by KerasTuner; ``make_body`` returns input and features of a new network."""
    import keras_tuner

    clock = Clock(seconds)
    layers = keras().layers

    class Head(keras_tuner.HyperModel):  # type: ignore[misc]  # KerasTuner has no types
        def build(self, hp: Any) -> Any:
            inputs, features = make_body()
            dropped = layers.Dropout(hp.Float("dropout", 0.0, 0.5))(features)
            penalty = keras().regularizers.L2(hp.Float("l2", 1e-6, 1e-2, sampling="log"))
            answer = layers.Dense(classes, activation="softmax", kernel_regularizer=penalty)(dropped)
            model = keras().Model(inputs, answer)
            rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
            momentum = keras().optimizers.SGD(rate, momentum=0.9)
            chosen = hp.Choice("optimizer", ["adam", "sgd"])
            loss = keras().losses.CategoricalCrossentropy(label_smoothing=hp.Float("label_smoothing", 0.0, 0.2))
            optimizer = keras().optimizers.Adam(rate) if chosen == "adam" else momentum
            model.compile(optimizer, loss, metrics=["accuracy"])
            return model

        def fit(self, hp: Any, model: Any, *args: Any, **options: Any) -> Any:
            options["callbacks"] = [*options.get("callbacks", []), clock.callback(10)]
            return model.fit(*args, batch_size=hp.Choice("batch_size", [32, 128]), epochs=10, **options)

    class Search(keras_tuner.RandomSearch):  # type: ignore[misc]  # KerasTuner has no types
        def _configure_tensorboard_dir(self, *_: Any) -> None:
            """Do without TensorBoard, which it would import."""

    eye = np.eye(classes, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        tuner = Search(Head(), objective="val_accuracy", max_trials=100_000, directory=folder, overwrite=True, seed=0)
        try:
            val = (parts["val"], eye[parts["val_labels"]])
            tuner.search(parts["train"], eye[parts["train_labels"]], validation_data=val, verbose=0)
        except TimeUp:
            pass
    clock.seconds = time.perf_counter() - clock.begun
    return clock


def chosen_photos(classes: int, per_class: int) -> Any:
    """Return a part of Caltech-101: its first classes, so many photos of each."""
    dataset = open_dataset("caltech101", progress=Silent())
    rows = [np.flatnonzero(dataset.labels == label)[:per_class] for label in range(classes)]
    return dataset.subset(np.concatenate(rows))


def decoded(dataset: Any, splits: Path, spec: Any) -> dict[str, Any]:
    """Return the photos that learnet's search trained and chose with, as arrays."""
    with splits.open(newline="", encoding="utf-8") as file:
        part_of = {row["path"]: (row["part"], row["class"]) for row in csv.DictReader(file)}
    names = dataset.names()
    labels = {name: label for label, name in enumerate(sorted({kind for _, kind in part_of.values()}))}
    parts: dict[str, Any] = {}
    for part in ("train", "val"):
        rows = [row for row, name in enumerate(names) if part_of.get(name, ("", ""))[0] == part]
        photos = stream_photos(dataset.source, rows, spec=spec)
        parts[part] = np.stack([photo.image for photo in photos if photo.image is not None])
        parts[f"{part}_labels"] = np.array([labels[part_of[names[row]][1]] for row in rows])
    return parts


def main() -> None:
    """Run the three sides and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="of each side")
    parser.add_argument("--classes", type=int, default=20)
    parser.add_argument("--per-class", type=int, default=40)
    arguments = parser.parse_args()
    dataset = chosen_photos(arguments.classes, arguments.per_class)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LEARNET_CACHE_DIR"] = f"{folder}/cache"
        found = tune(
            dataset,
            backbone="efficientnet_lite0",
            space=SPACE,
            time_limit=arguments.seconds,
            out=f"{folder}/study",
            progress=Silent(),
        )
        told = found.to_json()
        loaded = load_backbone("efficientnet_lite0")
        parts = decoded(dataset, found.folder / "splits.csv", loaded.card.input_spec)
    loaded.model.trainable = False
    classes = told["n_classes"]
    by_fit = search_with_keras_tuner(
        lambda: (loaded.model.input, loaded.model.output), parts, classes=classes, seconds=arguments.seconds
    )
    for part in ("train", "val"):
        parts[part] = loaded.model.predict(parts[part], verbose=0)

    def dense() -> Any:
        features = keras().Input(parts["train"].shape[1:])
        return features, features

    on_features = search_with_keras_tuner(dense, parts, classes=classes, seconds=arguments.seconds)
    done = sum(record.is_finished for record in found.trials)
    ready = told["stages"]["trials"]
    print(probe().describe())
    print(
        f"{told['n_train']} photos of {classes} classes to learn from, {told['n_val']} to choose with; trials of 10 "
        f"epochs; {arguments.seconds:.0f} s for each side."
    )
    print(f"{'side':44} {'trials':>8} {'a minute':>9} {'best validation accuracy':>25}")
    rows = (
        (f"learnet, features in its time ({arguments.seconds - ready:.0f} s)", done, arguments.seconds, told),
        ("learnet, once features are cached", done, ready, told),
        ("KerasTuner, frozen backbone by fit", by_fit.trials, by_fit.seconds, by_fit),
        ("KerasTuner, dense layer on given features", on_features.trials, on_features.seconds, on_features),
    )
    for name, trials, seconds, side in rows:
        best = side.best if isinstance(side, Clock) else found.best.accuracy or 0.0
        print(f"{name:44} {trials:8.1f} {60 * trials / seconds:9.2f} {best:25.4f}")
    rate = done / ready
    print(f"Ratio to fit of the whole network: {rate * by_fit.seconds / by_fit.trials:.0f} (aim: at least 50)")
    print(f"Ratio to fit on given features: {rate * on_features.seconds / on_features.trials:.1f}")
    better = (found.best.accuracy or 0.0) >= by_fit.best
    print(f"Best validation accuracy after equal time no lower than by fit: {'yes' if better else 'NO'}")


if __name__ == "__main__":
    main()
