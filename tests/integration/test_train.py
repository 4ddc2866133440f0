"""``learnet train`` through its command line: the road, the ways back after a kill, and what is told of mistakes."""

import csv
import json
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

import learnet
from integration.conftest import write_digits
from learnet.core import LearnetError, Silent, UsageError
from learnet.training import find_learning_rate, preview_augmentation, resume

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")
SMALL = (
    "--model",
    "mlp",
    "--option",
    "hidden=32",
    "--input-size",
    "8x8",
    "--epochs",
    "6",
    "--batch-size",
    "16",
    "--learning-rate",
    "0.01",
)
ARGUMENTS = {
    "model": "mlp",
    "options": {"hidden": [32]},
    "input_size": (8, 8),
    "epochs": 6,
    "batch_size": 16,
    "learning_rate": 0.01,
}


def run_learnet(*words):
    return subprocess.run([LEARNET, *map(str, words)], capture_output=True, text=True, check=False)


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def result_of(run):
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits") / "digits", per_class=30)


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    return folder, result_of(run_learnet("train", photos, *SMALL, "--out", folder, "--tensorboard", "--json"))


def test_the_whole_road(trained, photos):
    folder, result = trained
    assert (result["n_train"], result["n_val"], result["n_test"]) == (220, 20, 60)
    assert result["accuracy"] > 0.6  # guessing one of 10 classes gives 0.1
    assert result["waited_share"] < 0.05
    history = rows(folder / "history.csv")
    assert [int(row["epoch"]) for row in history] == [1, 2, 3, 4, 5, 6]
    assert float(history[-1]["loss"]) == result["train_loss"]
    assert cv2.imread(str(folder / "learning-curve.png")).shape[2] == 3
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "trained from random weights" in page
    assert f"{result['accuracy']:.1%}".rstrip("%") in page

    tested = rows(folder / "predictions.csv")
    paths = [photos / row["path"] for row in tested]
    told = result_of(run_learnet("predict", result["bundle"], *paths, "--json", "--quiet"))
    for row, line in zip(tested, told["predictions"], strict=True):
        assert line["top"][0]["class"] == row["answer"]
        assert line["top"][0]["probability"] == pytest.approx(float(row["probability"]), abs=1e-4)
    learnet.load(result["bundle"], prove=True)


