"""The whole road, small: train, be killed, go on, measure, report, apply; and what the command line says."""

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from learnet.applications.colourise import examine, load_colouriser, resume_colouriser, train_colouriser
from learnet.applications.colourise.samples import sample_photos
from learnet.cli.app import app
from learnet.core import LearnetError, Silent, UsageError
from learnet.training import loop

PHOTOS = sample_photos(40, size=24)
SMALL = {"size": 16, "epochs": 3, "batch_size": 8, "progress": Silent()}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_colouriser(PHOTOS, out=tmp_path_factory.mktemp("runs") / "whole", **SMALL)


def test_what_a_run_leaves(run):
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {"bundle", "report.html", "sheet.png", "photos.csv", "skipped.csv", "history.csv", "run.json"}
    assert (run.n_train, run.n_val, run.n_test) == (27, 3, 10)
    told = json.loads((run.folder / "run.json").read_text())["result"]
    assert told["summaries"]["network"] == pytest.approx(run.to_json()["summaries"]["network"])
    assert told["temperature"] in {row["temperature"] for row in told["temperatures"]}
    page = run.report.read_text()
    assert f"{run.summaries['network'].psnr:.2f} dB" in page
    assert "<script" in page
    assert "http://" not in page
    assert "https://" not in page
    rows = (run.folder / "photos.csv").read_text().splitlines()
    assert len(rows) == 11
    errors = [float(row.rsplit(",", 6)[1]) for row in rows[1:]]
    np.testing.assert_allclose(errors, run.examined.error, rtol=1e-4)


def test_the_bundle_is_what_was_measured(run):
    colouriser = load_colouriser(run.bundle)
    assert colouriser.temperature == run.temperature
    tests = np.stack([colouriser.spec.apply(PHOTOS.source.read(row)) for row in range(30, 40)])
    again = examine(colouriser, tests, mean_colour=run.mean_colour)
    np.testing.assert_allclose(again.error, run.examined.error, rtol=1e-5)


def test_a_killed_run_goes_on_to_the_same_weights(run, tmp_path, monkeypatch):
    step, taken = loop._Loop._step, []

    def dying(self, batch):
        step(self, batch)
        taken.append(1)
        if len(taken) == 6:  # in the middle of the second epoch
            self._save()
            raise KeyboardInterrupt

    monkeypatch.setattr(loop._Loop, "_step", dying)
    with pytest.raises(KeyboardInterrupt):
        train_colouriser(PHOTOS, out=tmp_path / "killed", **SMALL)
    monkeypatch.undo()
    with pytest.raises(UsageError, match=r"would be lost\. Go on with: learnet colourise train --resume"):
        train_colouriser(PHOTOS, out=tmp_path / "killed", **SMALL)
    again = resume_colouriser(tmp_path / "killed", data=PHOTOS, progress=Silent())
    whole = load_colouriser(run.bundle).model.get_weights()
    for one, other in zip(load_colouriser(again.bundle).model.get_weights(), whole, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(again.examined.error, run.examined.error)
    other = sample_photos(40, size=24, seed=1)
    with pytest.raises(LearnetError, match="not those that the run was begun with"):
        resume_colouriser(tmp_path / "killed", data=other, progress=Silent())


def test_regression_under_a_time_limit(tmp_path):
    arguments = {**SMALL, "epochs": None}
    run = train_colouriser(PHOTOS, network="regression", time_limit=1.0, out=tmp_path / "r", **arguments)
    assert 1 <= run.epochs <= 200
    assert run.temperatures == ()
    assert load_colouriser(run.bundle).network == "regression"
    assert "Temperature" not in run.report.read_text()


def test_what_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no setting named 'lamda'.*Did you mean 'lam'"):
        train_colouriser(PHOTOS, lamda=0.3, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="time limit must be greater than 0"):
        train_colouriser(PHOTOS, time_limit=-1, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume_colouriser(tmp_path)
    begun = tmp_path / "begun"
    begun.mkdir()
    for name, value in (("config.json", None), ("begun.json", {"fingerprint": "", "time_limit": None})):
        (begun / name).write_text(json.dumps(value))
    with pytest.raises((UsageError, LearnetError), match=r"resumed|another version"):
        resume_colouriser(begun)


def test_the_command_line(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert "train" in runner.invoke(app, ["colourise", "--help"]).output
    for words, sentence in (
        (["train", "digits", "--size", "16", "-q"], "are grey"),
        (["train", "-q"], "On which photos?"),
        (["train", "x", "--resume", "y", "-q"], "--resume goes on"),
        (["train", "caltech101", "--size", "20", "-q"], "a multiple of 8"),
        (["apply", "nowhere", "x.jpg", "-q"], "There is no bundle at 'nowhere'"),
    ):
        result = runner.invoke(app, ["colourise", *words])
        assert result.exit_code in {1, 2}
        assert sentence in result.output + result.stderr
    shutil.copy(run.sheet, tmp_path / "photo.png")
    (tmp_path / "letter.txt").write_text("Dear photo")
    done = runner.invoke(app, ["colourise", "apply", str(run.bundle), "photo.png", "letter.txt", "--out", "o", "-q"])
    assert done.exit_code == 0, done.output
    assert "Coloured 1 of 2 photos" in done.output
    assert "Skipped  letter.txt: It is" in done.output
    assert (tmp_path / "o" / "photo-coloured.png").exists()
