import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.applications.drive import seen_from, view

GREY, WHITE = 100, 255


def frame_with_a_mark(forward, left, zoom=1.0):
    """A picture with a mark of 3 x 3 pixels at a place on the road, drawn as the simulator would."""
    frame = np.full((96, 96, 3), GREY, np.uint8)
    row, column = 71.5 - zoom * 1.944 * forward, 47.5 - zoom * 1.5552 * left
    frame[round(row) - 1 : round(row) + 2, round(column) - 1 : round(column) + 2] = WHITE
    return frame, (71.5 - round(row)) / 1.944 / zoom, (47.5 - round(column)) / 1.5552 / zoom


def mark_in(seen):
    """Where the mark is in a view: forward and left of the car, in length units."""
    bright = seen[..., 0].astype(float) - GREY
    rows, columns = np.indices(bright.shape)
    row, column = (bright * rows).sum() / bright.sum(), (bright * columns).sum() / bright.sum()
    return (71.5 - row) / 1.944, (47.5 - ((column + 0.5) * 0.48 - 0.5)) / 1.5552


def test_a_view_is_the_part_ahead_of_the_car_unchanged_but_wider():
    random = np.random.default_rng(0)
    frame = random.integers(0, 256, (96, 96, 3), np.uint8)
    seen = view(frame)
    assert seen.shape == (66, 200, 3)
    assert seen.dtype == np.uint8
    places = np.clip((np.arange(200) + 0.5) * 0.48 - 0.5, 0, 95)
    wanted = [[np.interp(places, np.arange(96), row) for row in frame[:66, :, channel]] for channel in range(3)]
    np.testing.assert_allclose(seen.transpose(2, 0, 1), wanted, atol=8)  # OpenCV interpolates at 32 places a pixel


@settings(max_examples=60)
@given(st.floats(8, 25), st.floats(-8, 8), st.floats(-4, 4), st.floats(-15, 15))
def test_a_mark_is_seen_where_geometry_says(forward, left, shift, degrees):
    rotation = math.radians(degrees)
    frame, forward, left = frame_with_a_mark(forward, left)
    seen = mark_in(view(frame, shift=shift, rotation=rotation))
    wanted = seen_from(np.array([[forward, left]]), shift=shift, rotation=rotation)[0]
    np.testing.assert_allclose(seen, wanted, atol=0.15)


def test_in_the_first_second_a_shift_counts_for_fewer_pixels():
    frame, forward, left = frame_with_a_mark(20.0, 3.0, zoom=0.5)
    seen = mark_in(view(frame, shift=2.0, rotation=0.1, zoom=0.5))
    wanted = 0.5 * seen_from(np.array([[forward, left]]), shift=2.0, rotation=0.1)[0]
    np.testing.assert_allclose(seen, wanted, atol=0.15)


def test_what_lies_outside_of_the_picture_takes_the_colour_at_its_edge():
    frame = np.full((96, 96, 3), GREY, np.uint8)
    frame[:, 0] = WHITE
    assert (view(frame, shift=10.0)[:, 0] == WHITE).all()
    assert (view(frame, shift=-10.0)[:, -1] == GREY).all()


@given(st.floats(-5, 5), st.floats(-1, 1), st.floats(-30, 30), st.floats(-30, 30))
def test_seeing_from_elsewhere_keeps_distances_from_there(shift, rotation, forward, left):
    seen = seen_from(np.array([[forward, left]]), shift=shift, rotation=rotation)[0]
    assert np.hypot(*seen) == pytest.approx(np.hypot(forward, left - shift), abs=1e-9)
