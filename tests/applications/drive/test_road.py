import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.applications.drive import Pose, Road

RADIUS = 60.0


def circle(*, left=True):
    angles = np.linspace(0, 2 * np.pi, 300, endpoint=False) * (1 if left else -1)
    return Road.along(RADIUS * np.column_stack([np.cos(angles), np.sin(angles)]), half_width=7)


@pytest.mark.parametrize("left", [True, False])
def test_a_circle_bends_by_one_over_its_radius_everywhere(left):
    np.testing.assert_allclose(circle(left=left).curvature, (1 if left else -1) / RADIUS, rtol=0.01)


def test_points_are_evenly_spaced():
    road = circle()
    steps = np.hypot(*(np.roll(road.points, -1, axis=0) - road.points).T)
    np.testing.assert_allclose(steps, road.spacing, rtol=0.01)
    assert road.spacing == pytest.approx(1.0, abs=0.01)


def test_what_lies_ahead_of_a_car_on_the_line_begins_at_the_car_and_goes_forward():
    road = circle()
    x, y = road.points[10]
    pose = Pose(x=x, y=y, angle=road.direction(10))
    ahead = road.ahead(pose, road.nearest(pose), 20)
    np.testing.assert_allclose(ahead[0], 0, atol=1e-9)
    arc = np.arange(20) * road.spacing / RADIUS
    np.testing.assert_allclose(ahead[:, 0], RADIUS * np.sin(arc), atol=0.2)
    np.testing.assert_allclose(ahead[:, 1], RADIUS * (1 - np.cos(arc)), atol=0.2)


@given(st.floats(-20, 20), st.integers(0, 300))
def test_a_car_beside_the_line_is_as_far_from_it_as_it_was_put(shift, index):
    road = circle()
    index %= len(road.points)
    x, y = road.points[index] * (1 - shift / np.hypot(*road.points[index]))  # to the left is to the inside
    pose = Pose(x=float(x), y=float(y), angle=road.direction(index))
    assert abs(road.nearest(pose) - index) in {0, 1, len(road.points) - 1}
    assert road.offset(pose, index) == pytest.approx(abs(shift), abs=0.05)
    assert road.ahead(pose, index, 1)[0, 1] == pytest.approx(-shift, abs=0.05)


def test_a_car_on_its_way_stays_on_its_own_part_of_a_road_that_comes_near_itself():
    there = np.column_stack([np.linspace(0, 200, 200), np.zeros(200)])
    road = Road.along(np.vstack([there, there[::-1] + np.array([0, 3])]), half_width=7)
    pose = Pose(x=100.0, y=2.9, angle=-np.pi / 2)
    assert road.points[road.nearest(pose)][1] == pytest.approx(3, abs=0.1)
    assert road.points[road.nearest(pose, near=95)][1] == pytest.approx(0, abs=0.1)
