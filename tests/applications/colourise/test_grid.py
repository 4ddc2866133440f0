"""The colours that are kept, what a rare one counts, and who answers for the rarer ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from learnet.applications.colourise import choose_colours, chroma, rebalancing_weights
from learnet.applications.colourise.grid import cell_centres, cell_of
from learnet.applications.colourise.samples import sample_pieces
from learnet.core import UsageError


@pytest.fixture(scope="module")
def pieces():
    return sample_pieces(20, size=32)


def test_cells_against_numpys_histogram():
    colours = np.random.default_rng(0).uniform([-0.45, -0.65], [0.45, 0.65], (5000, 2))
    wanted = np.histogram2d(colours[:, 0], colours[:, 1], bins=10, range=[[-0.45, 0.45], [-0.65, 0.65]])[0]
    assert np.array_equal(np.bincount(cell_of(colours), minlength=100), wanted.ravel().astype(int))


def test_a_cells_centre_is_inside_it():
    assert cell_of(cell_centres()).tolist() == list(range(100))
    np.testing.assert_allclose(cell_centres()[[0, 55, 99]], [[-0.405, -0.585], [0.045, 0.065], [0.405, 0.585]])


def test_the_most_frequent_cells_are_kept_and_their_shares_sum_to_one(pieces):
    grid = choose_colours(pieces, kept=8)
    counts = np.bincount(cell_of(chroma(pieces)).ravel(), minlength=100)
    assert counts[grid.cells].tolist() == sorted(counts.tolist(), reverse=True)[:8]
    assert grid.shares.sum() == pytest.approx(1)
    answers = grid.answers(chroma(pieces))
    np.testing.assert_allclose(np.bincount(answers.ravel(), minlength=8) / answers.size, grid.shares)


def test_a_rare_colour_goes_to_the_nearest_kept_cell(pieces):
    grid = choose_colours(pieces, kept=8)
    middles = cell_centres()
    for cell in range(100):
        chosen = int(grid.answers(middles[cell][None])[0])
        distances = [float(np.hypot(*(middles[cell] - middles[kept]))) for kept in grid.cells]
        assert distances[chosen] == pytest.approx(min(distances))


def test_a_colour_is_the_mean_of_its_pixels_or_the_middle_of_its_cell(pieces):
    colours, grid = chroma(pieces).reshape(-1, 2), choose_colours(pieces, kept=8)
    for cell, colour in zip(grid.cells, grid.colours, strict=True):
        np.testing.assert_allclose(colour, colours[cell_of(colours) == cell].mean(axis=0), atol=1e-5)
    middles = choose_colours(pieces, kept=8, centres=True)
    assert np.array_equal(middles.colours, cell_centres()[middles.cells])


@settings(deadline=None)
@given(arrays(float, 12, elements=st.floats(0.001, 1)), st.floats(0.01, 1))
def test_weights_have_mean_one_and_favour_the_rare(counts, lam):
    shares = counts / counts.sum()
    weights = rebalancing_weights(shares, lam)
    assert weights @ shares == pytest.approx(1)
    order = np.argsort(shares)
    assert (np.diff(weights[order]) <= 1e-9).all()
    np.testing.assert_allclose(
        weights * ((1 - lam) * shares + lam / 12), weights[0] * ((1 - lam) * shares[0] + lam / 12)
    )


def test_lambda_one_weighs_all_alike(pieces):
    np.testing.assert_allclose(choose_colours(pieces).weights(1.0), 1.0)


@pytest.mark.parametrize("lam", [-0.1, 1.5, float("nan")])
def test_a_lambda_out_of_range_is_refused(lam):
    with pytest.raises(UsageError, match="lambda must be greater than 0 and at most 1"):
        rebalancing_weights(np.array([0.5, 0.5]), lam)


def test_few_colours_give_few_cells():
    red = np.full((2, 4, 4, 3), (200, 30, 30), np.uint8)
    red[0, 0] = (30, 30, 200)
    grid = choose_colours(red, kept=32)
    assert len(grid) == 2
    assert grid.shares.tolist() == [28 / 32, 4 / 32]
    with pytest.raises(UsageError, match="at least 2 are kept; received 1"):
        choose_colours(red, kept=1)
