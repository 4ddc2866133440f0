"""The whole road, small: train, be killed, go on, measure, report, apply; and what the command line says."""

import json
import shutil

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from learnet.applications.colourise import examine, load_colouriser, resume_colouriser, train_colouriser
from learnet.applications.colourise import train as conductor
from learnet.applications.colourise.samples import sample_photos
from learnet.cli.app import app
from learnet.core import LearnetError, Silent, UsageError
from learnet.training import fit_feed, loop

pytestmark = pytest.mark.slow

PHOTOS = sample_photos(40, size=24)


def stop(*_):
    raise KeyboardInterrupt


def write_photos(folder, dataset):
    folder.mkdir()
    for row in range(len(dataset)):
        cv2.imwrite(str(folder / f"{row:02}.png"), dataset.source.read(row)[..., ::-1])


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
    with pytest.raises(
        UsageError,
        match=r"with other options: learning_rate 0\.003, now 0\.1\. Continue .* learnet colourise train --resume",
    ):
        train_colouriser(PHOTOS, out=tmp_path / "killed", learning_rate=0.1, **SMALL)
    other = sample_photos(40, size=24, seed=1)
    with pytest.raises(LearnetError, match=r"not those that the run in '.*' was started with"):
        resume_colouriser(tmp_path / "killed", data=other, progress=Silent())
    again = resume_colouriser(tmp_path / "killed", data=PHOTOS, progress=Silent())
    whole = load_colouriser(run.bundle).model.get_weights()
    for one, other in zip(load_colouriser(again.bundle).model.get_weights(), whole, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(again.examined.error, run.examined.error)


def test_the_same_folder_twice(run, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"holds a finished run\. Choose another --out"):
        train_colouriser(PHOTOS, out=run.folder, **SMALL)

    monkeypatch.setattr(loop._Loop, "_end_epoch", lambda self: (self._save(), stop()))
    with pytest.raises(KeyboardInterrupt):
        train_colouriser(PHOTOS, out=tmp_path / "killed", **SMALL)
    monkeypatch.undo()
    again = train_colouriser(PHOTOS, out=tmp_path / "killed", **SMALL)
    assert np.array_equal(again.examined.error, run.examined.error)


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_the_precision_is_decided_once_and_the_bundle_is_float32(tmp_path, monkeypatch, precision):
    monkeypatch.setattr(loop._Loop, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        train_colouriser(PHOTOS, precision=precision, out=tmp_path / "p", **SMALL)
    monkeypatch.undo()
    told = json.loads((tmp_path / "p" / "config.json").read_text())
    assert told["asked"]["precision"] == precision
    assert told["used"]["precision"] in ({"bfloat16"} if precision == "bfloat16" else {"float32", "bfloat16"})
    told["used"]["precision"] = "bfloat16"
    (tmp_path / "p" / "config.json").write_text(json.dumps(told))
    seen = []
    monkeypatch.setattr(conductor, "fit_feed", lambda model, *a, **k: seen.append(model) or fit_feed(model, *a, **k))
    done = resume_colouriser(tmp_path / "p", data=PHOTOS, progress=Silent())
    assert done.config.precision == "bfloat16"
    assert {layer.compute_dtype for layer in seen[0].layers if layer.weights} == {"bfloat16"}
    found = load_colouriser(done.bundle).model
    assert {str(variable.dtype) for variable in (*seen[0].weights, *found.weights)} == {"float32"}
    assert {layer.compute_dtype for layer in found.layers} == {"float32"}
    for one, other in zip(found.get_weights(), seen[0].get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_plan_trains_nothing(tmp_path, monkeypatch):
    write_photos(tmp_path / "photos", PHOTOS)
    monkeypatch.chdir(tmp_path)
    words = ["colourise", "train", "photos", "--size", "16", "--batch-size", "8", "--precision", "auto", "--dry-run"]
    result = CliRunner().invoke(app, [*words, "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["photos"] == {"train": 32, "validation": 4, "test": 4}
    assert ": 20 epochs of 4 steps, about " in told["forecast"][0]
    assert told["command"] == "learnet colourise train photos --size 16 --batch-size 8 --precision auto"
    limited = CliRunner().invoke(app, [*words, "--time-limit", "1h", "--quiet"])
    assert " of training: 200 epochs of 4 steps" in limited.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_regression_under_a_time_limit(tmp_path):
    arguments = {**SMALL, "epochs": None}
    run = train_colouriser(PHOTOS, network="regression", time_limit=1.0, out=tmp_path / "r", **arguments)
    assert 1 <= run.epochs <= 200
    assert run.temperatures == ()
    assert load_colouriser(run.bundle).network == "regression"
    assert "Temperature" not in run.report.read_text()


def test_what_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no option of colourise train named 'lamda'.*Did you mean 'lam'"):
        train_colouriser(PHOTOS, lamda=0.3, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="time_limit must be greater than 0; received -1"):
        train_colouriser(PHOTOS, time_limit=-1, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume_colouriser(tmp_path)
    begun = tmp_path / "begun"
    begun.mkdir()
    for value in (None, {}, {"schema": 2, "asked": {"size": 16}, "used": {}, "notes": {}}):
        (begun / "config.json").write_text(json.dumps(value))
        with pytest.raises(LearnetError, match="of another version"):
            resume_colouriser(begun)


def test_the_command_line(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert "train" in runner.invoke(app, ["colourise", "--help"]).output
    for words, sentence in (
        (["train", "digits", "--size", "16", "-q"], "are grey"),
        (["train", "-q"], "On which photos?"),
        (
            ["train", "x", "--resume", "y", "-q"],
            "nothing but the run's folder and, if you want to, --time-limit; received DATA, too",
        ),
        (["train", "--resume", "y", "--kept", "8", "--no-centres", "-q"], "received --kept, --centres, too"),
        (["train", "caltech101", "--size", "20", "-q"], "a multiple of 8; received 20"),
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
