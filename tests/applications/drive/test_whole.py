"""From nothing to a film, by the command line: few tracks, few steps, one epoch."""

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from learnet.applications.drive import (
    NOWHERE_ELSE,
    Conditions,
    Displacement,
    ImitationConfig,
    displacement_of,
    judge,
    load_pilot,
    record,
    resume_driver,
    simulator_is_installed,
    train_driver,
)
from learnet.cli.app import app
from learnet.core import Silent, UsageError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not simulator_is_installed(), reason="the extra 'drive' is not installed"),
]


def call(*arguments):
    result = CliRunner().invoke(app, ["drive", *map(str, arguments), "--quiet"])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return record(tmp_path_factory.mktemp("drives"), tracks=2, seed=0, most_steps=64)


@pytest.fixture(scope="module")
def run(recording, tmp_path_factory):
    told = call(
        "train", recording.folder, "--epochs", 2, "--batch-size", 8, "--out", tmp_path_factory.mktemp("run"), "--json"
    )
    return json.loads(told)


def test_the_run_tells_what_was_trained(run, recording):
    assert (run["tracks"], run["moments"], run["epochs"], run["augmented"]) == (2, 16, 2, True)
    assert load_pilot(run["bundle"]).recorded == recording.tracks
    assert np.isfinite(run["validation_loss"])


class CtrlC(Silent):
    def stage(self, description, total):
        if description == "Epoch 2/2":
            raise KeyboardInterrupt
        return super().stage(description, total)


def test_a_run_that_was_stopped_is_resumed_to_the_same_weights(recording, run, tmp_path):
    arguments = {"epochs": 2, "batch_size": 8, "out": tmp_path, "progress": CtrlC()}
    with pytest.raises(KeyboardInterrupt, match=f"Go on with: learnet drive train --resume {tmp_path}$"):
        train_driver(recording, **arguments)
    with pytest.raises(UsageError, match="an unfinished run with other options: augment True, now False"):
        train_driver(recording, augment=False, **arguments)
    again = shutil.copytree(tmp_path, tmp_path.with_name("again"))
    resumed = resume_driver(tmp_path)
    assert len(resumed.fitted.history) == 2
    called_again = train_driver(recording.folder, **{**arguments, "out": again, "progress": Silent()})
    assert called_again.fitted.history == resumed.fitted.history
    with pytest.raises(UsageError, match="holds a finished run"):
        train_driver(recording, **arguments)
    told = json.loads((tmp_path / "run.json").read_text())
    assert told == {"config": resumed.config.to_json(), "result": resumed.to_json()}
    weights = [load_pilot(bundle).model.get_weights() for bundle in (resumed.bundle, run["bundle"])]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume_driver(tmp_path / "bundle")


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_the_precision_is_decided_once_and_the_bundle_is_float32(recording, tmp_path, precision):
    arguments = {"epochs": 2, "batch_size": 8, "precision": precision, "out": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        train_driver(recording, progress=CtrlC(), **arguments)
    told = json.loads((tmp_path / "config.json").read_text())
    assert told["asked"]["precision"] == precision
    assert told["used"]["precision"] in ({"bfloat16"} if precision == "bfloat16" else {"float32", "bfloat16"})
    told["used"]["precision"] = "bfloat16"
    (tmp_path / "config.json").write_text(json.dumps(told))
    done = resume_driver(tmp_path)
    assert done.config.precision == "bfloat16"
    found = load_pilot(done.bundle).model
    assert {str(variable.dtype) for variable in found.weights} == {"float32"}
    assert {layer.compute_dtype for layer in found.layers} == {"float32"}


def test_another_recording_or_other_options_beside_a_resumption_are_refused(recording, tmp_path):
    for words, sentence in (
        (["--resume", tmp_path, "--epochs", 3, "--no-augment"], "received --epochs, --augment, too"),
        ([recording.folder, "--resume", tmp_path], "received RECORDING, too"),
        ([recording.folder, "--no-augment", "--view-shift", 1], "--view-shift works with augment True only"),
        ([recording.folder, "--epochs", "2x"], "--epochs must be a whole number, at least 1; received '2x'"),
    ):
        result = CliRunner().invoke(app, ["drive", "train", *map(str, words)])
        assert result.exit_code == 2
        assert sentence in result.stderr


def test_a_plan_trains_nothing(recording, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = json.loads(call("train", recording.folder, "--batch-size", 4, "--dry-run", "--json"))
    assert told["photos"] == {"train": 16, "validation": 16}
    assert ": 40 epochs of 4 steps, about " in told["forecast"][0]
    assert list(tmp_path.iterdir()) == []


def test_views_are_displaced_as_the_options_say():
    moved = ImitationConfig(recording="drives", view_shift=1.0, view_rotation=2.0, view_limit=3.0)
    assert displacement_of(moved) == Displacement(shift=1.0, rotation=2.0, limit=3.0)
    assert displacement_of(ImitationConfig(recording="drives")) == Displacement()
    assert displacement_of(ImitationConfig(recording="drives", augment=False)) == NOWHERE_ELSE


def test_the_network_is_judged_beside_the_expert_and_a_stopped_judgement_goes_on(run, tmp_path):
    first = judge(run["bundle"], tracks=1, seed=3, out=tmp_path, conditions=Conditions(most_steps=8))
    kept = json.loads((tmp_path / "laps-expert.json").read_text())
    kept["laps"][0]["reward"] = 123.0
    (tmp_path / "laps-expert.json").write_text(json.dumps(kept))
    again = judge(run["bundle"], tracks=2, seed=3, out=tmp_path, conditions=Conditions(most_steps=8))
    assert again.tracks[0] == first.tracks[0]
    assert again.pilot.laps[0] == first.pilot.laps[0]
    assert again.expert.laps[0].reward == 123.0  # not driven again
    assert again.expert.laps[1].seconds == 0.16
    assert not set(again.tracks) & set(load_pilot(run["bundle"]).recorded)
    told = again.to_json()
    assert told["expert"]["mean_reward"] == pytest.approx((123.0 + again.expert.laps[1].reward) / 2)
    assert told["pilot"]["autonomy"] == 100
    with pytest.raises(UsageError, match="time was up before both drivers"):
        judge(run["bundle"], tracks=1, seed=3, time_limit=-1)


def test_a_film_is_made(run, tmp_path):
    told = call("watch", run["bundle"], "--out", tmp_path / "film.gif", "--seconds", 0.2)
    assert "film.gif: 3 pictures" in told


def test_recording_tells_what_to_do_next(recording):
    told = call("record", "--out", recording.folder, "--tracks", 5, "--time-limit", "0.000001s", "--workers", 1)
    assert "Recorded 2 tracks" in told
    assert "Missing  3 tracks: the same command records them" in told
    assert f"learnet drive train {recording.folder}" in told


def test_training_on_nothing_is_refused():
    result = CliRunner().invoke(app, ["drive", "train"])
    assert result.exit_code == 2
