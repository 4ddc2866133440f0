import math
from itertools import chain, cycle

import numpy as np
import pytest

from learnet.transfer_learning import timing
from learnet.transfer_learning.forecast import Forecast, TrainingCost, _Rehearsal, _Sizes
from learnet.transfer_learning.timing import Speeds, round_robin
from tiny_configs import transfer_config


def test_any_beginning_of_the_order_holds_the_classes_equally():
    labels = np.repeat([0, 1, 2], [50, 20, 5])
    order = round_robin(labels, seed=3)
    assert sorted(order.tolist()) == list(range(75))
    assert np.bincount(labels[order[:15]]).tolist() == [5, 5, 5]
    assert np.bincount(labels[order[:45]]).tolist() == [20, 20, 5]
    assert not np.array_equal(order, round_robin(labels, seed=4))


def test_photos_that_the_cache_knows_cost_only_a_look():
    told = {"compiling": 2.0, "computing": 0.1, "looking": 0.001, "cached_share": 0.75, "drawing": 0.4}
    speeds = Speeds(**told, preparing=0.2, shaping=0.05, passing=0.01, stepping=0.02)
    assert speeds.photos(1000) == pytest.approx(0.75 + 25.0)
    assert speeds.solving() == pytest.approx(6 * 0.2 + 22 * 0.05 + 190 * (0.7 * 0.01 + 0.02))
    assert speeds.solving(share=0.5) == pytest.approx(3 * 0.2 + 22 * 0.05 + 190 * (0.35 * 0.01 + 0.02))
    assert speeds.head() == pytest.approx(1.3 * speeds.solving())
    assert speeds.testing(50) == pytest.approx(2.0 + 5.0)
    assert speeds.publishing() == pytest.approx(0.3 + 0.4 + 1.0)


def test_one_disturbed_reading_of_a_pass_does_not_count(monkeypatch):
    readings = chain([9.0, 0.010, 0.025, 5.0, 0.025, 0.010, 7.0], cycle([0.010, 0.025]))  # the first one warms up
    monkeypatch.setattr(timing, "_pass_seconds", lambda _: next(readings))
    _, _, passing, stepping = timing._solving(rows=20_480, size=8, classes=3)
    assert stepping == pytest.approx((4 * 0.010 - 0.025) / 3)
    assert passing == pytest.approx(10 * (0.025 - stepping))


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


SPEEDS = Speeds(  # the head takes 10 s, simple methods 3 s, a bundle 3.3 s
    compiling=2.0,
    computing=0.1,
    looking=0.0,
    cached_share=0.0,
    preparing=0.0,
    shaping=0.0,
    passing=10 / 133,
    stepping=0.0,
    drawing=2.0,
)
PARTIAL = TrainingCost(step=0.5, starting=4.0, batch_size=10, epochs=12)  # an epoch takes 4.4 s, once takes 56.8 s
FULL = TrainingCost(step=2.0, starting=4.0, batch_size=10, epochs=6)  # an epoch takes 17.6 s, once takes 109.6 s
BOTH = {"partial": PARTIAL, "full": FULL}
HEAD = 5 + 12 + 10 + 3 + 3.3  # begun, photos, head, simple methods, bundle
COMPUTING = 2 + 2 * 100 * 0.1  # of two versions of each photo
DECODING = 100 * 0.1  # at most
LAST = 2 + 20 * 0.1 + 3.3  # testing, bundle
LEAVING = 0.7


def rehearsal(*, limit=None, mode="auto", few=0):
    config = transfer_config(mode=mode, time_limit=limit, versions=2)
    return _Rehearsal(SPEEDS, sizes=_Sizes(photos=120, train=100, test=20), config=config, few=few)


def rehearsed(costs, **how):
    return rehearsal(**how).run(costs, begun=5.0)


@pytest.mark.parametrize(
    ("costs", "few", "seconds"),
    [
        ({}, 0, HEAD),
        ({"partial": PARTIAL}, 0, HEAD + 8 + COMPUTING + 2.25 * 56.8 + LAST),
        (BOTH, 0, HEAD + 8 + COMPUTING + DECODING + 2.25 * (56.8 + 109.6) + LAST),
        (BOTH, 101, HEAD + 8 + COMPUTING + 56.8),
    ],
)
def test_without_a_limit_everything_is_done_that_may_help(costs, few, seconds):
    assert rehearsed(costs, few=few) == pytest.approx(seconds + LEAVING)


def test_within_a_limit_a_run_s_own_decisions_are_taken():
    # 1.5 times head, bundle and leaving are set aside: 36.4 s are left after 5 s, 21 s for 12 s of photos
    aside = 1.5 * (10 + 3.3 + 0.7)
    assert rehearsed({}, limit=(5 + 12 + aside) / 0.99) == pytest.approx(HEAD - 3 + 3 + LEAVING)
    # 21 s for 12 s of photos and 15 s of what their head may take: both are cut in the same way
    share = math.ceil(120 * 21 / (12 + 15)) / 120
    assert rehearsed({}, limit=(5 + 6 + aside) / 0.99) == pytest.approx(5 + share * (12 + 10 + 3) + 3.3 + LEAVING)
    # no time to train more: less than the limit
    assert rehearsed(BOTH, limit=45.0) == pytest.approx(HEAD + LEAVING)
    # some epochs of the upper layers
    some = rehearsed({"partial": PARTIAL}, limit=130.0)
    epochs = (some - LEAVING - HEAD - 8 - COMPUTING - LAST) / 2.25
    assert (epochs - 4) / 4.4 == pytest.approx(round((epochs - 4) / 4.4))
    assert 3 <= round((epochs - 4) / 4.4) < 12
    assert some < 130
    # with two epochs the head is likely to stay: nothing is trained again, or tested
    two = rehearsed({"partial": PARTIAL}, limit=105.0)
    assert two == pytest.approx(HEAD + 8 + COMPUTING / 2 + 1 + 4 + 2 * 4.4 + LEAVING)


@pytest.mark.parametrize(
    ("limit", "modes"), [(None, set()), (45.0, {"partial", "full"}), (70.0, {"partial"}), (250.0, {"full"})]
)
def test_what_there_is_no_time_for_is_known_beforehand(limit, modes):
    told = rehearsal(limit=limit)
    told.run(BOTH, begun=5.0)
    assert told.unaffordable == modes
