"""Each experiment in its quick mode: too little training to meet every threshold, enough to see that it learns."""

import numpy as np
import pytest

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS
from learnet.plots import to_png

pytestmark = pytest.mark.slow


def run(name):
    outcome = EXPERIMENTS[name].run(seeds=range(1), quick=True, progress=Silent())
    values = {name: np.array(measured, float) for name, measured in outcome.measured.items()}
    assert all(np.isfinite(measured).all() for measured in values.values())
    return values, outcome


def test_strings_turned_round():
    values, outcome = run("attention-reversal")
    assert values["looks at the mirrored letter"] > 2 / 10
    assert to_png(outcome.figure(), dots_per_inch=30)[:4] == b"\x89PNG"


def test_longer_than_practised():
    values, _ = run("attention-lengths")
    lost = {}
    for model in ("attention", "plain"):
        short, long = (values[f"{model}: strings of {length} right"] for length in ("15", "16 to 30"))
        lost[model] = values[f"{model}: share of right strings lost"]
        assert lost[model] == (1 - long / short if short else 1)
        assert values[f"{model}: letters of 15 right"] >= short
    assert values["what plain loses less what attention loses"] == lost["plain"] - lost["attention"]


def test_read_backwards():
    values, _ = run("source-reversal")
    assert values["loss read forwards"] < np.log(26)
    assert values["loss backwards less loss forwards"] == values["loss read backwards"] - values["loss read forwards"]
