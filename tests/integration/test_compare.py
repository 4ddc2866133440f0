import csv
import importlib
import json

import learnet
from learnet.core import Silent


def test_a_comparison_is_fair_complete_and_taken_up_again(digits_folder, tmp_path, monkeypatch):
    photos = digits_folder
    options = {"model": "resnet20", "input_size": (8, 8), "epochs": 1, "jit": False, "progress": Silent()}
    bundle = learnet.train(photos, out=tmp_path / "trained", **options).bundle
    asked = {"backbones": (str(bundle),), "modes": ("head",), "seeds": 2, "out": tmp_path / "compared"}
    made = learnet.compare(str(photos), progress=Silent(), **asked)
    (way,) = [row for row in made.rows if row.seeds == 2]
    runs = [json.loads((tmp_path / "compared" / f"bundle-head-seed{seed}" / "run.json").read_text()) for seed in (0, 1)]
    assert way.accuracy == sum(run["result"]["accuracy"] for run in runs) / 2
    assert way.low <= way.accuracy <= way.high
    assert way.disk_mb > 0.5
    names = {row.name for row in made.rows}
    assert {"always the largest class", "linear SVM on pixels", "linear SVM on features"} <= names
    with (tmp_path / "compared" / "compare.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [row.name for row in made.rows]

    def never(*_args, **_options):
        raise AssertionError("a finished run should be taken over")

    monkeypatch.setattr(importlib.import_module("learnet.comparison.compare"), "transfer", never)
    again = learnet.compare(str(photos), progress=Silent(), **asked)
    assert [(row.name, row.accuracy) for row in again.rows] == [(row.name, row.accuracy) for row in made.rows]
