import itertools
import json

import numpy as np
import pytest

from learnet.core import Silent, UsageError
from learnet.runs import Stopwatch
from learnet.training import TrainConfig, Trainer
from learnet.training.checkpoint import load_best
from learnet.tuning import Choice, Range, Space, TuneConfig, join, tune
from learnet.tuning.network_task import NetworkTask, base_config, check_network_space
from learnet.tuning.settings import network_config
from learnet.tuning.task import Deadline, OutOfTime, Pruned

VALUES = {"width": 8, "depth": 1, "epochs": 3, "batch_size": 16, "optimizer": "adam", "learning_rate": 0.01}
NEVER = Deadline(None)


def photos(count=90):
    random = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = random.integers(0, 120, (count, 12, 12, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4, 4:8] = 220
    return images, labels


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    config = TuneConfig(data="", model="mlp", validation_fraction=0.3)
    return NetworkTask(config, photos(), folder=tmp_path_factory.mktemp("study"), progress=Silent(), watch=Stopwatch())


def run(task, folder, *, deadline=NEVER, on_epoch=lambda _epoch, _accuracy: None):
    folder.mkdir(exist_ok=True)
    return task.run(VALUES, folder, on_epoch=on_epoch, deadline=deadline)


@pytest.mark.parametrize("stopped_in", [1, 4, 6])
def test_a_trial_that_is_interrupted_ends_as_if_it_had_not_been(stopped_in, task, tmp_path, monkeypatch):
    whole = run(task, tmp_path / "whole")
    step, calls = Trainer.step, itertools.count(1)

    def stopping(self, *batch, **options):
        result = step(self, *batch, **options)
        if next(calls) == stopped_in:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Trainer, "step", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(task, tmp_path / "stopped")
    again = run(task, tmp_path / "stopped")
    assert (again.accuracy, again.loss, again.steps) == (whole.accuracy, whole.loss, whole.steps)
    for mine, theirs in zip(load_best(tmp_path / "stopped"), load_best(tmp_path / "whole"), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_trial_heeds_the_clock_and_those_who_stop_it(task, tmp_path):
    with pytest.raises(OutOfTime):
        run(task, tmp_path / "late", deadline=Deadline(1e-9))

    def stop(epoch, accuracy):
        raise Pruned(epoch, accuracy)

    with pytest.raises(Pruned, match="after 1 epochs"):
        run(task, tmp_path / "pruned", on_epoch=stop)


def test_values_become_settings_options_and_sizes():
    base = TrainConfig(data="x", model="cifar-net")
    made = network_config({"width": 32, "depth": 4, "option.residual": True, "input_size": 48, "l2": 0.1}, base)
    assert made.options == {"widths": [32, 64, 128, 256], "residual": True}
    assert made.input_size == (48, 48)
    assert made.training.l2 == 0.1
    strong = network_config({"augmentation": 1.0}, base).training.augmentation
    assert (strong.crop, strong.rotation, strong.zoom, strong.colour) == (4, 20.0, 0.2, 0.3)
    none = network_config({"augmentation": 0.0}, base).training.augmentation
    assert (none.crop, none.rotation, none.zoom, none.colour) == (0, 0.0, 0.0, 0.0)
    mlp = network_config({"width": 50}, TrainConfig(data="x", model="mlp"))
    assert mlp.options == {"hidden": [50, 50]}


@pytest.mark.parametrize(
    ("model", "parameters", "hint"),
    [
        ("mlp", {"learning_rat": Choice(values=(0.1,))}, "Did you mean 'learning_rate'"),
        ("mlp", {"option.hiden": Choice(values=((3,),))}, "no such option"),
        ("mlp", {"option.hidden": Choice(values=((0,),))}, "whole number of units"),
        ("resnet20", {"depth": Range(low=1, high=3, whole=True)}, "size of resnet20 is fixed"),
        ("mlp", {"augmentation": Range(low=0, high=2)}, "at most 1; received 2"),
        ("mlp", {"epochs": Choice(values=(0,))}, "epochs = 0"),
        ("svm", {"epochs": Choice(values=(1,))}, "no training by steps"),
    ],
)
def test_spaces_that_make_no_sense_are_refused(model, parameters, hint):
    with pytest.raises(UsageError, match=hint):
        check_network_space(Space(parameters=parameters), TuneConfig(data="x", model=model))


def test_all_trials_have_one_seed_and_no_timing_of_their_own():
    made = base_config(TuneConfig(data="x", model="cifar-net", recipe="cifar10-fast", seed=7))
    assert (made.seed, made.precision, made.training.jit) == (7, "float32", False)


@pytest.mark.slow
def test_a_search_from_photos_to_a_bundle_with_failures_on_the_way(tmp_path):
    space = Space(
        parameters={
            "learning_rate": Choice(values=(0.01, 1e30)),
            "width": Choice(values=(16,)),
            "depth": Choice(values=(1, 2)),
            "epochs": Choice(values=(4,)),
            "batch_size": Choice(values=(16,)),
        }
    )
    images, labels = photos(120)
    found = tune((images, labels), model="mlp", search="grid", space=space, out=tmp_path, progress=Silent())
    assert [record.state for record in found.trials] == ["complete", "complete", "failed", "failed"]
    assert "became" in found.trials[2].reason
    told = found.to_json()
    assert told["trials"] == {"complete": 2, "pruned": 0, "failed": 2, "running": 0}
    assert found.best.accuracy == told["val_accuracy"]
    answers = found.load().classifier().predict_images(images).argmax(axis=1)
    splits = (tmp_path / "splits.csv").read_text().splitlines()[1:]
    test = [row for row, line in enumerate(splits) if line.endswith(",test")]
    assert (answers[test] == labels[test]).mean() == pytest.approx(told["accuracy"])
    assert len((tmp_path / "trials.csv").read_text().splitlines()) == 5
    page = (tmp_path / "tuning.html").read_text()
    assert "What failed" in page
    assert "Nothing can be said" in page
    again = join(tmp_path, data=(images, labels), progress=Silent())
    assert again.to_json() == told  # nothing is trained or published again
    with pytest.raises(UsageError, match=f"^'{tmp_path}' holds a finished search. Add trials with --join {tmp_path} "):
        tune((images, labels), model="mlp", search="grid", space=space, out=tmp_path, progress=Silent())
    assert json.loads((tmp_path / "tuning.json").read_text())["winner"]["number"] == found.best.number
    with pytest.raises(UsageError, match=r"started with other options: seed 0, now 1\. Give the same ones"):
        tune((images, labels), out=tmp_path, model="mlp", search="grid", space=space, seed=1, progress=Silent())
    with pytest.raises(UsageError, match="from Python: join it there"):
        join(tmp_path, progress=Silent())
    with pytest.raises(UsageError, match=r"started with other options: search grid, now random; space "):
        tune((images, labels), model="mlp", out=tmp_path, progress=Silent())
