"""Each experiment in its quick mode: too little training to meet every threshold, enough to see the difference."""

import numpy as np
import pytest

from learnet.core import Silent
from learnet.experiments import recurrent
from learnet.experiments.recurrent_elman import noun_verb_split
from learnet.sequences import CLASSES, WORDS


def run(experiment, seeds=2):
    outcome = experiment(seeds=seeds, quick=True, progress=Silent())
    assert outcome.measured
    assert all(np.isfinite(values).all() for values in outcome.values.values())
    return outcome, {name: np.array(values) for name, values in outcome.values.items()}


def test_xor_in_time():
    _, values = run(recurrent.xor_in_time)
    assert values["Elman, every start"].shape == (6,)
    assert (values["Elman"] < 0.9).all()
    assert values["feed-forward"] == pytest.approx(1, abs=0.1)


def test_letter_sequences():
    outcome, values = run(recurrent.letter_sequences)
    assert outcome.holds
    assert values["Elman, high bit at consonants"] == pytest.approx(2 / 9, abs=0.05)  # of three letters, one is high


def test_word_boundaries():
    outcome, values = run(recurrent.word_boundaries)
    assert outcome.holds
    assert (values["Elman"] > values["feed-forward"]).all()


def test_word_classes():
    _, values = run(recurrent.word_classes, seeds=1)
    assert values["Elman, cosine"] > values["feed-forward, cosine"]
    assert values["Elman, cosine"] > 0.7


def test_reber_grammar():
    _, values = run(recurrent.reber_grammar, seeds=1)
    assert values["LSTM, sequences"] == 5_120
    assert (values["Elman, last choices"] < 0.7).all()


def test_adding_problem():
    _, values = run(recurrent.adding_problem, seeds=1)
    assert values["LSTM, wrong"] < values["plain network, wrong"]
    assert values["LSTM, squared error of the constant's"] < 0.1


def test_order_in_time():
    _, values = run(recurrent.order_in_time, seeds=1)
    assert ((values["LSTM, right"] > 0.1) & (values["plain network, right"] < 0.5)).all()


def test_the_first_split_of_the_tree_is_found():
    verbs = {word for name, members in CLASSES.items() if name.startswith("verb") for word in members}
    random = np.random.default_rng(0)
    symbols = list(WORDS) * 3
    apart = np.array([[5.0 * (word in verbs), 0.0] for word in symbols]) + random.normal(0, 0.1, (len(symbols), 2))
    assert noun_verb_split(apart, symbols)
    apart[np.array(symbols) == "eat"] = 0
    assert not noun_verb_split(apart, symbols)
