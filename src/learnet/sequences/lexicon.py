"""Elman's sentences of two or three words, from which word classes are to be discovered."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from learnet.core import generator
from learnet.sequences.streams import SymbolStream

# Table 3 of the paper names two members of each class; the others are the remaining leaves of its dendrogram
# (figure 7), put where their meaning belongs. The table's food "break" is taken for a misprint of "bread".
CLASSES = {
    "noun-human": ("man", "woman", "boy", "girl"),
    "noun-animal": ("cat", "mouse", "dog"),
    "noun-inanimate": ("book", "rock", "car"),
    "noun-aggressive": ("dragon", "monster", "lion"),
    "noun-fragile": ("glass", "plate"),
    "noun-food": ("cookie", "bread", "sandwich"),
    "verb-intransitive": ("think", "sleep", "exist"),
    "verb-transitive": ("see", "chase", "like"),
    "verb-agent-patient": ("move", "break"),
    "verb-perception": ("smell", "see"),
    "verb-destroy": ("break", "smash"),
    "verb-eat": ("eat",),
}

# Table 4.
TEMPLATES = (
    ("noun-human", "verb-eat", "noun-food"),
    ("noun-human", "verb-perception", "noun-inanimate"),
    ("noun-human", "verb-destroy", "noun-fragile"),
    ("noun-human", "verb-intransitive"),
    ("noun-human", "verb-transitive", "noun-human"),
    ("noun-human", "verb-agent-patient", "noun-inanimate"),
    ("noun-human", "verb-agent-patient"),
    ("noun-animal", "verb-eat", "noun-food"),
    ("noun-animal", "verb-transitive", "noun-animal"),
    ("noun-animal", "verb-agent-patient", "noun-inanimate"),
    ("noun-animal", "verb-agent-patient"),
    ("noun-inanimate", "verb-agent-patient"),
    ("noun-aggressive", "verb-destroy", "noun-fragile"),
    ("noun-aggressive", "verb-eat", "noun-human"),
    ("noun-aggressive", "verb-eat", "noun-animal"),
    ("noun-aggressive", "verb-eat", "noun-food"),
)

WORDS = tuple(sorted({word for members in CLASSES.values() for word in members}))
_WIDTH = 31  # two units are never used


def lexical_classes(*, sentences: int = 10_000, seed: int) -> SymbolStream:
    """Return sentences from random templates and random words, without a sign between them.

    Each of the 29 words is one unit of 31; words are in the order of ``WORDS``.

    Args:
        sentences: At least 1.
        seed: The run's seed.

    Source:
        Elman, Finding Structure in Time, 1990, p. 194 to 203, tables 3 and 4.

    Example:
        >>> stream = lexical_classes(sentences=1_000, seed=0)
        >>> stream.vectors.shape[1], 2_700 < len(stream.symbols) < 2_800
        (31, True)
    """
    random = generator(seed, "lexical classes")
    symbols: list[str] = []
    place: list[int] = []
    for number in random.integers(0, len(TEMPLATES), sentences):
        template = TEMPLATES[number]
        symbols += [CLASSES[name][random.integers(len(CLASSES[name]))] for name in template]
        place += range(len(template))
    numbers = [WORDS.index(word) for word in symbols]
    return SymbolStream(tuple(symbols), np.eye(_WIDTH, dtype=np.float32)[numbers], np.array(place))


def successor_likelihoods(stream: SymbolStream) -> np.ndarray:
    """Return how often each word follows what the sentence has said so far, as counted in the stream itself.

    This is what Elman holds the network's predictions against: the words of this sentence up to and with the input,
    and the mean of the vectors that follow the same words anywhere in the stream.

    Returns:
        One row for each input, float32 ``(n - 1, width)``; each sums to 1.

    Example:
        >>> stream = lexical_classes(sentences=100, seed=0)
        >>> bool(np.allclose(successor_likelihoods(stream).sum(axis=1), 1))
        True
    """
    prefixes: list[tuple[str, ...]] = []
    for symbol, place in zip(stream.symbols[:-1], stream.place[:-1], strict=True):
        prefixes.append((symbol,) if place == 0 else (*prefixes[-1], symbol))
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, prefix in enumerate(prefixes):
        where[prefix].append(index)
    likelihoods = np.empty_like(stream.targets)
    for indices in where.values():
        likelihoods[indices] = stream.targets[indices].mean(axis=0)
    return likelihoods
