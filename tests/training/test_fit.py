import csv
import hashlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from learnet.core import LearnetError, UsageError
from learnet.core import keras as import_keras
from learnet.training import Augmentation, NotANumberError, Trainer, TrainingConfig, Views, fit
from tiny_training import make_examples, make_model

KILLS = int(os.environ.get("LEARNET_KILLS", "4"))  # of one run
KILLED_RUNS = int(os.environ.get("LEARNET_KILLED_RUNS", "1"))
OPTIONS = {
    "epochs": 6,
    "batch_size": 8,
    "optimizer": "adamw",
    "weight_decay": 1e-3,
    "schedule": "one-cycle",
    "learning_rate": 0.01,
    "ema": 0.9,
    "label_smoothing": 0.1,
    "clip_norm": 1.0,
    "checkpoint_seconds": 0.0,
    **Augmentation(flip=True, crop=1, colour=0.1, cutout=2, mixup=0.2).values(),
}
PARTS = {"train": make_examples(60, seed=0), "validation": make_examples(30, seed=1)}


def run(folder, *, model=None, resume=False, parts=PARTS, **options):
    model = make_model() if model is None else model
    config = TrainingConfig(**{**OPTIONS, **options})
    fitted = fit(model, parts["train"], parts["validation"], config=config, folder=folder, resume=resume)
    return fitted, weights_hash(model)


def weights_hash(model):
    return hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_a_simple_task_is_learnt_and_the_best_epoch_kept(tmp_path):
    model = make_model()
    fitted, _ = run(tmp_path, model=model, epochs=15, **Augmentation().values())
    assert fitted.history[-1].val_accuracy > 0.9
    assert fitted.best_epoch == 1 + int(np.argmin([row.val_loss for row in fitted.history]))
    images, labels = PARTS["validation"]
    accuracy = float((model.predict(images, verbose=0).argmax(axis=1) == labels).mean())
    assert accuracy == fitted.history[fitted.best_epoch - 1].val_accuracy
    rows = history(tmp_path)
    assert rows[0][:3] == ["epoch", "loss", "accuracy"]
    assert [float(row[1]) for row in rows[1:]] == [row.loss for row in fitted.history]


def test_early_stopping_ends_when_the_validation_loss_falls_no_more(tmp_path):
    images, labels = PARTS["train"]
    shuffled = np.random.default_rng(0).integers(0, 3, len(labels))
    fitted, _ = run(tmp_path, parts={**PARTS, "train": (images, shuffled)}, epochs=60, patience=3, ema=None)
    assert len(fitted.history) == fitted.best_epoch + 3 < 60
    assert "not fallen for 3 epochs" in fitted.reason


def test_early_stopping_works_where_the_last_weights_are_kept_too(tmp_path):
    images, labels = PARTS["train"]
    shuffled = np.random.default_rng(0).integers(0, 3, len(labels))
    given = {"parts": {**PARTS, "train": (images, shuffled)}, "epochs": 60, "patience": 3, "ema": None}
    best, _ = run(tmp_path / "best", **given)
    last, _ = run(tmp_path / "last", **given, keep_last=True)
    assert last.history == best.history
    assert last.best_epoch == len(last.history) == best.best_epoch + 3
    assert last.reason == "The validation loss has not fallen for 3 epochs."


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(tmp_path):
    first, second = run(tmp_path / "a"), run(tmp_path / "b")
    assert first[1] == second[1]
    assert history(tmp_path / "a") == history(tmp_path / "b")
    assert run(tmp_path / "c", seed=1)[1] != first[1]


