import types

import numpy as np
import pytest

from learnet.core import Silent
from learnet.core import keras as import_keras
from learnet.data import InputSpec, open_dataset
from learnet.inference import Predictor
from learnet.models import backbone
from learnet.training import Augmentation, Trainer, TrainingConfig, photo_feed
from learnet.transfer_learning import FeatureCache
from learnet.transfer_learning.activations import Wanted, affordable_versions, load_activations
from learnet.transfer_learning.cut import find_cut, freeze_statistics, lower_part, upper_part
from learnet.transfer_learning.fine_tuning import (
    AllLayers,
    Inner,
    State,
    classifier_logits,
    faster_precision,
    in_bfloat16,
    predict_logits,
    training_of,
    tune,
)
from tiny_configs import transfer_config

SPEC = InputSpec(height=32, width=32)
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(24) % 3


def resnet():
    import_keras().utils.set_random_seed(0)
    model = backbone("resnet20", input_size=(32, 32))
    for number, layer in enumerate(model.layers):
        if "bn" in layer.name:  # statistics as after a pretraining, so that they matter
            random = np.random.default_rng(number)
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return model


def wanted(**changes):
    dataset = open_dataset((IMAGES, LABELS), progress=Silent())
    given = {
        "key": "key",
        "dataset": dataset,
        "photos": np.arange(24),
        "spec": SPEC,
        "shape": (8, 8, 64),
        "versions": 1,
        "augmentation": Augmentation(flip=True, crop=3),
        "seed": 0,
    }
    return Wanted(**{**given, **changes})


def never():
    raise AssertionError("nothing should be computed")


def load(what, folder, *, predictor, limit_bytes=10**9):
    return load_activations(what, predictor=predictor, folder=folder, limit_bytes=limit_bytes, progress=Silent())


