"""VGG-19 on Caltech-101 at 224 pixels with random weights: the mechanics, not the accuracy.

What is aimed at, measured in this run:

* extraction through the compiled engine at least 1.15 times as many images a second as ``keras.Model.predict``;
* an epoch of training the head from cached features in less than 5 seconds.

Needs LEARNET_DATA_DIR with Caltech-101.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from learnet.core import keras as import_keras
from learnet.core import probe
from learnet.data import open_dataset, stream_photos
from learnet.inference import Predictor
from learnet.training import TrainingConfig, Views, fit
from learnet.transfer_learning import load_backbone

COUNT, ROUNDS, PHOTOS, CLASSES = 32, 3, 3030, 101


def main() -> None:
    print(probe().describe())
    keras = import_keras()
    loaded = load_backbone("vgg19", weights="random")
    dataset = open_dataset("caltech101")
    images = np.stack(
        [
            photo.image
            for photo in stream_photos(dataset.source, range(COUNT), spec=loaded.input_spec)
            if photo.image is not None
        ]
    )
    predictor = Predictor.compile(loaded.model)
    predictor.predict(images[:4])
    loaded.model.predict(images[:4], verbose=0)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        mine = predictor.predict(images)
        ours.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        yours = loaded.model.predict(images, verbose=0, batch_size=8)
        theirs.append(time.perf_counter() - begin)
    assert np.abs(mine - yours).max() <= 1e-3 * np.abs(yours).max()
    a, b = COUNT / statistics.median(ours), COUNT / statistics.median(theirs)
    print(f"Extraction {a:.2f} images/s, keras.Model.predict {b:.2f} images/s: {a / b:.2f} times (aim 1.15)")
    random = np.random.default_rng(0)
    features = np.resize(mine, (PHOTOS, 1, mine.shape[1])) * random.uniform(0.5, 1.5, (PHOTOS, 1, 1))
    labels = np.arange(PHOTOS) % CLASSES
    values = keras.Input((mine.shape[1],), dtype="float32")
    head = keras.Model(values, keras.layers.Dense(CLASSES, name="head")(values))
    views = Views(values=features.astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        config = TrainingConfig(epochs=4, batch_size=64)
        fitted = fit(head, (views, labels), (views, labels), config=config, folder=Path(folder))
    print(f"An epoch of the head on {PHOTOS} cached photos, validation included: {fitted.seconds / 4:.2f} s (aim 5)")


if __name__ == "__main__":
    main()
