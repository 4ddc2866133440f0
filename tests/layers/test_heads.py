import keras
import numpy as np
import pytest

from learnet.layers import HeadAttention, SinePositions


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def by_hand(query, key, value, *, heads, there=None, causal=False):
    """One example, one head, one query at a time."""
    answers, looks = (
        np.zeros((*query.shape[:2], value.shape[-1])),
        np.zeros((len(query), heads, query.shape[1], key.shape[1])),
    )
    width = query.shape[-1] // heads
    for example, head, place in np.ndindex(len(query), heads, query.shape[1]):
        part = slice(head * width, (head + 1) * width)
        scores = key[example, :, part] @ query[example, place, part] / np.sqrt(width)
        if there is not None:
            scores = np.where(there[example], scores, -np.inf)
        if causal:
            last = place + key.shape[1] - query.shape[1]
            scores = np.where(np.arange(key.shape[1]) <= last, scores, -np.inf)
        looks[example, head, place] = softmax(scores)
        answers[example, place, part] = looks[example, head, place] @ value[example, :, part]
    return answers, looks


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_by_heads_is_what_the_paper_says(causal, masked):
    random = np.random.default_rng(1)
    query, key, value = (random.normal(size=(2, steps, 6)).astype("float32") for steps in (3, 5, 5))
    there = np.array([[True, True, True, False, True], [True, False, True, True, False]]) if masked else None
    found = HeadAttention(3, causal=causal)(query, key, value, there)
    for one, other in zip(found, by_hand(query, key, value, heads=3, there=there, causal=causal), strict=True):
        assert np.asarray(one) == pytest.approx(other, abs=1e-5)


def test_a_sole_query_of_a_causal_look_sees_all_that_came_before():
    random = np.random.default_rng(2)
    pieces = random.normal(size=(1, 4, 8)).astype("float32")
    layer = HeadAttention(2, causal=True)
    together, _ = layer(pieces, pieces, pieces)
    alone, _ = layer(pieces[:, 3:], pieces, pieces)
    assert np.asarray(alone)[:, 0] == pytest.approx(np.asarray(together)[:, 3], abs=1e-6)


def test_positions_follow_what_stands_before():
    zeros = np.zeros((2, 5, 6), "float32")
    layer = SinePositions()
    whole = np.asarray(layer(zeros))
    angle = 3 / 10_000 ** (1 / 3)
    assert whole[0, 3, [1, 4]] == pytest.approx([np.sin(angle), np.cos(angle)], abs=1e-6)
    assert np.asarray(layer(zeros[:, :1], np.zeros((2, 3, 9), "float32")))[:, 0] == pytest.approx(whole[:, 3], abs=1e-6)


def test_layers_come_back_from_their_configuration():
    for layer in (HeadAttention(3, causal=True, dropout=0.1, name="look"), SinePositions(name="places")):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
        assert again.get_config() == layer.get_config()
