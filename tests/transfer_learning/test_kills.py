import types

import numpy as np
import pytest

from learnet.core import Silent
from learnet.core import keras as import_keras
from learnet.data import InputSpec, open_dataset, stream_photos
from learnet.runs import Run
from learnet.training import Trainer
from learnet.transfer_learning import solve_head
from learnet.transfer_learning.budget import Budget
from learnet.transfer_learning.extraction import Features
from learnet.transfer_learning.forecast import TrainingCost
from learnet.transfer_learning.journal import Journal
from learnet.transfer_learning.modes import Climb, training_of
from learnet.transfer_learning.study import divide
from tiny_configs import transfer_config

pytestmark = pytest.mark.slow

SPEC = InputSpec(height=12, width=12)
CONFIG = transfer_config(data="squares", mode="auto", unfreeze="upper", epochs=2, versions=2)


class Killed(BaseException):
    """Ends a process wherever it is."""


def photos(count=75):
    random = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = random.integers(0, 120, (count, 12, 12, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4, 4:8] = 200
    return open_dataset((images, labels), progress=Silent())


def tiny():
    """A backbone as a new process would load it."""
    keras = import_keras()
    keras.utils.set_random_seed(4)
    images = keras.Input((12, 12, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="lower_conv")(x)
    x = keras.layers.Conv2D(8, 3, name="upper_conv")(x)
    x = keras.layers.BatchNormalization(name="upper_bn")(x)
    x = keras.layers.Dropout(0.2, seed=3)(x)
    model = keras.Model(images, keras.layers.Flatten()(x), name="tiny")
    return types.SimpleNamespace(model=model, input_spec=SPEC, fingerprint="tiny")


@pytest.fixture(scope="module")
def divided():
    dataset = photos()
    seen = list(stream_photos(dataset.source, range(len(dataset)), spec=SPEC))
    features = Features(
        values=np.array(tiny().model(np.stack([photo.image for photo in seen]))),
        usable=np.ones(len(dataset), bool),
        digests=np.stack([np.frombuffer(photo.digest, np.uint8) for photo in seen]),
        facts=[photo.facts for photo in seen],
    )
    return divide(dataset, features, config=CONFIG)


def climb(divided, folder):
    """Do what a process does that is started with these arguments, in this folder."""
    folder.mkdir(exist_ok=True)
    loaded, config = tiny(), CONFIG
    solved = solve_head(divided.values, divided.labels, classes=3, rows=divided.rows(0))
    with Run.start(config, out=folder, name="killed", progress=Silent()) as job:
        job.settle()
        made = Climb(
            divided,
            loaded,
            solved,
            config=config,
            limit_bytes=10**9,
            journal=Journal(job),
            progress=Silent(),
            costs={mode: TrainingCost(step=0, starting=0, batch_size=1, epochs=2) for mode in ("partial", "full")},
            photo_seconds=0.0,
            starting=0.0,
            budget=Budget(start=0.0, limit=None),
        )
        return made.run()


def test_killed_again_and_again_in_each_stage_it_ends_with_the_same_weights(divided, tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    helps = types.SimpleNamespace(better=True, describe=lambda: "better", to_json=dict)
    monkeypatch.setattr("learnet.transfer_learning.modes.paired_test", lambda *_, **__: helps)
    monkeypatch.setattr(  # a checkpoint after each step
        "learnet.transfer_learning.modes.training_of",
        lambda *words, **more: training_of(*words, **more).replace(checkpoint_seconds=0.0),
    )
    events, step, close = [], Trainer.step, Journal.close
    kill_at = [0]

    def happens(what):
        events.append(what)
        if len(events) == kill_at[0]:
            raise Killed

    def stepping(self, *words, **more):
        happens("step")
        return step(self, *words, **more)

    def closing(self, stage, outcome):
        happens(f"end of {stage}")
        close(self, stage, outcome)

    monkeypatch.setattr(Trainer, "step", stepping)
    monkeypatch.setattr(Journal, "close", closing)
    whole = climb(divided, tmp_path / "whole")
    stages = [each for each in events if each != "step"]
    assert stages == ["end of partial", "end of full", "end of partial-all", "end of full-all"]
    killed_in = []
    for kill_at[0] in (3, 3, 5, 4, 3, 8):  # events of each process, counted from its start
        events.clear()
        with pytest.raises(Killed):
            climb(divided, tmp_path / "killed")
        killed_in.append(events[-1])
    kill_at[0] = 0
    again = climb(divided, tmp_path / "killed")
    assert killed_in == ["step", "end of partial", "step", "end of full", "step", "step"]
    assert (again.mode, again.reason, again.facts) == ("full", whole.reason, whole.facts)
    for mine, theirs in zip(
        [*again.state.weights, again.state.kernel, again.state.bias, again.check_logits],
        [*whole.state.weights, whole.state.kernel, whole.state.bias, whole.check_logits],
        strict=True,
    ):
        np.testing.assert_array_equal(mine, theirs)
    for stage in ("partial", "partial-all", "full", "full-all"):
        tables = [(tmp_path / run / stage / "history.csv").read_text() for run in ("whole", "killed")]
        assert tables[0] == tables[1]
    start = tiny().model.get_weights()
    assert not np.array_equal(whole.state.weights[0], start[0])  # everything was trained
