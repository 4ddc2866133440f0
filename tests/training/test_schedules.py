import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import keras
from learnet.training import TrainingConfig, learning_rate


def rates(steps=10, **options):
    config = TrainingConfig(**{"epochs": 4, "learning_rate": 0.5, **options})
    return [learning_rate(config, step, steps_per_epoch=steps) for step in range(config.epochs * steps)]


def test_constant_with_warm_up():
    found = rates(schedule="constant", warmup_epochs=1)
    assert found[:10] == pytest.approx([0.05 * (step + 1) for step in range(10)])
    assert set(found[10:]) == {0.5}


def test_steps_fall_after_their_epochs():
    found = rates(schedule="step", milestones=(1, 3), decay=0.1)
    assert [found[0], found[9], found[10], found[29], found[30]] == pytest.approx([0.5, 0.5, 0.05, 0.05, 0.005])


def test_cosine_is_that_of_keras():
    schedule = keras().optimizers.schedules.CosineDecay(0.5, decay_steps=40)
    assert rates(schedule="cosine") == pytest.approx([float(schedule(step)) for step in range(40)], abs=1e-7)


def test_one_cycle_rises_and_falls():
    found = rates(schedule="one-cycle")
    top = found.index(max(found))
    assert top == 12
    assert found[0] == pytest.approx(0.5 / 25)
    assert found[:top] == sorted(found[:top])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert found[-1] < 0.01 * 0.5


@given(
    schedule=st.sampled_from(["constant", "step", "cosine", "one-cycle"]),
    steps=st.integers(1, 7),
    epochs=st.integers(1, 5),
    warmup=st.floats(0, 6),
)
def test_a_rate_is_never_above_the_given_one(schedule, steps, epochs, warmup):
    options = {"milestones": (2,)} if schedule == "step" else {}
    found = rates(steps, schedule=schedule, epochs=epochs, warmup_epochs=warmup, **options)
    assert all(0 <= rate <= 0.5 and math.isfinite(rate) for rate in found)
