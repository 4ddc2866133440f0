import keras
import numpy as np
import pytest

from learnet.applications.translate import FAMILIES, NetworkConfig, build_networks
from learnet.core import UsageError

KINDS = [
    {"model": "plain", "cell": "gru"},
    {"model": "plain", "cell": "lstm", "layers": 2},
    {"model": "attention", "cell": "lstm"},
    {"model": "attention", "cell": "gru", "layers": 2},
    {"model": "transformer", "layers": 2, "heads": 2},
]
SOURCE = np.array([[5, 9, 4, 8, 3], [7, 6, 3, 0, 0]], np.int32)
SAID = np.array([[2, 5, 6, 7], [2, 9, 4, 4]], np.int32)


def made(kind, **options):
    config = NetworkConfig(source_size=12, target_size=11, embedding=8, units=6, **{"heads": 2, **kind}, **options)
    return build_networks(config, seed=3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_of_one_step_says_what_the_trainer_says(kind):
    networks = made(kind)
    assert networks.trainer.count_params() == FAMILIES[kind["model"]].parameters(networks.config)
    together = np.asarray(networks.trainer([SOURCE, SAID]))
    assert together.shape == (2, 4, 11)
    arrays = networks.encoder(SOURCE)
    state, memory = list(arrays[: networks.states]), list(arrays[networks.states :])
    for step in range(4):
        token = keras.ops.convert_to_tensor(SAID[:, step])
        logits, looks, *state = networks.step([token, *state, *memory])
        assert np.asarray(logits) == pytest.approx(together[:, step], abs=1e-5)
        assert np.asarray(looks).sum(axis=1) == pytest.approx([0, 0] if kind["model"] == "plain" else [1, 1], abs=1e-5)
        assert np.asarray(looks)[1, 3:] == pytest.approx([0, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_padding_and_what_comes_later_change_nothing(kind):
    networks = made(kind)
    together = np.asarray(networks.trainer([SOURCE, SAID]))
    alone = np.asarray(networks.trainer([SOURCE[1:, :3], SAID[1:, :2]]))
    assert alone[0] == pytest.approx(together[1, :2], abs=1e-5)


def test_every_weight_learns():
    import tensorflow as tf

    for kind in KINDS:
        trainer = made(kind).trainer
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(trainer([SOURCE, SAID]) ** 2)
        for variable, slope in zip(
            trainer.trainable_variables,
            tape.gradient(loss, [v.value for v in trainer.trainable_variables]),
            strict=True,
        ):
            assert slope is not None, variable.path
            if not variable.path.endswith("key/bias"):  # a softmax does not see what is added to all
                assert float(tf.reduce_max(tf.abs(tf.convert_to_tensor(slope)))) > 0, variable.path


def test_attention_is_the_published_score():
    networks = made({"model": "attention", "cell": "gru"})
    weights = {v.path: np.asarray(v) for v in networks.trainer.weights}
    arrays = [np.asarray(array) for array in networks.encoder(SOURCE)]
    state, (values, keys, there) = arrays[: networks.states], arrays[networks.states :]
    assert keys == pytest.approx(values @ weights["key/kernel"], abs=1e-5)
    token = keras.ops.convert_to_tensor(SAID[:, 0])
    _, looks, asking, _ = (
        np.asarray(x) for x in networks.step([token, *map(keras.ops.convert_to_tensor, [*state, values, keys, there])])
    )
    query = asking @ weights["query/kernel"] + weights["query/bias"]
    scores = np.tanh(query[:, None] + keys) @ weights["attention/scale"]
    chances = np.exp(scores) * there
    assert looks == pytest.approx(chances / chances.sum(axis=1, keepdims=True), abs=1e-5)


def test_bfloat16_keeps_float32_weights():
    config = NetworkConfig(source_size=12, target_size=11, embedding=8, units=6)
    half, whole = (build_networks(config, seed=3, precision=name) for name in ("bfloat16", "float32"))
    assert all(v.dtype == "float32" for v in half.trainer.weights)
    assert half.trainer([SOURCE, SAID]).dtype == "bfloat16"
    one, other = (np.asarray(n.trainer([SOURCE, SAID]), np.float32) for n in (half, whole))
    assert one == pytest.approx(other, abs=0.05)
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model": "rnn"}, "model must be one of attention, plain, transformer"),
        ({"units": 0}, "units must be a whole number from 1 to 4096; received 0"),
        ({"dropout": 1.0}, "dropout must be at least 0"),
        ({"layers": True}, "layers must be a whole number"),
    ],
)
def test_wrong_sizes(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        NetworkConfig(**{"source_size": 5, "target_size": 5, **change})
