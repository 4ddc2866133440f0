import functools
import itertools
from dataclasses import replace

import numpy as np
import pytest

from learnet.core import Silent, UsageError
from learnet.data import InputSpec
from learnet.runs import Stopwatch
from learnet.training import Trainer
from learnet.training.checkpoint import load_best
from learnet.transfer_learning import BACKBONES, PretrainedBackbone
from learnet.transfer_learning.cut import _stage, boundaries, find_cut
from learnet.tuning import Choice, Space, TuneConfig, partial_space, tune
from learnet.tuning.head_task import HeadTask
from learnet.tuning.partial_task import PartialTask, check_partial_space
from learnet.tuning.task import Deadline, OutOfTime

pytestmark = pytest.mark.slow

SPEC = InputSpec(height=16, width=16)
NAME = "efficientnet_lite0"  # what the small network is called in its place


def photos(count=90):
    random = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = random.integers(0, 120, (count, 16, 16, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[5 * label : 5 * label + 5, 4:10] = 220
    return images, labels


def small():
    card = replace(BACKBONES[NAME], architecture="resnet20", input_spec=SPEC)
    return PretrainedBackbone(card=card, fingerprint="small", source="random", path=None, seed=0)


@functools.cache
def untouched():
    return small().model


@pytest.fixture(autouse=True)
def _small_backbone(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("learnet.tuning.head_task.load_backbone", lambda *_, **__: small())
    monkeypatch.setattr("learnet.tuning.partial_task.backbone", lambda *_, **__: untouched())


def test_the_boundaries_of_a_backbone_are_its_stages_with_something_frozen_below():
    assert boundaries(untouched()) == ("conv2", "conv3", "conv4")
    firsts = [find_cut(untouched(), stage).first for stage in ("conv2", "conv3", "conv4")]
    assert firsts == ["conv2_block1_1_conv", "conv3_block1_1_conv", "conv4_block1_1_conv"]
    assert [_stage(name) for name in ("block_12_expand_BN", "Conv_1", "block6a_se_expand", "block5_conv2")] == [
        *("block_12", "Conv_1", "block6a", "block5"),
    ]


def test_boundaries_are_searched_and_the_winner_is_published_without_training(tmp_path):
    space = Space(
        parameters={
            "unfreeze": Choice(values=("conv3", "conv4")),
            "learning_rate": Choice(values=(1e-3,)),
            "epochs": Choice(values=(1,)),
            "versions": Choice(values=(1,)),
        }
    )
    images, labels = photos()
    out = tmp_path / "study"
    found = tune(
        (images, labels), backbone=NAME, mode="partial", search="grid", space=space, out=out, progress=Silent()
    )
    assert [record.values["unfreeze"] for record in found.trials] == ["conv3", "conv4"]
    assert [record.state for record in found.trials] == ["complete"] * 2
    told = found.to_json()
    assert (told["mode"], told["val_accuracy"]) == ("partial", found.best.accuracy)
    model = found.load().model
    before = {layer.name: layer.get_weights() for layer in untouched().layers}
    changed = {
        layer.name.split("_")[0]
        for layer in model.layers
        if any((now != then).any() for now, then in zip(layer.get_weights(), before.get(layer.name, []), strict=False))
    }
    assert changed == ({"conv3", "conv4"} if found.best.values["unfreeze"] == "conv3" else {"conv4"})
    answers = found.load().classifier().predict_images(images).argmax(axis=1)
    splits = (out / "splits.csv").read_text().splitlines()[1:]
    test = [row for row, line in enumerate(splits) if line.endswith(",test")]
    assert (answers[test] == labels[test]).mean() == pytest.approx(told["accuracy"])


def test_a_trial_that_is_interrupted_ends_as_if_it_had_not_been_whatever_was_tried_before(tmp_path, monkeypatch):
    config = TuneConfig(data="", backbone=NAME, mode="partial", validation_fraction=0.3, cache_limit=1.0)
    values = {"unfreeze": "conv4", "epochs": 2, "batch_size": 16, "versions": 1, "learning_rate": 1e-3}

    def task():
        heads = HeadTask(config, photos(), how=config, progress=Silent(), watch=Stopwatch())
        return PartialTask(heads, config, limit_bytes=10**9, progress=Silent())

    def run(on, folder, *, deadline=None):
        folder.mkdir(exist_ok=True)
        return on.run(values, folder, on_epoch=lambda *_: None, deadline=Deadline(deadline))

    first = task()
    whole = run(first, tmp_path / "whole")
    step, calls = Trainer.step, itertools.count(1)

    def stopping(self, *batch, **options):
        if next(calls) == 6:  # 4 steps make an epoch
            raise KeyboardInterrupt
        return step(self, *batch, **options)

    monkeypatch.setattr(Trainer, "step", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(first, tmp_path / "stopped")
    again = run(task(), tmp_path / "stopped")
    assert (again.accuracy, again.loss, again.steps) == (whole.accuracy, whole.loss, whole.steps)
    for mine, theirs in zip(load_best(tmp_path / "stopped"), load_best(tmp_path / "whole"), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(OutOfTime):
        run(first, tmp_path / "late", deadline=1e-9)


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({"unfreeze": Choice(values=("conv9",))}, "no boundary named 'conv9'.*conv2, conv3, conv4"),
        ({"unfrezee": Choice(values=("conv4",))}, "Did you mean 'unfreeze'"),
        ({"dropout": Choice(values=(0.5,))}, "no setting of upper layers"),
        ({"epochs": Choice(values=(0,))}, "at least 1; received 0"),
        ({"versions": Choice(values=(0,))}, "versions must be at least 1"),
    ],
)
def test_spaces_that_make_no_sense_are_refused(parameters, hint):
    with pytest.raises(UsageError, match=hint):
        check_partial_space(Space(parameters=parameters), TuneConfig(data="x", backbone=NAME, mode="partial"))


def test_the_built_in_space_can_be_searched_in_every_way():
    config = TuneConfig(data="x", backbone=NAME, mode="partial")
    for search in ("random", "grid", "tpe", "hyperband"):
        space = partial_space(("conv3", "conv4"), search)
        check_partial_space(space, config)
        assert space.parameters["unfreeze"].values == ("conv3", "conv4")
    assert partial_space(("conv3", "conv4"), "grid").size() == 6


def test_boundaries_are_not_for_heads_and_modes_not_for_networks():
    with pytest.raises(UsageError, match="add --mode partial"):
        tune(
            photos(), backbone=NAME, space=Space(parameters={"unfreeze": Choice(values=("conv4",))}), progress=Silent()
        )
    with pytest.raises(UsageError, match="--model trains everything"):
        TuneConfig(data="x", model="mlp", mode="partial")
