import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import UsageError
from learnet.sequences import LETTERS, letters, temporal_xor, words

SEEDS = st.integers(0, 2**31)


@given(seed=SEEDS, triples=st.integers(1, 50))
@settings(deadline=None, max_examples=30)
def test_every_third_bit_is_the_exclusive_or_of_the_two_before(seed, triples):
    stream = temporal_xor(bits=3 * triples, seed=seed)
    bits = [int(symbol) for symbol in stream.symbols]
    for place in range(2, len(bits), 3):
        assert bits[place] == (bits[place - 2] + bits[place - 1]) % 2
    assert stream.vectors[:, 0].tolist() == bits
    assert stream.place.tolist() == [place % 3 for place in range(len(bits))]


def test_bits_come_in_threes():
    with pytest.raises(UsageError, match="come in threes, but 10 are asked for"):
        temporal_xor(bits=10, seed=0)


def test_inputs_and_targets_are_one_element_apart():
    stream = letters(consonants=20, seed=0)
    assert np.array_equal(stream.inputs[1:], stream.targets[:-1])
    assert len(stream.inputs) == len(stream.targets) == len(stream.target_place) == len(stream.symbols) - 1


@given(seed=SEEDS)
@settings(deadline=None, max_examples=30)
def test_letters_are_whole_syllables(seed):
    stream = letters(consonants=40, seed=seed)
    rest, syllables = "".join(stream.symbols), 0
    while rest:
        syllable = next(known for known in ("ba", "dii", "guuu") if rest.startswith(known))
        rest, syllables = rest[len(syllable) :], syllables + 1
    assert syllables == 40
    assert {letter for letter, place in zip(stream.symbols, stream.place, strict=True) if place == 0} <= set("bdg")


def test_features_tell_consonants_from_vowels():
    assert len(set(LETTERS.values())) == 6
    for letter, code in LETTERS.items():
        assert code[:2] == ("01" if letter in "aiu" else "10")
    assert letters(consonants=1, seed=0).vectors.tolist()[0] in [[int(bit) for bit in LETTERS[key]] for key in "bdg"]


def test_words_have_one_code_for_each_letter_and_places_that_count():
    stream = words(sentences=50, seed=3)
    codes = {}
    for letter, vector in zip(stream.symbols, stream.vectors.tolist(), strict=True):
        assert codes.setdefault(letter, vector) == vector
    assert len({tuple(code) for code in codes.values()}) == len(codes)
    starts = np.flatnonzero(stream.place == 0)
    found = {"".join(stream.symbols[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True)}
    assert len(found) == 15
    assert {"many", "years", "ago", "a", "boy", "happily"} <= found
    assert 4 * 50 <= len(starts) <= 9 * 50


def test_words_are_about_as_many_as_published():
    stream = words(seed=0)
    assert (stream.place == 0).sum() == pytest.approx(1_270, rel=0.08)
    assert len(stream.symbols) == pytest.approx(4_963, rel=0.08)


@pytest.mark.parametrize("draw", [temporal_xor, letters, words])
def test_one_seed_is_one_stream(draw):
    assert draw(seed=5).symbols == draw(seed=5).symbols != draw(seed=6).symbols
    assert np.array_equal(draw(seed=5).vectors, draw(seed=5).vectors)
