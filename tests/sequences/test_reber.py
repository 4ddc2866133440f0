import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import DataError, generator
from learnet.sequences import REBER_SYMBOLS, embedded_reber, legal_successors, reber

# The language of the graph, written as an expression of its own: two ways to the upper middle, any turns around the
# loop, two ways out; or straight through below.
INNER = "B(?:(?:TS*X|PT*VP)(?:XT*VP)*(?:S|XT*VV)|PT*VV)E"


def accepted(string):
    return re.fullmatch(f"BT{INNER}TE|BP{INNER}PE", string) is not None


@given(seed=st.integers(0, 2**31))
@settings(deadline=None, max_examples=25)
def test_every_string_is_of_the_language(seed):
    for string in embedded_reber(20, seed=seed).strings:
        assert accepted(string)
        legal_successors(string)


@given(string=st.text("BTPSXVE", min_size=5, max_size=9))
@settings(deadline=None, max_examples=200)
def test_walker_and_expression_accept_the_same_strings(string):
    whole = f"BTB{string}ETE"
    if accepted(whole):
        legal_successors(whole)
    else:
        with pytest.raises(DataError):
            legal_successors(whole)


@given(seed=st.integers(0, 2**31))
@settings(deadline=None, max_examples=25)
def test_successors_are_what_other_strings_go_on_with(seed):
    strings = [reber(generator(seed, "one")) for _ in range(3)]
    everything = {reber(generator(number, "others")) for number in range(400)}
    for string in strings:
        for place, legal in enumerate(legal_successors(string, embedded=False), start=1):
            assert string[place] in legal
            after = {other[place] for other in everything if other.startswith(string[:place])}
            assert after <= set(legal)


def test_arrays_say_what_the_strings_say():
    some = embedded_reber(50, seed=0)
    for row, string in enumerate(some.strings):
        length = some.lengths[row]
        assert length == len(string) - 1
        assert "".join(REBER_SYMBOLS[number] for number in some.inputs[row, :length].argmax(axis=1)) == string[:-1]
        assert "".join(REBER_SYMBOLS[number] for number in some.targets[row, :length].argmax(axis=1)) == string[1:]
        assert (some.successors[row, :length] >= some.targets[row, :length]).all()
        assert not some.inputs[row, length:].any()
        assert not some.successors[row, length:].any()
    assert np.array_equal(some.mask.sum(axis=1), some.lengths)


def test_both_beginnings_come_and_half_the_choices_fall_each_way():
    strings = embedded_reber(2_000, seed=0).strings
    assert sum(string[1] == "T" for string in strings) == pytest.approx(1_000, abs=100)
    assert sum(string[3] == "T" for string in strings) == pytest.approx(1_000, abs=100)
    assert min(len(string) for string in strings) == 9


@pytest.mark.parametrize(
    ("string", "part"),
    [
        ("BTBTXSEPE", "must end in TE"),
        ("BXBTXSEXE", "begins with neither BT nor BP"),
        ("BTBTXXETE", "its inner part is wrong from 'E' on"),
        ("BTBTXSTE", "does not end"),
        ("BTBTXSEETE", "its inner part is wrong from 'E' on"),
    ],
)
def test_what_is_no_string_gets_a_sentence(string, part):
    with pytest.raises(DataError, match=part):
        legal_successors(string)


def test_one_seed_is_one_set():
    assert (
        embedded_reber(30, seed=1).strings == embedded_reber(30, seed=1).strings != embedded_reber(30, seed=2).strings
    )
