"""``learnet transfer DATA --head svm`` from photos to a proven bundle."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import learnet
from learnet.core import Silent, UsageError

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_whole_road(digits_folder, tmp_path):
    folder = tmp_path / "run"
    words = ("transfer", digits_folder, "--head", "svm", "--kernel", "polynomial", "--out", folder, "--json")
    done = subprocess.run([LEARNET, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["accuracy_interval"][0] > 0.3  # guessing one of 10 classes gives 0.1
    assert 10 < result["support_vectors"] <= result["n_train"] == 100
    assert len(rows(folder / "grid.csv")) == result["settings_tried"] == 12
    assert cv2.imread(str(folder / "support-vectors.png")).std() > 20
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Support vectors" in page
    assert "--head svm --kernel polynomial" in page

    bundle = learnet.load(folder / "bundle", prove=True)
    assert bundle.info.machine == {
        "kind": "svm",
        "kernel": "polynomial",
        "degree": result["degree"],
        "support_vectors": result["support_vectors"],
    }
    keras_says = np.asarray(bundle.model(bundle.golden.images))
    assert np.abs(keras_says - bundle.golden.outputs).max() < 1e-4
    assert np.abs(bundle.classifier().predictor.predict(bundle.golden.images) - keras_says).max() < 1e-4
    tested = rows(folder / "predictions.csv")
    told = learnet.predict(bundle, [digits_folder / row["path"] for row in tested])
    for row, answer in zip(tested, told, strict=True):
        assert answer.top[0][0] == row["answer"]
        assert answer.top[0][1] == pytest.approx(float(row["probability"]), abs=1e-4)


def test_what_makes_no_sense_is_refused(digits_folder, tmp_path):
    arguments = {"out": tmp_path / "run", "progress": Silent()}
    with pytest.raises(
        UsageError, match=r"^kernel works with head svm only; received linear with head softmax\. Leave it out\.$"
    ):
        learnet.transfer(digits_folder, kernel="linear", **arguments)
    with pytest.raises(UsageError, match=r"no option of transfer named 'heat'\. Did you mean 'head'"):
        learnet.transfer(digits_folder, heat="svm", **arguments)
    assert not (tmp_path / "run").exists()
