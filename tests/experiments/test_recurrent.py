"""Each experiment in its quick mode: too little training to meet every threshold, enough to see the difference."""

import numpy as np
import pytest

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS
from learnet.experiments.recurrent_elman import noun_verb_split
from learnet.sequences import CLASSES, WORDS

pytestmark = pytest.mark.slow


def run(name, seeds=2):
    outcome = EXPERIMENTS[name].run(seeds=range(seeds), quick=True, progress=Silent())
    values = {name: np.array(measured, float) for name, measured in outcome.measured.items()}
    assert all(np.isfinite(measured).all() for measured in values.values())
    return values


def test_exclusive_or_in_time():
    values = run("elman-xor")
    assert (values["Elman: error at predictable bits / at others"] < 0.9).all()
    assert values["feed-forward: error at predictable bits / at others"] == pytest.approx(1, abs=0.1)


def test_letters():
    values = run("elman-letters")
    high = values["Elman: error of the high bit at consonants"]
    assert high == pytest.approx(2 / 9, abs=0.05)  # of three letters, one is high


def test_words():
    name = "error at first letters / at third and later ones"
    values = run("elman-words")
    assert (values[f"Elman: {name}"] > values[f"feed-forward: {name}"]).all()


def test_classes_of_words():
    values = run("elman-classes", seeds=1)
    cosine = values["Elman: cosine with the likelihoods"]
    assert cosine > values["feed-forward: cosine with the likelihoods"]
    assert cosine > 0.7


def test_reber_grammar():
    values = run("lstm-reber", seeds=1)
    assert values["LSTM: sequences learnt from"] == 5_120
    assert (values["Elman: last choices right"] < 0.7).all()


def test_adding_problem():
    values = run("lstm-adding", seeds=1)
    name = "sequences wrong by 0.04 or more"
    assert values[f"LSTM: {name}"] < values[f"plain network: {name}"]
    assert values["LSTM: squared error / the best constant's"] < 0.1


def test_order_in_time():
    values = run("lstm-order", seeds=1)
    assert ((values["LSTM: right"] > 0.1) & (values["plain network: right"] < 0.5)).all()


def test_the_first_split_of_the_tree_is_found():
    verbs = {word for name, members in CLASSES.items() if name.startswith("verb") for word in members}
    random = np.random.default_rng(0)
    symbols = list(WORDS) * 3
    apart = np.array([[5.0 * (word in verbs), 0.0] for word in symbols]) + random.normal(0, 0.1, (len(symbols), 2))
    assert noun_verb_split(apart, symbols)
    apart[np.array(symbols) == "eat"] = 0
    assert not noun_verb_split(apart, symbols)
