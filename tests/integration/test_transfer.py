import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import learnet
from learnet.core import DataError, Silent

pytestmark = pytest.mark.slow

KEYS = {"accuracy", "mean_class_recall", "ece", "n_train", "n_test", "n_skipped", "seconds", "bundle", "report"}
LEARNET = Path(sys.executable).with_name("learnet")


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run_learnet(*words, **options):
    return subprocess.run([LEARNET, *map(str, words)], capture_output=True, text=True, check=False, **options)


def test_the_whole_road_through_the_command_line(digits_folder, tmp_path):
    run = run_learnet("transfer", digits_folder, "--out", tmp_path / "run", "--json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result.keys() >= KEYS
    assert (result["n_train"], result["n_test"], result["n_skipped"]) == (100, 20, 0)
    assert result["accuracy_interval"][0] > 0.3  # guessing one of 10 classes gives 0.1
    assert "WARNING" not in run.stderr
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert f"{result['accuracy']:.1%}".rstrip("%") in page
    assert "http" not in page.split("</style>")[1].split("Backbone")[0]

    tested = rows(tmp_path / "run" / "predictions.csv")
    photos = [digits_folder / row["path"] for row in tested]
    told = run_learnet("predict", result["bundle"], *photos, "--json", "--quiet")
    assert told.returncode == 0, told.stderr
    predictions = json.loads(told.stdout.splitlines()[-1])["predictions"]
    in_python = learnet.load(result["bundle"]).classifier().predict_files(photos)
    for row, line, prediction in zip(tested, predictions, in_python, strict=True):
        assert line["top"][0]["class"] == row["answer"] == prediction.top[0][0]
        assert line["top"][0]["probability"] == pytest.approx(float(row["probability"]), abs=1e-4)
        assert prediction.top[0][1] == pytest.approx(float(row["probability"]), abs=1e-4)
        assert line["sure"] == prediction.sure == (row["sure"] == "True")


def test_a_second_run_computes_nothing_and_100_new_photos_compute_100(digits_folder, tmp_path):
    def transfer(name):
        return learnet.transfer(digits_folder, out=tmp_path / name, progress=Silent())

    first, second = transfer("first"), transfer("second")
    assert (first.n_computed, second.n_computed) == (120, 0)
    assert rows(second.folder / "predictions.csv") == rows(first.folder / "predictions.csv")
    assert rows(second.folder / "splits.csv") == rows(first.folder / "splits.csv")
    rng = np.random.default_rng(0)
    for number in range(7):
        import cv2

        cv2.imwrite(str(digits_folder / "3" / f"new-{number}.png"), rng.integers(0, 256, (8, 8), np.uint8))
    assert transfer("third").n_computed == 7


def test_arrays_are_a_dataset_too_and_the_run_can_be_loaded(tmp_path):
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = (digits.images[:150] * 15).astype("uint8"), digits.target[:150]
    run = learnet.transfer((images, labels), out=tmp_path / "run", cache_limit=0, progress=Silent())
    assert run.n_train + run.n_test == 150
    assert run.load().info.class_names == tuple("0123456789")
    assert not (tmp_path / "cache" / "features.sqlite").exists()


def test_a_class_without_a_usable_photo_is_left_out_and_one_class_alone_is_refused(digits_folder, tmp_path):
    (digits_folder / "notes").mkdir()
    (digits_folder / "notes" / "readme.txt").write_text("nothing to see")
    run = learnet.transfer(digits_folder, out=tmp_path / "run", progress=Silent())
    assert run.n_classes == 10
    assert [row["path"] for row in rows(run.folder / "skipped.csv")] == ["notes/readme.txt"]
    assert ("empty class", "notes") in {(row["kind"], row["path"]) for row in rows(run.folder / "findings.csv")}
    two = tmp_path / "two"
    for name in ("a", "b"):
        (two / name).mkdir(parents=True)
    (two / "a" / "0.png").write_bytes((digits_folder / "0" / "0.png").read_bytes())
    (two / "b" / "0.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"1 class only.*b/0\.png"):
        learnet.transfer(two, out=tmp_path / "none", progress=Silent())
