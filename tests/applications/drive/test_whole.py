"""From nothing to a film, by the command line: few tracks, few steps, one epoch."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from learnet.applications.drive import (
    ImitationConfig,
    judge,
    load_pilot,
    record,
    resume_driver,
    simulator_is_installed,
    train_driver,
)
from learnet.cli.app import app
from learnet.core import Silent, UsageError

pytestmark = pytest.mark.skipif(not simulator_is_installed(), reason="the extra 'drive' is not installed")


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
    arguments = {"config": ImitationConfig(epochs=2, batch_size=8), "out": tmp_path, "progress": CtrlC()}
    with pytest.raises(KeyboardInterrupt, match=f"Go on with: learnet drive train --resume {tmp_path}$"):
        train_driver(recording, **arguments)
    with pytest.raises(UsageError, match="holds a training that was interrupted"):
        train_driver(recording, **arguments)
    resumed = resume_driver(tmp_path)
    assert len(resumed.fitted.history) == 2
    weights = [load_pilot(bundle).model.get_weights() for bundle in (resumed.bundle, run["bundle"])]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume_driver(tmp_path / "bundle")


def test_the_network_is_judged_beside_the_expert_and_a_stopped_judgement_goes_on(run, tmp_path):
    first = judge(run["bundle"], tracks=1, seed=3, out=tmp_path, most_steps=8)
    kept = json.loads((tmp_path / "laps-expert.json").read_text())
    kept["laps"][0]["reward"] = 123.0
    (tmp_path / "laps-expert.json").write_text(json.dumps(kept))
    again = judge(run["bundle"], tracks=2, seed=3, out=tmp_path, most_steps=8)
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
    assert "Missing  3 tracks: the same command goes on with them" in told
    assert f"learnet drive train {recording.folder}" in told


def test_training_on_nothing_is_refused():
    result = CliRunner().invoke(app, ["drive", "train"])
    assert result.exit_code == 2
