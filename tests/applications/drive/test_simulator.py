import os
import sys

import numpy as np
import pytest

from learnet.applications.drive import (
    Expert,
    ExpertDriver,
    Pose,
    Simulator,
    drive_lap,
    record,
    seen_from,
    simulator_is_installed,
    speed_on_dashboard,
    view,
)
from learnet.core import MissingDependencyError

installed = pytest.mark.skipif(not simulator_is_installed(), reason="the extra 'drive' is not installed")
EXPERT = ExpertDriver(expert=Expert())


def drive(simulator, steps, *, every=4, look=lambda: None):
    while simulator.steps < steps:
        simulator.step(EXPERT.action(simulator), times=every)
        look()


@pytest.fixture(scope="module")
def on_its_way():
    """A simulator on a track, after 1.6 seconds."""
    with Simulator() as simulator:
        simulator.start(1003)
        drive(simulator, 80)
        yield simulator


@installed
def test_the_expert_keeps_to_the_middle_and_is_rewarded_for_each_tile():
    with Simulator() as simulator:
        lap = drive_lap(simulator, 1003, EXPERT, most_steps=200)
        tiles = simulator._world.tile_visited_count
        assert lap.reward == pytest.approx(1000 * tiles / len(simulator._world.track) - 0.1 * 200)
    assert tiles > 30
    assert lap.largest_offset < 3
    assert (lap.interventions, lap.seconds) == (0, 4.0)


@installed
def test_the_road_is_the_environment_s_own(on_its_way):
    corners = np.array([corner[2:] for corner in on_its_way._world.track])
    for corner in corners[::20]:
        assert np.hypot(*(on_its_way.road.points - corner).T).min() < 1.2
    assert on_its_way.road.half_width == pytest.approx(40 / 6)


@installed
def test_pictures_are_those_of_the_environment_pixel_by_pixel():
    with Simulator() as simulator:
        simulator.start(1003)
        for steps in (12, 60):
            drive(simulator, steps)
            ours, quick = simulator.frame(), simulator._world._draw_colored_polygon
            simulator._world._draw_colored_polygon = simulator._draw_polygon
            np.testing.assert_array_equal(simulator.frame(), ours)
            simulator._world._draw_colored_polygon = quick


@installed
def test_not_drawing_changes_neither_physics_nor_reward():
    import gymnasium

    environment = gymnasium.make("CarRacing-v3", disable_env_checker=True)
    environment.reset(seed=77)
    with Simulator() as simulator:
        simulator.start(77)
        action, total = np.array([0.05, 0.4, 0.0], np.float32), 0.0
        for _ in range(12):
            total += float(environment.step(action)[1])
            simulator.step(action)
        hull = environment.unwrapped.car.hull
        assert simulator.reward == total
        assert simulator.pose == Pose(x=float(hull.position[0]), y=float(hull.position[1]), angle=float(hull.angle))
    environment.close()


@installed
def test_a_shifted_and_rotated_view_is_what_the_car_would_see_from_there(on_its_way):
    pose, frame = on_its_way.pose, on_its_way.frame()
    ahead = on_its_way.road.ahead(pose, on_its_way.index, 20)
    shift, rotation = 2.5, 0.12
    there = Pose(
        x=pose.x - shift * np.cos(pose.angle), y=pose.y - shift * np.sin(pose.angle), angle=pose.angle + rotation
    )
    np.testing.assert_allclose(
        on_its_way.road.ahead(there, on_its_way.index, 20), seen_from(ahead, shift=shift, rotation=rotation), atol=1e-9
    )
    on_its_way.place(there)
    true = view(on_its_way.frame()).astype(int)
    on_its_way.place(pose)
    errors = {
        (more, turn): np.abs(view(frame, shift=shift + more, rotation=rotation + turn) - true)[:, 20:180].mean()
        for more, turn in [(0, 0), (0.3, 0), (-0.3, 0), (0, 0.015), (0, -0.015)]
    }
    assert min(errors, key=errors.get) == (0, 0)
    assert errors[0, 0] < 2  # of 255: what drawing rounds


@installed
def test_the_dashboard_tells_the_speed():
    with Simulator() as simulator:
        simulator.start(1003)
        told = []
        drive(
            simulator, 100, every=10, look=lambda: told.append((simulator.speed, speed_on_dashboard(simulator.frame())))
        )
    speeds, read = np.array(told).T
    assert speeds.max() > 60
    np.testing.assert_allclose(read, speeds, atol=2)


@installed
def test_a_car_that_is_put_back_stands_in_the_middle_and_drives_on():
    with Simulator() as simulator:
        simulator.start(1003)
        drive(simulator, 40)
        x, y = simulator.pose.x, simulator.pose.y
        simulator.place(Pose(x=x + 9, y=y, angle=1.0))
        assert simulator.is_off_road
        simulator.put_back()
        assert simulator.offset < 0.01
        assert simulator.speed == 0
        assert simulator.pose.angle == pytest.approx(simulator.road.direction(simulator.index), abs=1e-6)
        drive(simulator, 80)
        assert simulator.speed > 10
        assert simulator.offset < 2


@installed
def test_a_knock_moves_and_turns_the_car_as_fast_as_it_was_but_never_off_the_road():
    with Simulator() as simulator:
        simulator.start(1003)
        drive(simulator, 60)
        before, speed = simulator.pose, simulator.speed
        simulator.knock(shift=2.0, rotation=0.1)
        after = simulator.pose
        seen = seen_from(np.array([[0.0, 2.0]]), shift=0.0, rotation=before.angle)[0]  # in the world's directions
        assert after.angle == pytest.approx(before.angle + 0.1, abs=1e-6)
        assert np.hypot(after.x - before.x, after.y - before.y) == pytest.approx(np.hypot(*seen), abs=1e-4)
        assert simulator.speed == pytest.approx(speed, rel=1e-5)
        offset = simulator.offset
        simulator.knock(shift=30.0, rotation=-0.1)  # too far: turned only
        assert simulator.offset == pytest.approx(offset, abs=1e-4)
        assert simulator.pose.angle == pytest.approx(before.angle, abs=1e-6)
        simulator.step(np.zeros(3, np.float32))
        assert simulator.speed == pytest.approx(speed, rel=0.05)  # the axles hold: nothing was torn apart


@installed
def test_nothing_is_left_behind_in_the_process_s_environment(on_its_way):
    before = dict(os.environ)
    on_its_way.frame()
    Simulator().close()
    assert dict(os.environ) == before


def test_without_the_simulator_a_sentence_says_what_to_install_and_nothing_is_begun(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["learnet.applications.drive.simulator"], "_NEEDED", ("no_such_package",))
    with pytest.raises(MissingDependencyError, match=r"pip install 'learnet\[drive\]'"):
        Simulator()
    with pytest.raises(MissingDependencyError):
        record(tmp_path / "drives", tracks=1)
    assert list(tmp_path.iterdir()) == []
