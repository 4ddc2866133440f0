"""Brightness and colour: the constants of BT.601, and the way back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.applications.colourise import chroma, join, luminance
from learnet.models.architectures import ARCHITECTURES

BT601 = np.array([[0.299, 0.587, 0.114], [-0.14713, -0.28886, 0.436], [0.615, -0.51499, -0.10001]])


def test_the_matrix_is_that_of_bt_601():
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    wanted = photo / 255 @ BT601.T
    np.testing.assert_allclose(luminance(photo), wanted[..., 0], atol=1e-6)
    np.testing.assert_allclose(chroma(photo), wanted[..., 1:], atol=2e-5)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=20))
def test_a_photo_comes_back_from_its_brightness_and_colour(pixels):
    photo = np.array(pixels, np.uint8)
    assert np.array_equal(join(luminance(photo), chroma(photo)), photo)


@settings(deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(-0.7, 0.7), st.floats(0, 1))
def test_brightness_is_kept_where_the_screen_can_show_the_colour(u, v, y):
    made = join(np.array([y]), np.array([[u, v]]))
    if made.min() > 0 and made.max() < 255:
        assert luminance(made)[0] == pytest.approx(y, abs=1 / 255)


def test_the_network_sees_the_same_brightness():
    photo = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    seen = np.asarray(ARCHITECTURES["colorunet"].preprocessing.apply(photo))
    np.testing.assert_allclose(seen[..., 0], luminance(photo), atol=1e-5)
