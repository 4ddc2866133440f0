"""Elman's streams: one long sequence, each element of which is to be predicted from those before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learnet.core import UsageError, generator

# Consonant, Vowel, Interrupted, High, Back, Voiced: Elman 1990, table 1.
LETTERS = {"b": "101001", "d": "101101", "g": "101011", "a": "010011", "i": "010101", "u": "010111"}
_SYLLABLES = ("ba", "dii", "guuu")

# The fourteen words of the printed sample (figure 6), and "little": the fifteenth is not printed.
_WORDS = (
    *("many", "years", "ago", "a", "boy", "and", "girl", "lived", "by", "the", "sea", "they", "played", "happily"),
    "little",
)
_FEWEST_WORDS, _MOST_WORDS = 4, 9


@dataclass(frozen=True, eq=False)
class SymbolStream:
    """One long sequence of symbols.

    Args:
        symbols: Name of each element, ``n`` of them.
        vectors: What the network sees of each, float32 ``(n, width)`` of 0 and 1.
        place: Place of each element in its unit (bit in its triple, letter in its syllable or word, word in its
            sentence), int64 ``(n,)``, from 0.
    """

    symbols: tuple[str, ...]
    vectors: np.ndarray
    place: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """All elements but the last, ``(n - 1, width)``."""
        return self.vectors[:-1]

    @property
    def targets(self) -> np.ndarray:
        """The element that follows each input, ``(n - 1, width)``."""
        return self.vectors[1:]

    @property
    def target_place(self) -> np.ndarray:
        """Place of each target in its unit, ``(n - 1,)``."""
        return self.place[1:]


def temporal_xor(*, bits: int = 3_000, seed: int) -> SymbolStream:
    """Return a stream of triples: two random bits and their exclusive or. Only place 2 can be predicted.

    Args:
        bits: A multiple of 3, at least 3.
        seed: The run's seed.

    Raises:
        UsageError: If ``bits`` is not a multiple of 3.

    Source:
        Elman, Finding Structure in Time, 1990, p. 185.

    Example:
        >>> first, second, third = (int(bit) for bit in temporal_xor(bits=3, seed=0).symbols)
        >>> third == first ^ second
        True
    """
    if bits < 3 or bits % 3:
        raise UsageError(f"The bits of the temporal XOR come in threes, but {bits} are asked for. Ask for 3,000.")
    pairs = generator(seed, "temporal xor").integers(0, 2, (bits // 3, 2))
    stream = np.column_stack([pairs, pairs[:, 0] ^ pairs[:, 1]]).ravel()
    place = np.tile(np.arange(3), bits // 3)
    return SymbolStream(tuple(str(bit) for bit in stream), stream[:, None].astype(np.float32), place)


def letters(*, consonants: int = 1_000, seed: int) -> SymbolStream:
    """Return random consonants, each with its vowels: ba, dii, guuu. Only places 1 and more can be predicted.

    After the last vowel a consonant follows, which can be predicted as far as it is one.

    Args:
        consonants: At least 1.
        seed: The run's seed.

    Source:
        Elman, 1990, p. 188 to 191; letters as six phonetic features, ``LETTERS``.

    Example:
        >>> stream = letters(consonants=4, seed=0)
        >>> set(stream.symbols) <= set("bdgaiu"), stream.vectors.shape[1]
        (True, 6)
    """
    drawn = generator(seed, "letters").integers(0, len(_SYLLABLES), consonants)
    units = [_SYLLABLES[number] for number in drawn]
    codes = {letter: np.array([int(bit) for bit in code], np.float32) for letter, code in LETTERS.items()}
    return _spelt(units, codes)


def words(*, sentences: int = 200, seed: int) -> SymbolStream:
    """Return sentences of 4 to 9 words, letter by letter, without a sign between words or sentences.

    Each letter is a random vector of five bits, no two letters the same. Elman's generating grammar is not printed:
    here the words of a sentence are drawn independently from a lexicon of 15.

    Args:
        sentences: At least 1.
        seed: The run's seed; it chooses the letters' codes too.

    Source:
        Elman, 1990, p. 191 to 194.

    Example:
        >>> stream = words(sentences=2, seed=0)
        >>> stream.vectors.shape[1], int(stream.place[0])
        (5, 0)
    """
    random = generator(seed, "words")
    lengths = random.integers(_FEWEST_WORDS, _MOST_WORDS + 1, sentences)
    units = [_WORDS[number] for number in random.integers(0, len(_WORDS), lengths.sum())]
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    numbers = generator(seed, "codes of letters").permutation(32)[: len(alphabet)]
    bits = (numbers[:, None] >> np.arange(5)) & 1
    return _spelt(units, dict(zip(alphabet, bits.astype(np.float32), strict=True)))


def _spelt(units: list[str], codes: dict[str, np.ndarray]) -> SymbolStream:
    symbols = tuple("".join(units))
    place = np.concatenate([np.arange(len(unit)) for unit in units])
    return SymbolStream(symbols, np.stack([codes[symbol] for symbol in symbols]), place)
