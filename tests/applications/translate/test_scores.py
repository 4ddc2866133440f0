import math

import pytest

from learnet.applications.translate import score, score_each
from learnet.core import UsageError


def test_bleu_by_hand():
    said, right = ["the dog runs fast today"], ["The dog runs fast now ."]
    # 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 fours; five words against six
    by_hand = 100 * math.exp(1 - 6 / 5) * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert score(said, right).bleu_lowercase == pytest.approx(by_hand, rel=1e-6)
    assert score(said, right).bleu < score(said, right).bleu_lowercase
    assert "case:lc" in score(said, right).signature


def test_single_sentences_are_ranked():
    assert score_each(["a dog", "a cat"], ["a dog", "the bird"])[0] == pytest.approx(100)
    assert score_each(["a dog", "a cat"], ["a dog", "the bird"])[1] < 40


@pytest.mark.parametrize(("said", "right"), [([], []), (["a"], ["a", "b"])])
def test_one_reference_each(said, right):
    with pytest.raises(UsageError, match="needs one reference"):
        score(said, right)
