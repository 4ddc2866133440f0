"""Elman's four experiments: Finding Structure in Time, Cognitive Science 14, 1990. Trained online, as published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator
from learnet.experiments.record import Outcome
from learnet.experiments.recurrent_online import OnlineConfig, OnlineElman
from learnet.sequences import CLASSES, WORDS, letters, lexical_classes, successor_likelihoods, temporal_xor, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.core import Progress
    from learnet.sequences import SymbolStream

_FRESH = 100_000  # seeds of streams that no network has learnt from lie this far away

_XOR = OnlineConfig(hidden=2, learning_rate=0.8, scale=2.0)
_LETTERS = OnlineConfig(hidden=20, learning_rate=0.1)
_WORDS = OnlineConfig(hidden=20, learning_rate=0.5)
_LEXICAL = OnlineConfig(hidden=150, learning_rate=0.3, scale=1.0)


def xor_in_time(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Predict the next bit of a stream in which every third is the exclusive or of the two before.

    1-2-1 with two context units, 600 passes over 3,000 bits, one bit at a time. A net of two hidden units often gets
    stuck, so each seed starts ten networks and keeps the one with the least error on the bits that it learnt from;
    the share of single starts that succeed is measured too.

    Holds if, for eight seeds in ten, the squared error of the bits that can be predicted is at most half that of the
    others on a fresh stream, and for no feed-forward network.
    """
    starts, passes = (3, 60) if quick else (10, 600)
    learnt = [temporal_xor(seed=seed) for seed in seeds]
    fresh = [temporal_xor(bits=3_600, seed=seed + _FRESH) for seed in seeds]
    ratios = {}
    for name, config in {"Elman": _XOR, "feed-forward": replace(_XOR, context=False)}.items():
        randoms = [generator(seed, f"{name} {start}") for seed in seeds for start in range(starts)]
        network = OnlineElman(config, inputs=1, outputs=1, randoms=randoms)
        shown = passes if config.context else passes // 10  # it has nothing to learn
        error = _train(network, np.repeat(_stack(learnt, "vectors"), starts, axis=1), shown, progress, f"XOR, {name}")
        squares = _squares(network, np.repeat(_stack(fresh, "vectors"), starts, axis=1))
        hits = squares[fresh[0].target_place == 2].mean(axis=(0, 2))
        misses = squares[fresh[0].target_place != 2].mean(axis=(0, 2))
        every = (hits / misses).reshape(len(seeds), starts)
        best = error.reshape(len(seeds), starts).argmin(axis=1)
        ratios[name], ratios[f"{name}, every start"] = every[np.arange(len(seeds)), best], every.ravel()
    single = (ratios.pop("Elman, every start") <= 0.5).mean()
    del ratios["feed-forward, every start"]
    return Outcome(
        measured={f"{name}: error at predictable bits / at others": values for name, values in _values(ratios).items()},
        remark=f"Each seed keeps the best of {starts} starts by training error; {single:.0%} of single starts succeed.",
    )


