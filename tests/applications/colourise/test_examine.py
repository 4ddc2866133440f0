"""Measures of a colouriser against numpy, and the choice of the temperature."""

import numpy as np
import pytest

from learnet.applications.colourise import (
    Examined,
    choose_temperature,
    chroma,
    examine,
    join,
    luminance,
    psnr,
    saturation,
)
from learnet.applications.colourise.samples import sample_pieces
from learnet.applications.colourise.train import mean_chroma

PIECES = sample_pieces(40, size=16)
MEAN = mean_chroma(PIECES)


def test_the_mean_colour():
    np.testing.assert_allclose(MEAN, chroma(PIECES).mean(axis=(0, 1, 2)), atol=1e-6)


def test_every_number_against_numpy(colouriser):
    found, truth = examine(colouriser, PIECES, mean_colour=MEAN), chroma(PIECES)
    said = colouriser.colour(PIECES)
    np.testing.assert_allclose(found.error, ((said - truth) ** 2).mean(axis=(1, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(found.grey_error, (truth**2).mean(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(found.mean_error, ((truth - MEAN) ** 2).mean(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(found.saturation, saturation(join(luminance(PIECES), said)), atol=1e-4)
    np.testing.assert_allclose(found.true_saturation, saturation(PIECES))
    summaries = found.summaries()
    assert summaries["network"].psnr == pytest.approx(psnr(float(((said - truth) ** 2).mean())), abs=1e-3)
    assert summaries["mean colour"].psnr == pytest.approx(-10 * np.log10(((truth - MEAN) ** 2).mean()), abs=1e-4)
    assert summaries["mean colour"].psnr > summaries["grey"].psnr
    assert (summaries["grey"].saturation, summaries["true colours"].psnr) == (0, float("inf"))


def test_best_median_and_worst():
    error = np.array([0.4, 0.1, 0.2, 0.05, 0.3, 0.01, 0.6])
    same = dict.fromkeys(Examined.__dataclass_fields__, np.ones(7))
    examined = Examined(**{**same, "error": error})
    assert examined.picks(1) == {"best": [5], "median": [2], "worst": [6]}
    assert examined.picks(5) == {"best": [5, 3], "median": [1, 2], "worst": [0, 6]}
    np.testing.assert_allclose(examined.gain, 10 * np.log10(1 / error))


def test_the_temperature_is_the_most_vivid_one_that_is_near_enough(colouriser):
    chosen, rows = choose_temperature(colouriser, PIECES, mean_colour=MEAN, temperatures=(0.1, 0.4, 1.0))
    for row in rows:
        found = examine(colouriser, PIECES, mean_colour=MEAN, temperature=row.temperature)
        assert row.psnr == pytest.approx(psnr(float(found.error.mean())), abs=1e-3)
        assert row.saturation == pytest.approx(float(found.saturation.mean()), abs=1e-4)
        nearer = found.mean_error - found.error
        assert row.nearer == pytest.approx(nearer.mean() / (nearer.std(ddof=1) / len(nearer) ** 0.5), rel=1e-3)
    assert chosen == max(rows, key=lambda row: row.psnr).temperature  # a network with random weights is never near
    distant = (2.0, 2.0)
    chosen, rows = choose_temperature(colouriser, PIECES, mean_colour=distant, temperatures=(0.1, 0.4, 1.0))
    assert chosen == max(rows, key=lambda row: row.saturation).temperature  # everything is nearer than that
