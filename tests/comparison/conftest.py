"""Small photos for comparisons, a ledger of its own for every test, and rows that end at once."""

import importlib

import cv2
import numpy as np
import pytest

from learnet.comparison.ledger import RowRecord
from learnet.core import generator
from learnet.core.runs import write_table

CLASSES = ("ant", "bee", "cat")
PER_CLASS = 8


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LEARNET_OFFLINE", "1")


@pytest.fixture
def photos(tmp_path):
    """A folder of three classes of noise, each of a brightness of its own."""
    random = np.random.default_rng(0)
    for label, name in enumerate(CLASSES):
        place = tmp_path / "photos" / name
        place.mkdir(parents=True)
        for number in range(PER_CLASS):
            image = np.clip(random.normal(60 + 70 * label, 25, (12, 12, 3)), 0, 255)
            cv2.imwrite(str(place / f"{number}.png"), image.astype(np.uint8))
    return tmp_path / "photos"


def split_of(seed):
    """Two photos of each class test, the others train; which ones depends on the seed."""
    lines = []
    for name in CLASSES:
        tested = generator(seed, name).permutation(PER_CLASS)[:2]
        lines += [(f"{name}/{n}.png", name, "test" if n in tested else "train") for n in range(PER_CLASS)]
    return lines


class Measurer:
    """Stands for ``measure_row``: answers at random, but always the same for the same row; counts its calls."""

    def __init__(self):
        self.calls, self.fails = [], {}

    def __call__(self, row, config, ledger, *, progress):
        self.calls.append(row.key)
        if row.key in self.fails:
            raise self.fails[row.key]
        place, lines = ledger.place(row), []
        for seed in row.seeds:
            random, split = generator(seed, row.key), split_of(seed)
            if row.trained:
                write_table(place / "splits.csv", ("path", "class", "part"), split)
            for path, name, part in split:
                if part == "test":
                    lines.append((seed, path, name, name if random.random() < 0.7 else str(random.choice(CLASSES))))
        write_table(place / "predictions.csv", ("seed", "path", "class", "answer"), lines)
        progress.say("half")
        return RowRecord(
            row=row,
            seconds=float(np.random.default_rng().random()),
            peak_memory_bytes=3_000_000 if row.trained else 1_000_000,
            bundle_bytes=2_500_000 if row.trained else 0,
            images_per_second={"head": 50.0, "partial": 200.0}.get(row.way, 0.0),
            latency_ms=5.0 if row.trained else 0.0,
            chosen="k = 3" if row.way == "k nearest neighbours" else "",
        )


@pytest.fixture
def measurer(monkeypatch):
    """Rows that end at once, for comparisons with ``processes=False``."""
    made = Measurer()
    monkeypatch.setattr(importlib.import_module("learnet.comparison.worker"), "measure_row", made)
    return made
