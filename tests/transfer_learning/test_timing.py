import numpy as np
import pytest

from learnet.transfer_learning.forecast import Forecast, TrainingCost, _likely
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


def test_the_forecast_says_what_is_likely_and_what_everything_would_take():
    told = Forecast(stages={"looking": 70.0, "the head": 5.0}, costs={}, limit=60.0, expected=58.0)
    assert told.whole == 75.0
    assert told.describe() == (
        "Forecast: about 58 s. Everything is more than the limit of 1 min 0 s; what fits into it is done. Everything: "
        "about 1 min 15 s (looking 1 min 10 s, the head 5 s)."
    )
    told = Forecast(stages={"looking": 70.0}, costs={}, limit=None, expected=70.0, stays=True)
    assert "training more than the head seldom helps; it is tried once." in told.describe()


PARTIAL = TrainingCost(step=0.5, starting=4.0, batch_size=10, epochs=12)  # an epoch takes 4.4 s, once takes 56.8 s
FULL = TrainingCost(step=2.0, starting=4.0, batch_size=10, epochs=6)  # an epoch takes 17.6 s, once takes 109.6 s


@pytest.mark.parametrize(
    ("costs", "limit", "stays", "seconds"),
    [
        ({}, None, False, 30),
        ({}, 20.0, False, 20),
        ({"partial": PARTIAL}, None, False, 30 + 8 + 2.25 * 56.8 + 12),
        ({"partial": PARTIAL, "full": FULL}, None, False, 30 + 8 + 2.25 * (56.8 + 109.6) + 12),
        ({"partial": PARTIAL, "full": FULL}, None, True, 30 + 8 + 56.8),
        # 100 - 30 - 12 - 8 leave 50 s, of which 40 s count: 13.8 s an epoch's worth, 3 epochs
        ({"partial": PARTIAL}, 100.0, False, 30 + 8 + 2.25 * (4 + 3 * 4.4) + 12),
        ({"partial": PARTIAL}, 100.0, True, 30 + 8 + 4 + 3 * 4.4),
        # 10 s are left, of which computing takes half: no epoch fits
        ({"partial": PARTIAL}, 52.0, True, 30 + 5),
        # what partial may take again is set aside before full is tried, for which nothing is left then
        ({"partial": PARTIAL, "full": FULL}, 100.0, False, 30 + 8 + 2.25 * (4 + 3 * 4.4) + 12),
    ],
)
def test_what_is_likely_is_what_a_run_would_decide(costs, limit, stays, seconds):
    told = _likely(costs, begin=30.0, frozen=8.0, after=12.0 if costs else 0, sizes=(80, 20), limit=limit, stays=stays)
    assert told == pytest.approx(seconds)
