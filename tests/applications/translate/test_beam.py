import itertools

import numpy as np
import pytest

from learnet.applications.translate import NetworkConfig, SearchConfig, build_networks, search
from learnet.core import UsageError

SOURCE = np.array([[5, 6, 4, 3], [6, 3, 0, 0], [4, 4, 3, 0]], np.int32)
SIZE, LIMIT = 7, 3


@pytest.fixture(scope="module")
def networks():
    config = NetworkConfig(source_size=8, target_size=SIZE, embedding=8, units=6)
    made = build_networks(config, seed=5)
    made.trainer.set_weights([3 * weight for weight in made.trainer.get_weights()])  # surer of itself
    return made


def log_p(networks, row, pieces):
    """Return the log-probability of saying these pieces, by the trainer's view."""
    said = np.array([[2, *pieces[:-1]]], np.int32)
    logits = np.asarray(networks.trainer([SOURCE[row : row + 1], said]), np.float64)[0]
    logits[:, [0, 1, 2]] = -np.inf
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(chances[np.arange(len(pieces)), pieces].sum())


def all_sayings():
    words = range(4, SIZE)
    for length in range(LIMIT):
        yield from ([*words_said, 3] for words_said in itertools.product(words, repeat=length))
    yield from (list(said) for said in itertools.product(words, repeat=LIMIT))


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_wide_beam_finds_the_best_of_all(networks, penalty):
    found = search(networks, SOURCE, SearchConfig(beam=60, longest=LIMIT, length_penalty=penalty))
    for row, one in enumerate(found):
        scored = [(log_p(networks, row, said) / len(said) ** penalty, said) for said in all_sayings()]
        best, said = max(scored)
        assert one.pieces == [piece for piece in said if piece != 3]
        assert one.log_probability / len(said) ** penalty == pytest.approx(best, abs=1e-4)


def test_a_beam_of_one_is_greedy(networks):
    for row, one in enumerate(search(networks, SOURCE, SearchConfig(beam=1, longest=6))):
        said = []
        while len(said) < 6 and said[-1:] != [3]:
            logits = np.asarray(networks.trainer([SOURCE[row : row + 1], np.array([[2, *said]], np.int32)]))[0, -1]
            said.append(int(logits[3:].argmax()) + 3)
        assert one.pieces == [piece for piece in said if piece != 3]
        assert one.log_probability == pytest.approx(log_p(networks, row, said), abs=1e-4)


def test_looks_belong_to_the_pieces(networks):
    for row, one in enumerate(search(networks, SOURCE, SearchConfig(beam=3, longest=5), attention=True)):
        assert one.attention.shape == (len(one.pieces), 4)
        there = SOURCE[row] != 0
        assert one.attention[:, there].sum(axis=1) == pytest.approx(np.ones(len(one.pieces)), abs=1e-5)


def test_a_sentence_is_translated_alike_in_any_company(networks):
    together = search(networks, SOURCE, SearchConfig(beam=3, longest=5))
    alone = search(networks, SOURCE[1:2, :2], SearchConfig(beam=3, longest=5))
    assert alone[0].pieces == together[1].pieces
    assert alone[0].log_probability == pytest.approx(together[1].log_probability, abs=1e-4)


@pytest.mark.parametrize("change", [{"beam": 0}, {"length_penalty": -1.0}, {"longest": 0}])
def test_wrong_searches(change):
    with pytest.raises(UsageError, match="received"):
        SearchConfig(**change)
