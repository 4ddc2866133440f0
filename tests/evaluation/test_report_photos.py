from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.evaluation import make_thumbnail, thumbnail_choice


@settings(deadline=None)
@given(
    st.integers(0, 120), st.integers(2, 7), st.integers(0, 150), st.integers(0, 2**32 - 1), st.floats(0, 6)
)  # fmt: skip
def test_the_choice_serves_every_cell_before_any_cell_twice(
    photos: int, classes: int, limit: int, seed: int, skill: float
) -> None:
    source = np.random.default_rng(seed)
    labels = source.integers(0, classes, photos)
    logits = source.normal(size=(photos, classes))
    logits[np.arange(photos), labels] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chosen = thumbnail_choice(probabilities, labels, limit=limit)
    predicted, top = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = predicted != labels

    assert len(set(chosen.tolist())) == len(chosen) <= limit
    flags = wrong[chosen]
    assert (np.diff(flags.astype(int)) <= 0).all(), "wrong ones come first"
    assert flags.sum() >= min(wrong.sum(), limit - limit // 6)
    assert np.unique(labels[chosen[~flags]], return_counts=True)[1].max(initial=0) <= 4

    surest = sorted(np.flatnonzero(wrong), key=lambda index: -top[index])
    assert chosen[:24][flags[:24]].tolist() == surest[: min(24, flags.sum())]

    cells = labels * classes + predicted
    per_cell = [int((cells[chosen[flags]] == cell).sum()) for cell in np.unique(cells[wrong])]
    if flags.sum() >= 24 + len(per_cell):
        assert min(per_cell) >= 1


def test_right_photos_are_the_least_sure_of_their_class() -> None:
    labels = np.repeat([0, 1], 10)
    sure = np.tile(np.linspace(0.55, 0.95, 10), 2)
    probabilities = np.where(labels[:, None] == 0, np.c_[sure, 1 - sure], np.c_[1 - sure, sure])
    assert thumbnail_choice(probabilities, labels).tolist() == [0, 10, 1, 11, 2, 12, 3, 13]


def test_no_photos_no_thumbnails() -> None:
    assert thumbnail_choice(np.empty((0, 3)), np.empty(0, dtype=int)).tolist() == []


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((300, 200), (96, 64)),
        ((200, 400), (48, 96)),
        ((96, 96), (96, 96)),
        ((60, 50), (60, 50)),
        ((32, 32), (96, 96)),
        ((8, 8), (96, 96)),
        ((1, 4000), (1, 96)),
        ((1, 1), (96, 96)),
    ],
)
def test_a_thumbnail_keeps_its_shape_within_its_size(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    content = make_thumbnail(np.full((*shape, 3), 90, np.uint8))
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (*expected, 3)


def test_a_thumbnail_keeps_its_colours_and_is_small() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[:, :320] = (200, 40, 10)
    image[:, 320:] = (10, 90, 220)
    content = make_thumbnail(image)
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(decoded[36, 10].astype(int) - (200, 40, 10)).max() < 12
    assert np.abs(decoded[36, 85].astype(int) - (10, 90, 220)).max() < 12
    assert len(content) < 4000