def test_training_from_the_cache_equals_training_of_the_whole_graph_with_the_lower_part_frozen(tmp_path):
    config = TrainingConfig(batch_size=8, optimizer="sgd", learning_rate=1e-4, weight_decay=1e-3)
    head = [RANDOM.normal(0, 1e-3, (64, 3)).astype(np.float32), np.zeros(3, np.float32)]

    upper_model = resnet()
    cut = find_cut(upper_model, "conv4_block2")
    lower = Predictor.compile(lower_part(upper_model, cut))
    views = load(wanted(shape=tuple(cut.tensor.shape[1:])), tmp_path, predictor=lambda: lower)
    cached = classifier_logits(upper_part(upper_model, cut), classes=3)
    freeze_statistics(cached)

    whole_model = resnet()
    names = [layer.name for layer in whole_model.layers]
    for layer in whole_model.layers[: names.index(cut.first)]:
        layer.trainable = False
    whole = classifier_logits(whole_model, classes=3)
    freeze_statistics(whole)

    before = {layer.name: layer.get_weights() for layer in upper_model.layers}
    for model in (cached, whole):
        model.get_layer("head").set_weights(head)
    feeds = (photo_feed(views, LABELS, classes=3, config=config), photo_feed(IMAGES, LABELS, classes=3, config=config))
    trainers = (Trainer(cached, config=config, fed="float16"), Trainer(whole, config=config))
    for number in range(9):
        one, other = (
            trainer.step(feed.batch(number // 3, number % 3), number=number, learning_rate=1e-4)
            for trainer, feed in zip(trainers, feeds, strict=True)
        )
        assert one.loss == pytest.approx(other.loss, rel=2e-3)
    moved = 0.0
    for mine, theirs in zip(upper_model.layers, whole_model.layers, strict=True):
        for then, now, there in zip(before[mine.name], mine.get_weights(), theirs.get_weights(), strict=True):
            if "bn" in mine.name or names.index(mine.name) < names.index(cut.first):
                assert (now == then).all(), f"{mine.name} should be frozen to the bit"
            else:
                change = np.abs(there - then).max()
                assert np.abs(now - there).max() < 0.02 * change, mine.name
                moved = max(moved, change)
    assert moved > 1e-6


def test_activations_are_kept_found_again_and_computed_again_if_damaged(tmp_path):
    model = resnet()
    cut = find_cut(model, "conv4_block2")
    lower = Predictor.compile(lower_part(model, cut))
    what = wanted(versions=3)
    first = np.array(load(what, tmp_path, predictor=lambda: lower).values)
    assert first.shape == (24, 3, 8, 8, 64)
    assert first[:, 0] == pytest.approx(lower.predict(IMAGES).reshape(24, 8, 8, 64), rel=2e-3, abs=2e-3)
    assert not (first[:, 1] == first[:, 0]).all()
    assert (load(what, tmp_path, predictor=never).values == first).all()
    path = tmp_path / "activations" / "key.npy"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(AssertionError, match="nothing should be computed"):
        load(what, tmp_path, predictor=never)
    assert (load(what, tmp_path, predictor=lambda: lower).values == first).all()


def test_the_limit_removes_the_oldest_activations(tmp_path):
    model = resnet()
    lower = Predictor.compile(lower_part(model, find_cut(model, "conv4_block2")))
    for key in ("one", "two", "three"):
        load(wanted(key=key), tmp_path, predictor=lambda: lower, limit_bytes=2 * wanted().bytes + 1000)
    assert sorted(path.stem for path in (tmp_path / "activations").glob("*.npy")) == ["three", "two"]
    with FeatureCache(tmp_path) as cache:
        assert cache.clear() >= 2 * wanted().bytes
    assert not (tmp_path / "activations").exists()


def test_as_many_versions_as_the_limit_allows():
    assert affordable_versions(photos=10, size=50, wanted=4, limit_bytes=10_000) == 4
    assert affordable_versions(photos=10, size=50, wanted=4, limit_bytes=2_500) == 2
    assert affordable_versions(photos=10, size=50, wanted=4, limit_bytes=999) == 0


@pytest.mark.parametrize(
    ("mode", "side", "rate", "epochs"),
    [("partial", 64, 1e-3, 12), ("partial", 65, 3e-4, 12), ("full", 64, 1e-3, 12), ("full", 65, 1e-4, 6)],
)
def test_networks_for_small_photos_are_moved_further(mode, side, rate, epochs):
    spec = InputSpec(height=side, width=200)
    how = training_of(mode, transfer_config(mode=mode), spec=spec)
    assert (how.learning_rate, how.epochs) == (rate, epochs)
    asked = training_of(mode, transfer_config(mode=mode, learning_rate=0.5, epochs=3), spec=spec)
    assert (asked.learning_rate, asked.epochs) == (0.5, 3)


def photos_and_backbone():
    dataset = open_dataset((IMAGES, LABELS), progress=Silent())
    divided = types.SimpleNamespace(dataset=dataset, labels=LABELS, classes=3, order=np.arange(24))
    return divided, types.SimpleNamespace(model=resnet(), input_spec=SPEC)


def test_a_twin_in_bfloat16_has_the_weights_and_about_the_answers():
    model = resnet()
    twin = in_bfloat16(model)
    for mine, theirs in zip(model.weights, twin.weights, strict=True):
        assert str(theirs.dtype) == "float32"
        assert np.array_equal(np.asarray(mine), np.asarray(theirs))
    plain, rough = (np.asarray(each(IMAGES[:4], training=False), np.float32) for each in (model, twin))
    assert not np.array_equal(plain, rough)
    assert rough == pytest.approx(plain, rel=0.1, abs=0.05 * float(np.abs(plain).max()))


def test_all_layers_trained_in_bfloat16_answer_in_float32(tmp_path):
    divided, loaded = photos_and_backbone()
    trainable = AllLayers(divided, loaded, precision="bfloat16", progress=Silent())
    begin = State(
        weights=loaded.model.get_weights(),
        kernel=RANDOM.normal(0, 1e-2, (64, 3)).astype(np.float32),
        bias=np.zeros(3, np.float32),
    )
    inner = Inner(learn=np.arange(18), check=np.arange(18, 24), given=True)
    how = TrainingConfig(epochs=1, batch_size=6, optimizer="sgd", learning_rate=1e-3)
    tuned = tune(
        trainable, divided, loaded, inner, begin=begin, how=how, folder=tmp_path, progress=Silent(), resume=False
    )
    assert any(not np.array_equal(now, then) for now, then in zip(tuned.state.weights, begin.weights, strict=True))
    for now, held in zip(loaded.model.get_weights(), tuned.state.weights, strict=True):
        assert now.dtype == np.float32
        assert np.array_equal(now, held)
    float32 = classifier_logits(loaded.model, classes=3)
    float32.get_layer("head").set_weights([tuned.state.kernel, tuned.state.bias])
    assert tuned.check_logits == pytest.approx(predict_logits(float32, IMAGES[18:]), rel=1e-5, abs=1e-6)


def test_the_faster_precision_is_chosen_and_the_backbone_stays_as_it_is(monkeypatch):
    divided, loaded = photos_and_backbone()
    before = loaded.model.get_weights()
    monkeypatch.setattr(
        "learnet.training.precision._step_seconds",
        lambda trainers, _, **__: {name: {"float32": 0.9, "bfloat16": 0.1}[name] for name in trainers},
    )
    how = TrainingConfig(batch_size=6)
    assert faster_precision(divided, loaded, how=how, progress=Silent()) == "bfloat16"
    assert all(np.array_equal(now, then) for now, then in zip(loaded.model.get_weights(), before, strict=True))
