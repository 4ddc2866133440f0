import csv
import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from sklearn.metrics import f1_score
from typer.testing import CliRunner

import learnet
from learnet.cli.app import app
from learnet.comparison import resume
from learnet.core import Silent

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")
TIMES = ("minutes", "images_per_second", "latency_ms", "peak_memory_mb", "computed")


@pytest.fixture
def bundle(digits_folder, tmp_path):
    options = {"model": "resnet20", "input_size": (8, 8), "epochs": 1, "jit": False, "progress": Silent()}
    return learnet.train(digits_folder, out=tmp_path / "trained", **options).bundle


def test_a_comparison_that_is_killed_goes_on_and_says_the_same(digits_folder, bundle, tmp_path):
    whole = learnet.compare(
        digits_folder,
        backbones=(str(bundle),),
        modes=("head",),
        seeds=2,
        out=tmp_path / "whole",
        processes=False,
        progress=Silent(),
    )
    _is_fair_and_complete(whole, tmp_path / "whole")
    killed = tmp_path / "killed"
    words = ["compare", str(digits_folder), "--backbones", str(bundle), "--modes", "head", "--seeds", "2"]
    ended = [killed / f"bundle-head-seed{seed}" / "row.json" for seed in (0, 1)]
    with subprocess.Popen([LEARNET, *words, "--out", killed], stderr=subprocess.PIPE) as process:
        while not ended[0].exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()
    before = ended[0].read_bytes()
    assert not ended[1].exists()
    made = resume(killed, processes=False, progress=Silent())
    assert ended[0].read_bytes() == before
    assert _without_times(made) == _without_times(whole)
    assert 1e8 < json.loads(before)["peak_memory_bytes"] < 5e9


def _is_fair_and_complete(made, folder):
    (way,) = [row for row in made.rows if row.trained]
    runs = [json.loads((folder / f"bundle-head-seed{seed}" / "run.json").read_text())["result"] for seed in (0, 1)]
    assert way.accuracy == pytest.approx(sum(run["accuracy"] for run in runs) / 2)
    assert way.macro_f1 == pytest.approx(sum(run["macro_f1"] for run in runs) / 2)
    assert way.low <= way.accuracy <= way.high
    assert way.disk_mb > 0.5
    simple = {row.name.partition(" (")[0]: row for row in made.rows if not row.trained}
    for name in ("k nearest neighbours", "linear SVM"):
        known = [line["accuracy"] for run in runs for line in run["baselines"] if line["name"].startswith(name)]
        assert simple[f"{name} on features"].accuracy == pytest.approx(sum(known) / 2)
    with (folder / "linear-svm-on-pixels" / "predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    scores = []
    for seed in ("0", "1"):
        truth, said = zip(*[(line["class"], line["answer"]) for line in lines if line["seed"] == seed], strict=True)
        scores.append(f1_score(truth, said, average="macro"))
    assert simple["linear SVM on pixels"].macro_f1 == pytest.approx(sum(scores) / 2)
    assert {row.seeds for row in made.rows} == {2}
    with (folder / "compare.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [row.name for row in made.rows]


def _without_times(made):
    rows = [{name: value for name, value in asdict(row).items() if name not in TIMES} for row in made.rows]
    for row in rows:
        row["disk_mb"] = round(row["disk_mb"], 2)  # a bundle says how long its run took
    return rows, made.failed, made.neighbours


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "On which photos?"),
        (
            ["digits", "--resume", "run"],
            "nothing but the run's folder and, if you want to, --weights-dir; received DATA, too.",
        ),
        (
            ["--resume", "run", "--seeds", "1"],
            "nothing but the run's folder and, if you want to, --weights-dir; received --seeds, too.",
        ),
        (["--resume", "no/such/run", "--quiet"], "'no/such/run' is no run that can be resumed"),
        (["digits", "--modes", "heads"], "received 'heads'"),
        (["digits", "--backbones", "efficientnet"], "Did you mean"),
        (["no/such/photos", "--modes", "head"], "no/such/photos"),
    ],
)
def test_wrong_requests_are_told(words, sentence):
    run = CliRunner().invoke(app, ["compare", *words])
    assert run.exit_code == 2
    assert sentence in run.stderr
