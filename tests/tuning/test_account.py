import csv
import re

import numpy as np
import pytest

from learnet.plots import SettingAxis, TrialPoint, history_figure, importance_figure, parallel_figure, slices_figure
from learnet.tuning import Choice, Range, Space, TrialRecord, TuneConfig, Tuned
from learnet.tuning.account import axes, importances, write_account
from learnet.tuning.keep import tidy
from learnet.tuning.storage import optuna

SPACE = Space(
    parameters={
        "learning_rate": Range(low=1e-4, high=1.0, log=True),
        "batch_size": Choice(values=(16, 64)),
        "epochs": Choice(values=(8,)),
    }
)


def record(number, accuracy, *, state="complete", **values):
    told = {"learning_rate": 0.01, "batch_size": 16, "epochs": 8, **values}
    return TrialRecord(
        number=number,
        state=state,
        values=told,
        accuracy=accuracy,
        loss=None if accuracy is None else 1 - accuracy,
        reason="It broke <off>." if state == "failed" else "",
    )


def records(count=24):
    random = np.random.default_rng(0)
    made = []
    for number in range(count):
        rate = float(10 ** random.uniform(-4, 0))
        size = (16, 64)[number % 2]
        accuracy = 0.9 - 0.1 * abs(np.log10(rate) + 2) + 0.004 * (size == 16)
        made.append(record(number, float(accuracy), learning_rate=rate, batch_size=size))
    return made


def study_of(trials):
    module = optuna()
    study = module.create_study(direction="maximize")
    for trial in trials:
        distributions = {name: SPACE.parameters[name].distribution() for name in trial.values}
        study.add_trial(
            module.trial.create_trial(params=trial.values, distributions=distributions, value=trial.accuracy)
        )
    return study


def test_what_mattered_is_found():
    trials = records()
    shares = importances(study_of(trials), trials)
    assert set(shares) == {"learning_rate", "batch_size"}
    assert shares["learning_rate"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)
    assert importances(study_of(trials[:5]), trials[:5]) == {}
    same = [record(number, 0.5, learning_rate=0.1 + number / 100) for number in range(10)]
    assert importances(study_of(same), same) == {}


def test_what_did_not_vary_has_no_axis():
    assert [axis.name for axis in axes(SPACE, records())] == ["learning_rate", "batch_size"]
    manual = [record(0, 0.5, learning_rate=0.1), record(1, 0.6, learning_rate=0.01)]
    (axis,) = axes(Space(trials=({"learning_rate": 0.1},)), manual)
    assert axis.values == (0.01, 0.1)


def test_the_figures_show_the_trials():
    trials = [
        TrialPoint(number=0, state="complete", accuracy=0.5, values={"rate": 0.01, "kind": "a"}),
        TrialPoint(number=1, state="failed", accuracy=None, values={"rate": 0.1, "kind": "b"}),
        TrialPoint(number=2, state="complete", accuracy=0.7, values={"rate": 1.0, "kind": "b"}),
        TrialPoint(number=3, state="pruned", accuracy=0.6, values={"rate": 0.1, "kind": "a"}),
    ]
    laid_out = [
        SettingAxis(name="rate", low=0.01, high=1.0, log=True),
        SettingAxis(name="kind", low=0, high=1, values=("a", "b")),
    ]
    lines = {line.get_label(): line for line in history_figure(trials).axes[0].lines}
    assert lines["trial"].get_xydata().tolist() == [[0, 50.0], [2, 70.0]]
    assert lines["stopped early"].get_xydata().tolist() == [[3, 60.0]]
    assert lines["best so far"].get_ydata().tolist() == [50.0, 50.0, 70.0, 70.0]
    assert lines["failed"].get_xdata() == [1]
    bars = importance_figure({"rate": 0.75, "kind": 0.25}).axes[0].patches
    assert [bar.get_width() for bar in bars] == [25.0, 75.0]
    best = parallel_figure(trials, laid_out).axes[0].lines[-1]
    assert best.get_label() == "best: trial 2"
    assert best.get_ydata()[0] == 1.0
    assert best.get_ydata()[2] == 1.0
    panel = slices_figure(trials, laid_out).axes[0].lines[0]
    np.testing.assert_allclose(panel.get_xydata(), [[0, 50.0], [1, 70.0]])


def test_the_table_and_the_page_tell_of_every_trial(tmp_path):
    trials = [*records(12), record(12, None, state="failed"), record(13, 0.3, state="pruned")]
    tuned = Tuned(
        folder=tmp_path,
        config=TuneConfig(data="photos", backbone="efficientnet_lite0", space="space.toml", trials=14),
        space=SPACE,
        best=trials[0],
        trials=tuple(trials),
        result={"accuracy": 0.8, "accuracy_interval": (0.7, 0.9), "n_val": 20, "n_test": 50},
    )
    write_account(tuned, study=study_of(trials[:12]))
    with (tmp_path / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["trial"]) for row in rows] == list(range(14))
    assert float(rows[3]["validation_accuracy"]) == pytest.approx(trials[3].accuracy, abs=1e-6)
    assert rows[12]["reason"] == "It broke <off>."
    page = (tmp_path / "tuning.html").read_text()
    assert page.count("<svg") == 4
    assert "It broke &lt;off&gt;." in page
    assert ">learnet tune photos --backbone efficientnet_lite0 --trials 14 --space space.toml<" in page
    best = max(trials[:12], key=lambda trial: trial.accuracy)
    first = re.findall(r"<tr>.*?</tr>", page.split("<caption>The best first; 14 of 14")[1])[1]
    rate = best.values["learning_rate"]
    assert f'<td class="number" data-value="{rate:.6g}">{rate:.3g}</td>' in first  # sorted as a number
    heads = re.findall('<th scope="col"[^>]*>([^<]+)</th>', page.split("<caption>The best first; 14 of 14")[1])
    assert len(set(heads)) == len(heads)
    assert "12 complete, 1 stopped early, 1 failed" in page


def test_the_disk_limit_leaves_the_best(tmp_path):
    for number in range(4):
        folder = tmp_path / "trials" / f"{number:05d}"
        folder.mkdir(parents=True)
        (folder / "best.safetensors").write_bytes(bytes(100))
        (folder / "checkpoint.safetensors").write_bytes(bytes(1000))
    trials = [record(0, 0.1), record(1, 0.4), record(2, 0.3), record(3, None, state="running")]

    def left():
        return sorted(str(path.relative_to(tmp_path / "trials")) for path in tmp_path.glob("trials/*/*"))

    tidy(tmp_path, trials, keep=2, limit_bytes=1000)
    running = ["00003/best.safetensors", "00003/checkpoint.safetensors"]
    assert left() == ["00001/best.safetensors", "00002/best.safetensors", *running]
    tidy(tmp_path, trials, keep=2, limit_bytes=150)
    assert left() == ["00001/best.safetensors", *running]
    tidy(tmp_path, trials, keep=2, limit_bytes=0)
    assert left() == ["00001/best.safetensors", *running]
