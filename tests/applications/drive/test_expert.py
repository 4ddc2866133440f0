import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.applications.drive import Command, Expert, action_of, seen_from
from learnet.core import UsageError


def arc(radius, count=36):
    angles = np.arange(count) / radius
    return np.column_stack([radius * np.sin(angles), radius * (1 - np.cos(angles))])


@given(st.floats(12, 500), st.floats(0, 97), st.booleans())
def test_on_a_circle_the_pursued_arc_is_that_circle(radius, speed, right):
    ahead = arc(radius) * (1, -1 if right else 1)
    assert Expert().curvature(ahead, speed=speed) == pytest.approx((-1 if right else 1) / radius, rel=1e-6)


@given(st.floats(0.3, 5))
def test_a_car_beside_a_straight_road_is_steered_back_to_it(shift):
    straight = np.column_stack([np.arange(36.0), np.zeros(36)])
    for side in (1, -1):
        ahead = seen_from(straight, shift=side * shift, rotation=0.0)
        assert np.sign(Expert().curvature(ahead, speed=50.0)) == -side
        askew = seen_from(straight, shift=0.0, rotation=side * shift / 10)
        assert np.sign(Expert().curvature(askew, speed=50.0)) == -side


def test_the_speed_is_the_largest_from_which_the_bend_can_be_taken_by_braking_in_time():
    expert = Expert(grip=100.0, braking=50.0, top_speed=80.0)
    bends = np.zeros(36)
    assert expert.speed(bends, spacing=1.0) == 80
    bends[20] = 0.1  # 10^1.5 in the bend
    assert expert.speed(bends, spacing=1.0) == pytest.approx(np.sqrt(1000 + 2 * 50 * 20))
    assert expert.speed(bends[20:], spacing=1.0) == pytest.approx(np.sqrt(1000))
    assert expert.speed(-bends, spacing=1.0) == expert.speed(bends, spacing=1.0)


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_values_out_of_their_range_are_refused(value):
    with pytest.raises(UsageError, match="grip must be greater than 0"):
        Expert(grip=value)


@pytest.mark.parametrize(
    ("curvature", "wanted", "speed", "signs"),
    [(0.05, 50, 50, (-1, 0, 0)), (-0.05, 60, 50, (1, 1, 0)), (0.0, 20, 50, (0, 0, 1)), (0.0, 49.5, 50, (0, 0, 0))],
)
def test_pedals_and_wheel_do_what_is_wanted(curvature, wanted, speed, signs):
    action = action_of(Command(curvature=curvature, speed=wanted), speed=speed)
    assert tuple(np.sign(action)) == signs
    assert (np.abs(action) <= 1).all()
    assert action[2] < 0.9  # the wheels never lock
