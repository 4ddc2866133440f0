"""Small real photos for whole verbs: handwritten digits as PNG files, and a cache of its own for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest
from sklearn.datasets import load_digits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.delenv("LEARNET_DATA_DIR", raising=False)


def write_digits(folder: Path, *, per_class: int, classes: int = 10) -> Path:
    """Write the first few digits of each class to ``folder/CLASS/NUMBER.png``."""
    digits = load_digits()
    for label in range(classes):
        target = folder / str(label)
        target.mkdir(parents=True)
        for number, image in enumerate(digits.images[digits.target == label][:per_class]):
            cv2.imwrite(str(target / f"{number}.png"), (image * (255 / 16)).round().astype("uint8"))
    return folder


@pytest.fixture
def digits_folder(tmp_path):
    return write_digits(tmp_path / "digits", per_class=12)
