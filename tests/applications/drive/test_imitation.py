import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.applications.drive import (
    NOWHERE_ELSE,
    Displacement,
    Drive,
    Examples,
    Expert,
    Imitation,
    curve_weights,
    view,
)
from learnet.applications.drive.imitation import SCALES, training_feed, validation_feed
from learnet.core import UsageError

STRAIGHT = np.column_stack([np.arange(36.0), np.zeros(36)]).astype(np.float32)


def examples(count=7):
    random = np.random.default_rng(3)
    drive = Drive(
        track=2,
        frames=random.integers(0, 256, (count, 84, 96, 3), np.uint8),
        zooms=np.linspace(0.5, 1, count, dtype=np.float32),
        ahead=np.repeat(STRAIGHT[None], count, axis=0),
        speeds=np.linspace(40, 90, count, dtype=np.float32),
    )
    return drive, Examples([drive], expert=Expert())


def test_where_the_car_was_it_sees_what_it_saw_and_does_what_the_expert_did():
    drive, made = examples()
    seen, (curvature, speed) = made.at(2)
    np.testing.assert_array_equal(seen, view(drive.frames[2], zoom=float(drive.zooms[2])))
    assert curvature == 0
    assert speed == drive.speeds[2]


@given(st.floats(-4, 4), st.floats(-0.2, 0.2))
def test_beside_the_road_the_arc_leads_back_to_it_and_the_speed_stays(shift, rotation):
    drive, made = examples()
    _, (curvature, speed) = made.at(3, shift=shift, rotation=rotation)
    assert speed == drive.speeds[3]
    # the arc from the displaced car goes through a point of the line: it has the same distance from its centre
    reach = 10 + 0.1 * speed
    along = math.ceil(math.sqrt(reach**2 - shift**2) - 1e-6)
    forward = math.cos(rotation) * along - math.sin(rotation) * shift
    left = -math.sin(rotation) * along - math.cos(rotation) * shift
    assert curvature == pytest.approx(2 * left / (forward**2 + left**2), abs=1e-9)


def test_a_feed_sees_each_moment_once_an_epoch_each_time_from_elsewhere_and_can_make_any_batch_again():
    _, made = examples()
    feed = training_feed(made, displacement=Displacement(), batch_size=3, seed=5)
    first, second = ([*feed.epoch(epoch)] for epoch in (0, 1))
    for batches in (first, second):
        assert sorted(np.concatenate([batch.rows for batch in batches]).tolist()) == list(range(7))
    steering = [
        {int(row): target[0] for b in bs for row, target in zip(b.rows, b.targets, strict=True)}
        for bs in (first, second)
    ]
    assert all(steering[0][row] != steering[1][row] for row in range(7))
    again = training_feed(made, displacement=Displacement(), batch_size=3, seed=5).batch(1, 2)
    np.testing.assert_array_equal(again.inputs, second[2].inputs)
    np.testing.assert_array_equal(again.targets, second[2].targets)


def test_without_displacement_only_what_was_recorded_is_seen():
    drive, made = examples()
    for feed in (
        training_feed(made, displacement=NOWHERE_ELSE, batch_size=7, seed=5),
        validation_feed(made, displacement=NOWHERE_ELSE, seed=5),
    ):
        batch = feed.batch(0, 0)
        wanted = np.column_stack([np.zeros(7), drive.speeds[batch.rows] / 25])
        np.testing.assert_allclose(batch.targets, wanted, rtol=1e-6)
        np.testing.assert_array_equal(batch.inputs[0], made.at(int(batch.rows[0]))[0])


def test_displacements_have_the_deviations_and_limits_that_were_asked_for():
    random = np.random.default_rng(0)
    drawn = np.array([Displacement(shift=2.0, rotation=5.0, limit=2.5).draw(random) for _ in range(4000)])
    spread = 0.965  # of a normal distribution that is cut at 2.5 deviations
    assert np.abs(drawn[:, 0]).max() == 5.0
    np.testing.assert_allclose(drawn.std(axis=0) / spread, (2.0, math.radians(5)), rtol=0.05)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.1)


@pytest.mark.parametrize("values", [{"shift": -1}, {"rotation": float("nan")}, {"limit": 0}])
def test_displacements_out_of_their_range_are_refused(values):
    with pytest.raises(UsageError, match=f"displacement's {next(iter(values))} must be"):
        Displacement(**values)


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=200))
def test_weights_have_a_mean_of_one_and_rare_bends_weigh_more_but_not_without_limit(bends):
    weights = curve_weights(np.array(bends))
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    assert weights.max() <= 4.0001 * weights.min()


def test_the_objective_adds_both_squared_errors():
    import tensorflow as tf

    targets = tf.constant([[0.0, 1.0], [2.0, 2.0]])
    losses, hits, answers = Imitation().measure(targets, tf.constant([[0.1, 1.5], [2.0, 2.1]]))
    np.testing.assert_allclose(losses, [0.01 + 0.25, 0.01], atol=1e-6)
    np.testing.assert_array_equal(hits, [1, 2])
    np.testing.assert_array_equal(answers, [2, 2])
    np.testing.assert_allclose(1 / SCALES, [0.05, 25])
