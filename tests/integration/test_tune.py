import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import learnet
from learnet.cli.app import app
from learnet.core import Silent, UsageError
from learnet.options.text import seconds_of

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")


def run_learnet(*words):
    return subprocess.run([LEARNET, *map(str, words)], capture_output=True, text=True, check=False)


def result_of(run):
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_heads_on_cached_features_then_more_of_them_through_the_command_line(digits_folder, tmp_path):
    out = tmp_path / "study"
    run = run_learnet("tune", digits_folder, "--backbone", "efficientnet_lite0", "--trials", 4, "--out", out, "--json")
    first = result_of(run)
    assert first["trials"] == {"complete": 4, "pruned": 0, "failed": 0, "running": 0}
    assert (first["n_train"], first["n_val"], first["n_test"]) == (80, 20, 20)
    assert first["accuracy_interval"][0] > 0.3  # guessing one of 10 classes gives 0.1
    assert "milliseconds to seconds" in run.stderr
    more = result_of(run_learnet("tune", "--join", out, "--trials", 7, "--json"))
    assert sum(more["trials"].values()) == 7
    assert more["best_trial"]["accuracy"] >= first["best_trial"]["accuracy"]
    with (out / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == [str(number) for number in range(7)]
    tested = [line.split(",") for line in (out / "predictions.csv").read_text().splitlines()[1:]]
    predictions = learnet.predict(more["bundle"], [digits_folder / row[0] for row in tested], prove=True)
    assert [prediction.top[0][0] for prediction in predictions] == [row[2] for row in tested]
    right = sum(prediction.top[0][0] == row[1] for prediction, row in zip(predictions, tested, strict=True))
    assert right / len(tested) == pytest.approx(more["accuracy"])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["digits"], "--model NAME"),
        (["digits", "--model", "mlp", "--backbone", "efficientnet_lite0"], "--model NAME"),
        ([], "On which photos?"),
        (["digits", "--model", "mlpp"], "Did you mean 'mlp'"),
        (["digits", "--model", "mlp", "--search", "manual"], "[[trials]]"),
        (["digits", "--model", "mlp", "--time-limit", "soon"], "90s, 10m or 1h"),
        (["digits", "--model", "mlp", "--time-limit", "-1"], "greater than 0"),
        (["digits", "--model", "mlp", "--storage", "mysql://a/b"], "PostgreSQL"),
        (["--join", "no/such/study"], "There is no study in 'no/such/study'"),
        (["digits", "--model", "mlp", "--space", "no.toml"], "cannot be read"),
    ],
)
def test_wrong_use_gets_a_sentence(words, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["tune", *words, "--quiet"])
    assert done.exit_code == 2
    assert hint in done.stderr
    assert not (tmp_path / "no").exists()


def test_a_misspelt_setting_is_named():
    with pytest.raises(UsageError, match="Did you mean 'train_per_class'"):
        learnet.tune("digits", model="mlp", train_per_clas=3, progress=Silent())


def test_the_built_in_space_is_shown_and_can_be_used(tmp_path):
    shown = CliRunner().invoke(app, ["tune", "--show-space", "--backbone", "efficientnet_lite0"])
    file = tmp_path / "space.toml"
    file.write_text(shown.stdout)
    from learnet.tuning import head_space, read_space
    from learnet.tuning.settings import WHOLE

    assert read_space(file, whole=WHOLE) == head_space()


def test_times():
    assert [seconds_of(text) for text in ("90", "90s", "10m", "1.5h")] == [90, 90, 600, 5400]
