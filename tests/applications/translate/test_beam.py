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


def log_p(networks, row, sayings):
    """Return the log-probability of each of some sayings of one length, by the trainer's view."""
    pieces = np.array(sayings)
    said = np.concatenate([np.full((len(pieces), 1), 2), pieces[:, :-1]], axis=1).astype(np.int32)
    source = np.repeat(SOURCE[row : row + 1], len(pieces), axis=0)
    logits = np.asarray(networks.trainer([source, said]), np.float64)
    logits[..., [0, 1, 2]] = -np.inf
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return np.take_along_axis(chances, pieces[..., None], axis=-1)[..., 0].sum(axis=1)


@pytest.fixture(scope="module")
def all_sayings(networks):
    """Everything that can be said of each sentence, with its log-probability."""
    words = range(4, SIZE)
    kinds = [[[*said, 3] for said in itertools.product(words, repeat=length)] for length in range(LIMIT)]
    kinds[-1] += [list(said) for said in itertools.product(words, repeat=LIMIT)]
    return [
        [pair for kind in kinds for pair in zip(kind, log_p(networks, row, kind), strict=True)]
        for row in range(len(SOURCE))
    ]


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_wide_beam_finds_the_best_of_all(networks, all_sayings, penalty):
    found = search(networks, SOURCE, SearchConfig(beam=60, longest=LIMIT, length_penalty=penalty))
    for one, sayings in zip(found, all_sayings, strict=True):
        best, said = max((chance / len(said) ** penalty, said) for said, chance in sayings)
        assert one.pieces == [piece for piece in said if piece != 3]
        assert one.log_probability / len(said) ** penalty == pytest.approx(best, abs=1e-4)


def test_a_beam_of_one_is_greedy(networks):
    for row, one in enumerate(search(networks, SOURCE, SearchConfig(beam=1, longest=6))):
        said = []
        while len(said) < 6 and said[-1:] != [3]:
            logits = np.asarray(networks.trainer([SOURCE[row : row + 1], np.array([[2, *said]], np.int32)]))[0, -1]
            said.append(int(logits[3:].argmax()) + 3)
        assert one.pieces == [piece for piece in said if piece != 3]
        assert one.log_probability == pytest.approx(log_p(networks, row, [said])[0], abs=1e-4)


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
