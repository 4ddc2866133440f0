"""Measures by hand and by the formulas of their papers."""

import colorsys

import numpy as np
import pytest

from learnet.applications.colourise import colourfulness, psnr, saturation, squared_error

PHOTOS = np.random.default_rng(3).integers(0, 256, (3, 6, 5, 3), dtype=np.uint8)


def test_colourfulness_by_the_papers_formula():
    for photo, got in zip(PHOTOS.astype(float), colourfulness(PHOTOS), strict=True):
        rg = photo[..., 0] - photo[..., 1]
        yb = 0.5 * (photo[..., 0] + photo[..., 1]) - photo[..., 2]
        wanted = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
        assert got == pytest.approx(wanted)


def test_grey_is_not_colourful_and_not_saturated():
    grey = np.repeat(PHOTOS[..., :1], 3, axis=-1)
    assert not colourfulness(grey).any()
    assert not saturation(grey).any()


def test_saturation_by_colorsys():
    for photo, got in zip(PHOTOS, saturation(PHOTOS), strict=True):
        wanted = np.mean([colorsys.rgb_to_hsv(*(pixel / 255))[1] for pixel in photo.reshape(-1, 3)])
        assert got == pytest.approx(wanted)


def test_error_and_psnr():
    truth = np.zeros((2, 4, 4, 2))
    said = truth.copy()
    said[1] += 0.1
    assert squared_error(said, truth) == pytest.approx([0, 0.01])
    assert psnr(0.01) == 20
    assert psnr(0.0) == float("inf")