def letter_sequences(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Predict the next letter of random consonants that are each followed by their vowels: ba, dii, guuu.

    6-20-6 with twenty context units, 200 passes over 1,000 syllables, one letter at a time. On a fresh stream, the
    squared error is high at consonants and low at vowels, though that a consonant comes (the first feature) is known.

    Holds if, for every seed, the error at vowels is at most 0.2 of that at consonants and the first feature's error is
    under 0.1 at both, and for no feed-forward network.
    """
    passes = 30 if quick else 200
    learnt = [letters(seed=seed) for seed in seeds]
    fresh = [letters(seed=seed + _FRESH) for seed in seeds]
    values: dict[str, np.ndarray] = {}
    for name, config in {"Elman": _LETTERS, "feed-forward": replace(_LETTERS, context=False)}.items():
        network = OnlineElman(config, inputs=6, outputs=6, randoms=[generator(seed, name) for seed in seeds])
        _train(
            network, _stack(learnt, "vectors"), passes if config.context else passes // 4, progress, f"letters, {name}"
        )
        squares, vowel = _squares(network, _stack(fresh, "vectors")), _stack(fresh, "place")[1:] > 0
        at_vowels, at_consonants = _mean(squares, vowel), _mean(squares, ~vowel)
        values[f"{name}: error at vowels / at consonants"] = at_vowels.mean(axis=1) / at_consonants.mean(axis=1)
        values[f"{name}: error of the consonant bit"] = np.maximum(at_vowels[:, 0], at_consonants[:, 0])
        values[f"{name}: error of the high bit at consonants"] = at_consonants[:, 3]
    return Outcome(measured=_values(values))


def word_boundaries(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Predict the next letter of sentences without spaces: the error tells where words begin.

    5-20-5 with twenty context units, ten passes over 200 sentences, one letter at a time; measured on the same
    sentences, as published. Holds if, for every seed, the mean squared error at first letters is at least 1.5 times
    that at third and later ones. A feed-forward network, which knows one letter, is measured beside it.
    """
    passes = 4 if quick else 10
    streams = [words(seed=seed) for seed in seeds]
    values: dict[str, np.ndarray] = {}
    for name, config in {"Elman": _WORDS, "feed-forward": replace(_WORDS, context=False)}.items():
        network = OnlineElman(config, inputs=5, outputs=5, randoms=[generator(seed, name) for seed in seeds])
        _train(network, _stack(streams, "vectors"), passes, progress, f"words, {name}")
        squares, place = _squares(network, _stack(streams, "vectors")), _stack(streams, "place")[1:]
        first, later = _mean(squares, place == 0).mean(axis=1), _mean(squares, place >= 2).mean(axis=1)
        values[f"{name}: error at first letters / at third and later ones"] = first / later
        values[f"{name}: error at third and later letters"] = later
    return Outcome(measured=_values(values))


def word_classes(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Predict the next word of two- and three-word sentences: the hidden units learn nouns, verbs and their kinds.

    31-150-31 with 150 context units, six passes over 10,000 sentences, one word at a time. Predictions are held
    against how often each word follows the same words of the sentence in the stream; the mean hidden units of each
    word are clustered by Ward's linkage.

    Holds if, for every seed, the mean cosine is at least 0.9 and the first split of the tree is that of nouns and
    verbs, and for no feed-forward network the cosine is.
    """
    sentences, passes = (3_000, 6) if quick else (10_000, 6)
    values: dict[str, list[float]] = {}
    for seed in seeds:
        stream = lexical_classes(sentences=sentences, seed=seed)
        likelihoods = successor_likelihoods(stream)
        for name, config in {"Elman": _LEXICAL, "feed-forward": replace(_LEXICAL, context=False)}.items():
            network = OnlineElman(config, inputs=31, outputs=31, randoms=[generator(seed, name)])
            _train(network, stream.vectors[:, None], passes, progress, f"word classes, {name}, seed {seed}")
            network.forget()
            outputs, hidden = (part[:, 0] for part in network.predict(stream.inputs[:, None]))
            for key, value in _likeness(outputs, likelihoods, stream).items():
                values.setdefault(f"{name}: {key}", []).append(value)
            split = noun_verb_split(hidden, stream.symbols[:-1])
            values.setdefault(f"{name}: first split is nouns and verbs", []).append(split)
    return Outcome(measured=values)


def noun_verb_split(hidden: np.ndarray, symbols: Sequence[str]) -> bool:
    """Return whether the first split of the words' tree is that of nouns and verbs.

    Args:
        hidden: Hidden units at each word, ``(n, units)``.
        symbols: The words.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    names = np.array(symbols)
    means = np.stack([hidden[names == word].mean(axis=0) for word in WORDS])
    halves = fcluster(linkage(means, "ward"), 2, "maxclust")
    verbs = {word for name, members in CLASSES.items() if name.startswith("verb") for word in members}
    return {*zip(halves.tolist(), (word in verbs for word in WORDS), strict=True)} in (
        {(1, True), (2, False)},
        {(1, False), (2, True)},
    )


def _likeness(outputs: np.ndarray, likelihoods: np.ndarray, stream: SymbolStream) -> dict[str, float]:
    products = (outputs * likelihoods).sum(axis=1)
    lengths = np.linalg.norm(outputs, axis=1) * np.linalg.norm(likelihoods, axis=1)
    return {
        "cosine with the likelihoods": float((products / lengths).mean()),
        "RMS from likelihoods": float(np.sqrt(((outputs - likelihoods) ** 2).mean(axis=1)).mean()),
        "length of the error": float(np.linalg.norm(outputs - stream.targets, axis=1).mean()),
    }


def _train(network: OnlineElman, vectors: np.ndarray, passes: int, progress: Progress, what: str) -> np.ndarray:
    """Learn a stream ``(n, networks, width)``; return the mean squared error of each network in the last pass."""
    inputs, targets = vectors[:-1], vectors[1:]
    with progress.stage(what, passes) as task:
        for _ in range(passes):
            network.forget()
            said = network.learn(inputs, targets)
            task.advance()
    return np.asarray(((said - targets) ** 2).mean(axis=(0, 2)))


def _squares(network: OnlineElman, vectors: np.ndarray) -> np.ndarray:
    network.forget()
    return np.asarray((network.predict(vectors[:-1])[0] - vectors[1:]) ** 2)


def _mean(squares: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the mean ``(networks, width)`` over the chosen ``(steps, networks)``."""
    weights = chosen[:, :, None]
    return np.asarray((squares * weights).sum(axis=0) / weights.sum(axis=0))


def _stack(streams: Sequence[SymbolStream], part: str) -> np.ndarray:
    """Return one part of all streams, ``(steps, streams, ...)``, cut to the shortest."""
    shortest = min(len(stream.symbols) for stream in streams)
    return np.stack([getattr(stream, part)[:shortest] for stream in streams], axis=1)


def _values(arrays: dict[str, np.ndarray]) -> dict[str, list[float]]:
    return {name: [float(value) for value in array] for name, array in arrays.items()}
