"""The input rule: exact on synthetic photos, close to an independent resize on smooth ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.data import InputSpec

SPECS = st.builds(
    InputSpec,
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    resize=st.sampled_from(["stretch", "crop", "pad"]),
    crop_fraction=st.floats(0.05, 1.0),
    interpolation=st.sampled_from(["area", "bilinear", "bicubic", "lanczos"]),
)


def gradient(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 255 / height, columns * 255 / width, (rows + columns) * 127 / (height + width)], -1).astype(
        np.uint8
    )


@given(SPECS)
def test_json_round_trip(spec):
    assert InputSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    "change",
    [
        {"height": 0},
        {"width": 4097},
        {"height": True},
        {"height": 2.0},
        {"resize": "squash"},
        {"crop_fraction": 0},
        {"crop_fraction": 1.01},
        {"crop_fraction": float("nan")},
        {"crop_fraction": "1"},
        {"interpolation": "cubic"},
        {"interpolation": ["area"]},
    ],
)
def test_bad_json_is_refused_with_a_sentence(change):
    with pytest.raises(UsageError, match=rf"input.*{next(iter(change))}.*received"):
        InputSpec.from_json({**InputSpec(height=8, width=8).to_json(), **change})


@pytest.mark.parametrize(
    "value", [None, [], {}, {"height": 8, "width": 8}, {**InputSpec(height=8, width=8).to_json(), "colour": "RGB"}]
)
def test_json_of_another_shape_is_refused(value):
    with pytest.raises(UsageError, match="needs the fields crop_fraction, height, interpolation, resize, width"):
        InputSpec.from_json(value)


@given(SPECS, st.integers(1, 90), st.integers(1, 90))
def test_any_photo_gets_the_size_and_stays_in_its_range(spec, height, width):
    image = np.full((height, width, 3), 200, np.uint8)
    result = spec.apply(image)
    assert result.shape == (spec.height, spec.width, 3)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert set(np.unique(result)) <= ({200} if spec.resize != "pad" else {0, 200})


def test_a_photo_of_the_right_size_is_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    for resize in ("stretch", "crop", "pad"):
        np.testing.assert_array_equal(InputSpec(height=24, width=32, resize=resize).apply(image), image)


def test_crop_keeps_the_centre():
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 10:30] = 100
    np.testing.assert_array_equal(InputSpec(height=20, width=20).apply(image), np.full((20, 20, 3), 100, np.uint8))
    image[5:15, 15:25] = 200
    half = InputSpec(height=10, width=10, crop_fraction=0.5)
    np.testing.assert_array_equal(half.apply(image), np.full((10, 10, 3), 200, np.uint8))


def test_pad_centres_the_whole_photo_on_black():
    image = np.full((10, 40, 3), 90, np.uint8)
    result = InputSpec(height=20, width=20, resize="pad").apply(image)
    expected = np.zeros((20, 20, 3), np.uint8)
    expected[7:12] = 90
    np.testing.assert_array_equal(result, expected)


def test_stretch_averages_whole_pixels():
    image = gradient(64, 96)
    expected = image.reshape(16, 4, 24, 4, 3).astype(float).mean(axis=(1, 3))
    result = InputSpec(height=16, width=24, resize="stretch").apply(image)
    assert np.abs(result - expected).max() <= 0.5


@pytest.mark.parametrize("interpolation", ["area", "bilinear", "bicubic", "lanczos"])
def test_stripes_finer_than_the_result_become_their_mean(interpolation):
    stripes = np.zeros((256, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    result = InputSpec(height=32, width=32, resize="stretch", interpolation=interpolation).apply(stripes)
    assert np.abs(result.astype(int) - 127.5).max() <= 1


def test_one_side_may_shrink_while_the_other_grows():
    image = gradient(8, 640)
    result = InputSpec(height=32, width=32, resize="stretch").apply(image)
    expected = cv2.resize(cv2.resize(image, (32, 8), interpolation=cv2.INTER_AREA), (32, 32))
    np.testing.assert_array_equal(result, expected)


@given(SPECS, st.integers(1, 2000), st.integers(1, 2000))
def test_reduction_never_needs_enlarging(spec, height, width):
    reduction = spec.reduction(height, width)
    assert reduction in (1, 2, 4, 8)
    box, size = spec._geometry(-(-height // reduction), -(-width // reduction))
    if reduction > 1:
        assert box[0] >= size[0]
        assert box[1] >= size[1]


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(448, 448, 2), (447, 2000, 1), (896, 4000, 4), (9000, 9000, 8), (100, 100, 1)]
)
def test_reduction_values(height, width, expected):
    assert InputSpec(height=224, width=224).reduction(height, width) == expected
