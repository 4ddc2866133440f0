import math

import pytest

from learnet.core import UsageError
from learnet.experiments import Experiment, Outcome, Row, Threshold
from learnet.experiments.record import judge


def nothing(*, seeds, quick, progress):
    raise AssertionError


def experiment(*thresholds):
    return Experiment(
        name="one", title="Title", paper="0.6", reference="Somebody, 1999", thresholds=thresholds, run=nothing
    )


@pytest.mark.parametrize(
    ("options", "values", "holds"),
    [
        ({"at_least": 1}, [1, 1], True),
        ({"at_least": 1}, [1, 0.99], False),
        ({"at_least": 1, "share": 0.9}, [1] * 9 + [0], True),
        ({"at_least": 1, "share": 0.9}, [1] * 8 + [0] * 2, False),
        ({"at_least": 1, "share": 0.98}, [1] * 49 + [0], True),
        ({"at_most": 0}, [0, 0], True),
        ({"at_most": 0}, [0, math.nan], False),
        ({"at_least": 0.5, "at_most": 0.7, "judge": "mean"}, [0.1, 1.1], True),
        ({"at_least": 0.5, "at_most": 0.7, "judge": "mean"}, [0.1, 1.4], False),
        ({"at_least": 60, "at_most": 200, "judge": "median"}, [1, 61, 1e6], True),
        ({"at_least": 60, "at_most": 200, "judge": "median"}, [1, 59, 1e6], False),
        ({"at_least": 1}, [], False),
    ],
)
def test_thresholds(options, values, holds):
    assert Threshold(of="x", **options).holds(values) is holds


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at_least": 1, "share": 0.9}, "x at least 1 in 90 % of the seeds"),
        ({"at_least": 60, "at_most": 200, "judge": "median"}, "median x at least 60 and at most 200"),
        ({"at_least": 4, "at_most": 4}, "x exactly 4"),
        ({"at_most": 1e-7}, "x at most 1e-07"),
    ],
)
def test_thresholds_in_words(options, words):
    assert Threshold(of="x", **options).describe() == words


@pytest.mark.parametrize("make", [lambda: Threshold(of="x"), lambda: Threshold(of="x", at_most=1, share=0), experiment])
def test_claims_need_limits(make):
    with pytest.raises(UsageError):
        make()


def test_a_row_holds_when_all_its_thresholds_do():
    two = experiment(Threshold(of="a", at_least=0.5, at_most=0.7, judge="mean"), Threshold(of="b", at_most=0))
    outcome = Outcome(measured={"a": [0.5, 0.7], "b": [False, False], "c": [7.0]}, remark="Aside.")
    row = judge(two, outcome, seeds=2, quick=True, seconds=0.1)
    assert row.holds
    assert row.measured == "a 0.6 ± 0.14 (0.5 to 0.7); b in 0 of 2 seeds; c 7"
    assert row.threshold == "mean a at least 0.5 and at most 0.7; b at most 0"
    assert not judge(two, Outcome(measured={"a": [0.6], "b": [1]}), seeds=1, quick=True, seconds=0.1).holds
    assert Row.from_json(row.to_json()) == row


def test_what_is_not_finite_is_none_in_json():
    row = judge(
        experiment(Threshold(of="a", at_most=0)), Outcome(measured={"a": [math.inf]}), seeds=1, quick=False, seconds=1
    )
    assert not row.holds
    assert row.to_json()["values"] == {"a": [None]}
    assert math.isnan(Row.from_json(row.to_json()).values["a"][0])


def test_what_was_not_measured_cannot_hold():
    with pytest.raises(UsageError, match="did not measure b; it measured a"):
        judge(experiment(Threshold(of="b", at_most=0)), Outcome(measured={"a": [1]}), seeds=1, quick=False, seconds=1)
