"""``learnet train DATA --model svm`` from photos to a proven bundle."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

import learnet
from integration.conftest import write_digits
from learnet.core import Silent, UsageError
from learnet.training import find_learning_rate, preview_augmentation, resume

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits") / "digits", per_class=30)


def test_the_whole_road(photos, tmp_path):
    folder = tmp_path / "run"
    words = ("train", photos, "--model", "svm", "--option", "kernel=rbf", "--input-size", "8x8", "--out", folder)
    done = subprocess.run([LEARNET, *map(str, words), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["accuracy"] > 0.85  # guessing one of 10 classes gives 0.1
    assert 10 < result["support_vectors"] <= result["n_train"] == 220
    assert "settings were tried. kernel rbf, C" in done.stderr

    grid = rows(folder / "grid.csv")
    assert len(grid) == result["settings_tried"] == 12
    assert result["val_accuracy"] == max(float(row["val_accuracy"]) for row in grid)
    picture = cv2.imread(str(folder / "support-vectors.png"))
    assert picture.std() > 20
    assert "Support vectors" in (folder / "report.html").read_text(encoding="utf-8")

    bundle = learnet.load(folder / "bundle")
    bundle.prove()
    arguments = bundle.info.architecture["arguments"]
    assert arguments["options"] == {"kernel": "rbf", "support_vectors": [result["support_vectors"]]}
    tested = rows(folder / "predictions.csv")
    told = learnet.predict(bundle, [photos / row["path"] for row in tested])
    for row, answer in zip(tested, told, strict=True):
        assert answer.top[0][0] == row["answer"]
        assert answer.top[0][1] == pytest.approx(float(row["probability"]), abs=1e-4)

    again = learnet.train(
        photos, model="svm", options={"kernel": "rbf"}, input_size=(8, 8), out=tmp_path / "again", progress=Silent()
    )
    assert again.details["weights_sha256"] == result["weights_sha256"]
    with pytest.raises(UsageError, match="is finished: there is nothing to resume"):
        resume(folder, progress=Silent())


@pytest.mark.parametrize("options", [{"kernel": "linear"}, {"kernel": "polynomial", "degree": [2]}])
def test_other_kernels_give_proven_bundles(options, photos, tmp_path):
    run = learnet.train(
        photos,
        model="svm",
        options=options,
        input_size=(8, 8),
        class_weights="balanced",
        test_time_flip=True,
        out=tmp_path / "run",
        progress=Silent(),
    )
    assert run.metrics.accuracy > 0.6
    assert run.metrics.ece < 0.3
    bundle = run.load()
    bundle.prove()
    count = bundle.info.architecture["arguments"]["options"]["support_vectors"]
    assert count == [10] if options["kernel"] == "linear" else [run.details["support_vectors"]]
    assert run.details["degree"] == (None if options["kernel"] == "linear" else 2)


def test_what_needs_gradient_descent_is_refused(photos, tmp_path):
    arguments = {"model": "svm", "out": tmp_path / "run", "progress": Silent()}
    with pytest.raises(UsageError, match="epochs would change nothing"):
        learnet.train(photos, epochs=3, **arguments)
    with pytest.raises(UsageError, match="it has no learning rate"):
        find_learning_rate(photos, **arguments)
    with pytest.raises(UsageError, match="it has no augmentation"):
        preview_augmentation(photos, **arguments)
    with pytest.raises(UsageError, match="no kernel named 'rfb'"):
        learnet.train(photos, options={"kernel": "rfb"}, **arguments)
