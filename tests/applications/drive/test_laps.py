import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.applications.drive import Knocks, Lap, autonomy, autonomy_of, drive_lap
from learnet.core import UsageError


class StubSimulator:
    """A straight road on which the car drifts aside by what the driver steers."""

    def __init__(self, steps=100):
        self._most = steps

    def start(self, track):
        self.steps, self.reward, self.offset, self.over = 0, 0.0, 0.0, False

    def step(self, action, *, times):
        self.offset += float(action[0]) * times
        self.steps += times
        self.reward += 1.0
        self.over = self.steps >= self._most

    @property
    def is_off_road(self):
        return self.offset > 6.7

    def put_back(self):
        self.offset = 0.0

    def knock(self, *, shift, rotation):
        self.knocked = [*getattr(self, "knocked", []), (self.steps, shift, rotation)]


class Constant:
    def __init__(self, steering):
        self._steering = steering

    def action(self, simulator):
        return np.array([self._steering, 0, 0])


def test_the_paper_s_example():
    assert autonomy(10, 600) == 90.0


@given(st.integers(0, 100), st.floats(1, 1e5))
def test_autonomy_falls_by_6_seconds_for_each_intervention(interventions, seconds):
    fall = autonomy(interventions, seconds) - autonomy(interventions + 1, seconds)
    assert fall == pytest.approx(600 / seconds)
    assert autonomy(0, seconds) == 100


@pytest.mark.parametrize(
    ("interventions", "seconds"), [(0, 0), (1, -5), (-1, 10), (0, float("inf")), (0, float("nan"))]
)
def test_nothing_driven_has_no_autonomy(interventions, seconds):
    with pytest.raises(UsageError, match="more than 0 seconds"):
        autonomy(interventions, seconds)


def test_a_car_that_stays_on_the_road_is_driven_once():
    lap = drive_lap(StubSimulator(), 5, Constant(0.05))
    assert (lap.track, lap.reward, lap.seconds, lap.interventions, lap.assisted_seconds) == (5, 25.0, 2.0, 0, 2.0)
    assert lap.largest_offset == pytest.approx(5.0)


def test_a_car_that_leaves_the_road_is_put_back_each_time_and_the_reward_is_that_without_help():
    lap = drive_lap(StubSimulator(), 5, Constant(0.5))  # 2 units a decision: off after 4 of 25 decisions
    assert lap.interventions == 6
    assert lap.largest_offset == pytest.approx(50.0)  # nobody helped in the episode that counts
    assert autonomy_of([lap]) == pytest.approx((1 - 36 / 2) * 100)


def test_autonomy_is_over_all_laps_together():
    laps = [
        Lap(track=n, reward=0, seconds=1, largest_offset=0, interventions=n, assisted_seconds=100.0) for n in (0, 1, 4)
    ]
    assert autonomy_of(laps) == pytest.approx(90)


def test_an_episode_ends_where_it_is_told():
    assert drive_lap(StubSimulator(), 5, Constant(0), most_steps=20).seconds == 0.4


def test_knocks_come_every_60_steps_within_their_limits_and_are_the_same_for_every_driver():
    first, second, other = StubSimulator(1000), StubSimulator(1000), StubSimulator(1000)
    drive_lap(first, 5, Constant(0), knocks=Knocks(shift=2.0, rotation=10.0))
    drive_lap(second, 5, Constant(0.001), knocks=Knocks(shift=2.0, rotation=10.0))
    drive_lap(other, 6, Constant(0), knocks=Knocks(shift=2.0, rotation=10.0))
    assert first.knocked == second.knocked != other.knocked
    steps, shifts, rotations = np.array(first.knocked).T
    assert steps.tolist() == list(range(60, 1000, 60))
    assert 1 < np.abs(shifts).max() <= 2
    assert 5 < np.degrees(np.abs(rotations).max()) <= 10
    assert shifts.min() < 0 < shifts.max()


@pytest.mark.parametrize("values", [{"shift": -1.0}, {"rotation": float("nan")}])
def test_knocks_out_of_their_range_are_refused(values):
    with pytest.raises(UsageError, match="at least 0"):
        Knocks(**values)