def test_tensorboard_reads_the_curves(trained):
    import tensorflow as tf

    folder, _ = trained
    (events,) = (folder / "tensorboard").iterdir()
    found = {}
    for record in tf.data.TFRecordDataset(str(events)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            found.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    for row in rows(folder / "history.csv"):
        assert found["val_loss"][int(row["epoch"])] == pytest.approx(float(row["val_loss"]), rel=1e-6)
    assert found.keys() == set(row) - {"epoch"}


def test_deterministic_runs_of_two_processes_have_the_same_weights(photos, tmp_path):
    runs = [
        result_of(run_learnet("train", photos, *SMALL, "--deterministic", "--out", tmp_path / name, "--json"))
        for name in ("one", "two")
    ]
    assert runs[0]["weights_sha256"] == runs[1]["weights_sha256"]
    assert runs[0]["accuracy"] == runs[1]["accuracy"]


def test_killed_and_resumed_it_ends_as_if_nothing_had_happened(trained, photos, tmp_path):
    reference, result = trained
    command = [LEARNET, "train", photos, *SMALL, "--checkpoint-seconds", "0", "--out", tmp_path / "run", "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 120
        while not (tmp_path / "run" / "checkpoint.safetensors").exists() and time.monotonic() < until:
            time.sleep(0.002)
        process.kill()
    again = result_of(run_learnet("train", "--resume", tmp_path / "run", "--json"))
    assert again["weights_sha256"] == result["weights_sha256"]
    assert again["accuracy"] == result["accuracy"]
    assert rows(tmp_path / "run" / "history.csv") == rows(reference / "history.csv")
    assert rows(tmp_path / "run" / "predictions.csv") == rows(reference / "predictions.csv")
    with pytest.raises(UsageError, match="is finished: there is nothing to resume"):
        resume(tmp_path / "run", progress=Silent())
    (tmp_path / "run" / "run.json").unlink()  # killed between the last epoch and the record
    finished = resume(tmp_path / "run", progress=Silent())
    assert finished.details["weights_sha256"] == result["weights_sha256"]


class _Impatient(Silent):
    """Presses Ctrl-C in the second epoch."""

    def say(self, line):
        if line.startswith("Epoch 2:"):
            raise KeyboardInterrupt


def test_ctrl_c_tells_the_command_that_goes_on(trained, photos, tmp_path):
    folder = tmp_path / "my run"
    with pytest.raises(KeyboardInterrupt) as stopped:
        learnet.train(photos, out=folder, progress=_Impatient(), **ARGUMENTS)
    told, command = str(stopped.value).split(": ")
    assert told == "Interrupted. Go on with"
    assert shlex.split(command) == ["learnet", "train", "--resume", str(folder)]
    refused = run_learnet("train", photos, *SMALL, "--seed", "1", "--out", folder, "--json")
    assert refused.returncode == 2
    assert json.loads(refused.stdout.splitlines()[-1])["error"] == (
        f"'{folder}' holds an unfinished run with other options: seed 0, now 1. Continue it with: {command}. Or choose "
        "another --out, or delete the folder."
    )
    same = shutil.copytree(folder, tmp_path / "same")
    assert result_of(run_learnet(*shlex.split(command)[1:], "--json"))["weights_sha256"] == trained[1]["weights_sha256"]
    again = run_learnet("train", photos, *SMALL, "--out", same, "--json")
    assert "Epoch 1:" not in again.stderr
    assert result_of(again)["weights_sha256"] == trained[1]["weights_sha256"]


def test_a_run_resumes_with_its_own_photos_only(photos, tmp_path):
    mine = shutil.copytree(photos, tmp_path / "photos")
    learnet.train(mine, out=tmp_path / "run", progress=Silent(), **ARGUMENTS)
    (mine / "0" / "0.png").unlink()
    said = f"^'{tmp_path / 'run'}' holds a finished run. Choose another --out, or delete the folder.$"
    with pytest.raises(UsageError, match=said):
        learnet.train(mine, out=tmp_path / "run", progress=Silent(), **ARGUMENTS)
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(LearnetError, match=r"not those that the run in '.*' was started with"):
        resume(tmp_path / "run", progress=Silent())
    anew = learnet.train(mine, out=tmp_path / "anew", progress=Silent(), **ARGUMENTS)
    (tmp_path / "anew" / "run.json").unlink()
    again = resume(tmp_path / "anew", progress=Silent())
    assert again.details["weights_sha256"] == anew.details["weights_sha256"]
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume(tmp_path / "nothing", progress=Silent())


def test_a_killed_run_without_a_checkpoint_begins_anew(photos, tmp_path):
    run = learnet.train(photos, out=tmp_path / "run", progress=Silent(), **ARGUMENTS)
    for name in ("checkpoint", "checkpoint-previous", "best"):
        (tmp_path / "run" / f"{name}.safetensors").unlink()
    (tmp_path / "run" / "run.json").unlink()
    again = resume(tmp_path / "run", progress=Silent())
    assert again.details["weights_sha256"] == run.details["weights_sha256"]


def test_arrays_train_without_files(tmp_path):
    random = np.random.default_rng(0)
    labels = np.arange(90) % 3
    images = random.integers(0, 60, (90, 8, 8, 3), dtype=np.uint8)
    images[np.arange(90), 2 * labels, 3] = 255
    still = {"rotation": 0.0, "zoom": 0.0}  # the place tells the class
    run = learnet.train(
        (images, labels), out=tmp_path / "run", progress=Silent(), **{**ARGUMENTS, **still, "epochs": 40}
    )
    assert run.metrics.accuracy > 0.8
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(UsageError, match="from Python"):
        resume(tmp_path / "run", progress=Silent())
    again = resume(tmp_path / "run", data=(images, labels), progress=Silent())
    assert again.details["weights_sha256"] == run.details["weights_sha256"]


def test_bfloat16_flips_and_whitening_give_a_proven_float32_bundle(photos, tmp_path):
    run = learnet.train(
        photos,
        model="cifar-net",
        options={"widths": [8, 8], "residual": True},
        input_size=(16, 16),
        precision="bfloat16",
        test_time_flip=True,
        class_weights="balanced",
        epochs=2,
        batch_size=32,
        out=tmp_path / "run",
        progress=Silent(),
    )
    bundle = run.load()
    bundle.prove()
    assert {str(weight.dtype) for weight in bundle.model.weights} == {"float32"}
    image = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), dtype=np.uint8)
    classifier = bundle.classifier()
    np.testing.assert_allclose(
        classifier.predict_images(image), classifier.predict_images(image[:, :, ::-1].copy()), atol=1e-5
    )
    kernel = bundle.model.get_layer("whitening").get_weights()[0]
    np.testing.assert_array_equal(kernel[..., :12], -kernel[..., 12:])


