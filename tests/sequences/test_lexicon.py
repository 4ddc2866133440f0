from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from learnet.sequences import CLASSES, TEMPLATES, WORDS, lexical_classes, successor_likelihoods


def sentences(stream):
    starts = [*np.flatnonzero(stream.place == 0), len(stream.symbols)]
    return [stream.symbols[a:b] for a, b in pairwise(starts)]


def test_the_lexicon_is_that_of_the_paper():
    assert len(WORDS) == 29
    assert len(TEMPLATES) == len(set(TEMPLATES)) == 16
    assert {name for template in TEMPLATES for name in template} == set(CLASSES)
    assert Counter(len(template) for template in TEMPLATES) == {3: 12, 2: 4}


def test_every_sentence_fits_a_template():
    found = sentences(lexical_classes(sentences=3_000, seed=0))
    assert len(found) == 3_000
    for sentence in found:
        assert any(
            len(sentence) == len(template)
            and all(word in CLASSES[name] for word, name in zip(sentence, template, strict=True))
            for template in TEMPLATES
        )


def test_words_are_about_as_many_as_published():
    stream = lexical_classes(seed=0)
    assert len(stream.symbols) == pytest.approx(27_534, rel=0.01)
    assert set(stream.symbols) == set(WORDS)
    assert (stream.vectors.sum(axis=1) == 1).all()
    assert [WORDS[number] for number in stream.vectors[:100].argmax(axis=1)] == list(stream.symbols[:100])


def test_likelihoods_are_counted_frequencies():
    stream = lexical_classes(sentences=300, seed=1)
    likelihoods = successor_likelihoods(stream)
    said = [stream.symbols[index - place : index + 1] for index, place in enumerate(stream.place.tolist())]
    for index in (0, 17, 100, 500):
        following = Counter(stream.symbols[other + 1] for other in range(len(said) - 1) if said[other] == said[index])
        total = sum(following.values())
        expected = [following[word] / total for word in WORDS] + [0, 0]
        np.testing.assert_allclose(likelihoods[index], expected, atol=1e-6)


def test_after_eat_only_what_is_eaten_follows():
    stream = lexical_classes(sentences=2_000, seed=0)
    likelihoods = successor_likelihoods(stream)
    for index, place in enumerate(stream.place[:-1]):
        if place == 1 and stream.symbols[index] == "eat" and stream.symbols[index - 1] in CLASSES["noun-human"]:
            eaten = {WORDS[number] for number in np.flatnonzero(likelihoods[index])}
            assert eaten <= set(CLASSES["noun-food"])
