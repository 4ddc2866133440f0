import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.applications.translate import Vocabulary, clean_text
from learnet.applications.translate.model_file import check_model_file
from learnet.core import DataError
from tiny_pairs import GERMAN

VOCABULARY = Vocabulary.learn(GERMAN, size=60)


def test_sentences_come_back():
    rows = VOCABULARY.encode(GERMAN)
    assert VOCABULARY.decode(rows) == GERMAN
    assert VOCABULARY.decode([[2, *rows[0], 3, 0, 0]]) == GERMAN[:1]
    assert "".join(VOCABULARY.pieces(rows[0])) == "\u2581" + GERMAN[0].replace(" ", "\u2581")


def test_learning_is_the_same_each_time_and_small():
    assert Vocabulary.learn(GERMAN, size=60).content == VOCABULARY.content
    assert len(VOCABULARY) <= 60
    assert np.array_equal(VOCABULARY.to_array(), np.frombuffer(VOCABULARY.content, np.uint8))


def test_what_was_never_seen_is_told_once():
    assert VOCABULARY.unknown("der 漢字 hund ☃ 漢字") == ["漢字", "☃"]
    assert VOCABULARY.unknown(GERMAN[0]) == []


def test_small_letters():
    small = Vocabulary.learn(["Der Hund", "der hund"], size=30, lowercase=True)
    assert small.encode(["DER HUND"]) == small.encode(["der hund"])
    assert clean_text("A\u0308\u200b\x00 ﬁ\u2028x") == "Ä fi x"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no pieces"),
        (b"\x80", "it ends too early"),
        (b"\xff" * 40, "number that does not end"),
        (b"\x0a\x7f", "it ends too early"),
        (b"\x22\x00", "has a field 4"),
        (b"\x0a\x02\x0a\x00", "a piece should have 1 to 1024 bytes"),
        (b"\x0a\x0a\x0a\x03abc\x15\x00\x00\xc0\x7f", "finite score"),
        (b"\x1a\x05\x12\x03abc", "a table that rewrites characters"),
        (b"\x12\x02\x18\x02", "a unigram model"),
        (b"\x0b", "unknown type 3"),
    ],
)
def test_hostile_models_get_a_sentence(content, sentence):
    with pytest.raises(DataError, match=sentence):
        check_model_file(content, largest=1000)


def test_models_of_other_signs_or_sizes_get_a_sentence():
    with pytest.raises(DataError, match="1,000 bytes at most"):
        check_model_file(b"\0" * 1001, largest=1000)
    piece = b"\x0a\x0a\x0a\x03abc\x15\x00\x00\x00\x00"
    with pytest.raises(DataError, match="vocabulary"):
        Vocabulary(piece)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(VOCABULARY.content) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_harmless(place, change):
    content = bytearray(VOCABULARY.content)
    content[place] ^= change
    try:
        changed = Vocabulary(bytes(content))
    except DataError:
        return
    for row in changed.encode(GERMAN[:2]):
        assert all(0 <= piece < len(changed) for piece in row)


def test_nothing_can_be_learnt_from_nothing():
    with pytest.raises(DataError, match="No vocabulary can be learnt from 0 sentences"):
        Vocabulary.learn(["", " "], size=100)
