import numpy as np
import pytest

from learnet.transfer_learning.forecast import Forecast, TrainingCost
from learnet.transfer_learning.timing import Speeds, round_robin


def test_any_beginning_of_the_order_holds_the_classes_equally():
    labels = np.repeat([0, 1, 2], [50, 20, 5])
    order = round_robin(labels, seed=3)
    assert sorted(order.tolist()) == list(range(75))
    assert np.bincount(labels[order[:15]]).tolist() == [5, 5, 5]
    assert np.bincount(labels[order[:45]]).tolist() == [20, 20, 5]
    assert not np.array_equal(order, round_robin(labels, seed=4))


def test_photos_that_the_cache_knows_cost_only_a_look():
    told = {"compiling": 2.0, "computing": 0.1, "looking": 0.001, "cached_share": 0.75, "drawing": 0.4}
    speeds = Speeds(**told, preparing=0.2, shaping=0.05, passing=0.01)
    assert speeds.photos(1000) == pytest.approx(0.75 + 25.0)
    assert speeds.solving() == pytest.approx(6 * 0.2 + 22 * 0.05 + 190 * 0.01)
    assert speeds.head() == pytest.approx(1.3 * speeds.solving())
    assert speeds.testing(50) == pytest.approx(2.0 + 5.0)
    assert speeds.publishing() == pytest.approx(0.3 + 0.4 + 2.0)


def test_epochs_are_cut_to_what_two_trainings_allow():
    cost = TrainingCost(step=0.5, starting=4.0, batch_size=10, epochs=12)
    assert cost.epoch(learnt=80, checked=20) == pytest.approx(0.5 * (8 + 0.4 * 2))
    assert cost.whole(learnt=80, checked=20) == pytest.approx(2.25 * (4 + 12 * 4.4))
    assert cost.affordable_epochs(cost.whole(learnt=80, checked=20) + 1, learnt=80, checked=20) == 12
    assert cost.affordable_epochs(2.25 * (4 + 3.5 * 4.4), learnt=80, checked=20) == 3
    assert cost.affordable_epochs(5, learnt=80, checked=20) == 0


def test_the_forecast_says_when_the_limit_cuts():
    told = Forecast(stages={"looking": 70.0, "the head": 5.0}, costs={}, limit=60.0)
    assert told.whole == 75.0
    assert told.expected == 60.0
    assert told.describe() == (
        "Forecast: about 1 min 15 s (looking 1 min 10 s, the head 5 s). That is more than the limit of 1 min 0 s: what "
        "fits into it is done."
    )
    assert Forecast(stages={"looking": 70.0}, costs={}, limit=None).expected == 70.0
    cost = TrainingCost(step=0.5, starting=4.0, batch_size=10, epochs=12)
    both = Forecast(stages={"looking": 70.0}, costs={"partial": cost, "full": cost}, limit=None)
    assert both.describe().endswith("(looking 1 min 10 s). Less, if training more than the head proves not to help.")
