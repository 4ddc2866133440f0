"""What several tests of this room need: photos of a kind, folders of them, a private cache folder."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

Photo = Callable[..., np.ndarray]
Tree = Callable[..., Path]


@pytest.fixture
def photo() -> Photo:
    """Make an RGB picture of smooth random patches, different for each seed."""

    def make(seed: int, *, height: int = 90, width: int = 120) -> np.ndarray:
        coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    return make


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write files (by default of no sense, only their paths matter) below a folder and return it."""

    def make(*names: str, root: str = "photos", content: bytes = b"x") -> Path:
        folder = tmp_path / root
        folder.mkdir(exist_ok=True)
        for name in names:
            path = folder / name
            if name.endswith("/"):
                path.mkdir(parents=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return folder

    return make


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.delenv("LEARNET_DATA_DIR", raising=False)