def test_auto_precision_says_what_it_measured(photos, tmp_path):
    run = run_learnet("train", photos, *SMALL, "--precision", "auto", "--out", tmp_path / "run", "--json")
    assert result_of(run)["precision"] in {"float32", "bfloat16"}
    assert "ms in float32 and" in run.stderr


def test_a_loss_that_is_not_a_number_names_the_files(photos, tmp_path):
    run = run_learnet(
        *("train", photos, *SMALL, "--optimizer", "sgd", "--schedule", "constant"),
        *("--learning-rate", "1e30", "--out", tmp_path / "run", "--json"),
    )
    assert run.returncode == 1
    error = json.loads(run.stdout.splitlines()[-1])["error"]
    assert "The loss became" in error
    assert ".png" in error
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "On which photos"),
        (("photos",), "Which network"),
        (("photos", "--model", "lenet6"), "lenet5"),
        (("photos", "--model", "pilotnet"), "no classifier"),
        (("photos", "--model", "lenet5", "--input-size", "16"), "at least 32 x 32"),
        (
            ("photos", "--model", "lenet5", "--input-size", "big"),
            "--input-size must be a height and a width such as 224x224; received 'big'.",
        ),
        (("photos", "--model", "mlp", "--option", "hidden"), "NAME=VALUE"),
        (("photos", "--model", "mlp", "--option", "depth=3"), "no such option"),
        (("photos", "--model", "mlp", "--epochs", "0"), "--epochs must be at least 1; received 0."),
        (("--resume", "nowhere"), "no run that can be resumed"),
        (("photos", "--resume", "nowhere"), "nothing but the run's folder; received DATA, too."),
        (("--resume", "nowhere", "--out", "elsewhere"), "nothing but the run's folder; received --out, too."),
        (("photos", "--model", "mlp", "--recipe", "cifar10"), "cifar10-fast"),
    ],
)
def test_mistakes_are_told_in_a_sentence(words, said, photos, tmp_path):
    words = [str(photos) if word == "photos" else word for word in words]
    out = () if "--resume" in words else ("--out", tmp_path / "run")
    run = run_learnet("train", *words, *out, "--json")
    assert run.returncode in {1, 2}
    assert said in json.loads(run.stdout.splitlines()[-1])["error"]
    assert "Traceback" not in run.stderr


def test_find_lr_and_preview_draw_and_leave(photos, tmp_path):
    found = find_learning_rate(photos, out=tmp_path / "rate", progress=Silent(), **ARGUMENTS)
    told = found.to_json()
    assert 1e-5 < told["suggestion"] < 1
    assert cv2.imread(told["plot"]) is not None
    picture = preview_augmentation(photos, out=tmp_path / "look", rotation=20.0, **ARGUMENTS)
    assert cv2.imread(str(picture)) is not None
    assert not (tmp_path / "look" / "bundle").exists()