_CHILD = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], str(Path(sys.argv[2]) / "training")]
import test_fit
resume = (Path(sys.argv[1]) / "checkpoint.safetensors").exists()
print("ready", flush=True)
print(test_fit.run(Path(sys.argv[1]), resume=resume)[1], flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_moments_it_ends_with_the_same_bits(tmp_path):
    _, whole = run(tmp_path / "whole")
    source = random.Random(0)
    for number in range(KILLED_RUNS):
        folder = tmp_path / f"killed{number}"
        assert _killed_and_resumed(folder, source) == whole
        assert history(folder) == history(tmp_path / "whole")


def _killed_and_resumed(folder, source):
    """Train in processes that are killed at random moments, and in a last one that is not; return the weights' hash."""
    kills, answer = 0, ""
    while not answer:
        command = [sys.executable, "-c", _CHILD, str(folder), str(Path(__file__).parents[1])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout.readline() == "ready\n"
            if kills < KILLS:
                _wait_for_progress(folder, source.uniform(0, 0.2))
                child.send_signal(signal.SIGKILL)
                kills += 1
            answer = child.stdout.read().strip()
    return answer


BY_TURNS = Augmentation(flip=True, alternate=True, cutout=2)


@pytest.mark.parametrize(
    ("stopped_in", "options"),
    [
        *((step, {}) for step in (1, 5, 8, 9, 16, 20)),  # the eighth step of an epoch has the smaller last batch
        *((step, {"hardest": 0.5, **BY_TURNS.values()}) for step in (1, 3, 4, 5, 6, 10)),  # four an epoch
    ],
)
def test_stopped_in_any_step_it_ends_with_the_same_bits(stopped_in, options, tmp_path, monkeypatch):
    options = {"epochs": 3, **options}
    _, whole = run(tmp_path / "whole", **options)
    step, calls = Trainer.step, itertools.count(1)

    def stopping(self, *batch, **options):
        result = step(self, *batch, **options)
        if next(calls) == stopped_in:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Trainer, "step", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped", **options)
    assert run(tmp_path / "stopped", **options, resume=stopped_in > 1)[1] == whole
    assert history(tmp_path / "stopped") == history(tmp_path / "whole")


def _wait_for_progress(folder, seconds):
    """Wait until a new checkpoint is there, and a little longer."""
    checkpoint, begun = folder / "checkpoint.safetensors", time.time()
    while not (checkpoint.exists() and checkpoint.stat().st_mtime > begun) and time.time() < begun + 60:
        time.sleep(0.002)
    time.sleep(seconds)


def test_resuming_with_other_arguments_is_refused(tmp_path):
    run(tmp_path, epochs=1)
    with pytest.raises(UsageError, match="begun with another learning_rate"):
        run(tmp_path, epochs=1, learning_rate=0.02, resume=True)
    with pytest.raises(LearnetError, match="no checkpoint to resume from"):
        run(tmp_path / "elsewhere", resume=True)


def test_a_finished_run_resumes_to_itself(tmp_path):
    first = run(tmp_path)
    again = run(tmp_path, resume=True)
    assert first[1] == again[1]
    assert first[0].history == again[0].history


def test_not_a_number_names_the_batch(tmp_path):
    model = make_model()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([np.full_like(kernel, np.nan), bias])
    with pytest.raises(
        NotANumberError, match=r"became nan in step 1 of epoch 1. The batch held image \d+, image"
    ) as error:
        run(tmp_path, model=model)
    assert len(error.value.rows) == 8


def test_shapes_that_do_not_fit_are_told_before_the_first_step(tmp_path):
    images, labels = make_examples(10)
    wrong = {"train": (images[:, :10], labels), "validation": PARTS["validation"]}
    with pytest.raises(UsageError, match=r"takes images of shape \(12, 12, 3\), but those of the training part"):
        run(tmp_path, parts=wrong)
    with pytest.raises(UsageError, match="The validation part cannot be used"):
        run(tmp_path, parts={**PARTS, "validation": (images, labels + 3)})
    keras = import_keras()
    model = make_model()
    flat = keras.Model(model.input, keras.layers.Dense(1)(model.layers[-2].output))
    with pytest.raises(UsageError, match=r"output has the shape \(None, 1\)"):
        run(tmp_path, model=flat)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_deadline_ends_training_after_a_validation_with_loadable_weights(tmp_path):
    model = make_model()
    config = TrainingConfig(epochs=50, batch_size=8)
    fitted = fit(model, *PARTS.values(), config=config, folder=tmp_path, deadline=time.perf_counter())
    assert fitted.reason == "The time was up after 1 of 50 epochs."
    assert [row.epoch for row in fitted.history] == [1]
    images, labels = PARTS["validation"]
    assert (model.predict(images, verbose=0).argmax(axis=1) == labels).mean() == fitted.history[0].val_accuracy


def test_the_last_epoch_is_kept_if_asked_for(tmp_path):
    images, labels = PARTS["train"]
    shuffled = np.random.default_rng(7).integers(0, 3, len(labels))  # the validation loss soon rises
    fitted, _ = run(tmp_path, parts={**PARTS, "train": (images, shuffled)}, epochs=20, ema=None, keep_last=True)
    losses = [row.val_loss for row in fitted.history]
    assert min(losses) < losses[-1]
    assert fitted.best_epoch == 20


def views_run(folder, *, resume=False, stop=None):
    keras = import_keras()
    keras.utils.set_random_seed(1)
    numbers = keras.Input((6,), dtype="float16")
    model = keras.Model(
        numbers, keras.layers.Dense(3, name="head")(keras.layers.Rescaling(1.0, dtype="float32")(numbers))
    )
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 40)
    values = (random.normal(size=(40, 4, 6)) + 3 * np.eye(3, 6)[labels][:, None]).astype(np.float16)
    parts = (Views(values=values[:30]), labels[:30]), (Views(values=values[30:]), labels[30:])
    config = TrainingConfig(epochs=8, batch_size=8, learning_rate=0.1, checkpoint_seconds=0.0)
    return fit(model, *parts, config=config, folder=folder, resume=resume, on_epoch=stop), weights_hash(model)


def test_views_are_learnt_from_and_resumed_exactly(tmp_path):
    whole, bits = views_run(tmp_path / "whole")
    assert whole.history[-1].val_accuracy == 1

    def stop(row):
        if row.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        views_run(tmp_path / "stopped", stop=stop)
    assert views_run(tmp_path / "stopped", resume=True)[1] == bits
