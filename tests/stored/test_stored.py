"""What earlier versions have stored stays readable: bundles, a study, and runs that were interrupted."""

import importlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import learnet
from learnet.core import LearnetError, Silent
from learnet.tuning import join
from stored import make_data

pytestmark = pytest.mark.slow

VERSION = Path(__file__).parent / "0.1.0"
EXPECTED = json.loads((VERSION / "expected.json").read_text(encoding="utf-8"))
QUIET = Silent()
SAME_BITS = bool(os.environ.get("LEARNET_STORED_BITS"))  # on the machine and with the libraries that stored them
# Interrupted runs that this version refuses to go on with, with a sentence:
MAY_BE_REFUSED = frozenset({"colourise", "compare", "drive", "train", "transfer", "translate"})


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.delenv("LEARNET_DATA_DIR", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def opened(name):
    """Return a stored bundle as the function opens it of which its error messages speak."""
    folder = make_data.unpack_bundle(VERSION / "bundles" / name, Path("bundle"))
    module, _, function = EXPECTED["bundles"][name]["opened_by"].rpartition(".")
    options = {"prove": True} if (module, function) == ("learnet", "load") else {}
    return getattr(importlib.import_module(module), function)(folder, **options)


def of(kind):
    return sorted(name for name in EXPECTED["bundles"] if name.startswith("classifier-") == (kind == "classifier"))


def test_everything_that_is_told_of_is_there():
    assert sorted(EXPECTED["bundles"]) == sorted(path.name for path in (VERSION / "bundles").iterdir())
    assert sorted(EXPECTED["interrupted"]) == sorted(path.name for path in (VERSION / "interrupted").iterdir())
    assert sum(path.stat().st_size for path in VERSION.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.parametrize("name", of("classifier"))
def test_classifiers_prove_themselves_and_say_what_they_said(name):
    told, bundle = EXPECTED["bundles"][name], opened(name)
    info = bundle.info
    assert info.learnet_version == VERSION.name
    assert list(info.class_names) == told["class_names"]
    assert (info.architecture["name"], info.schema_version) == (told["architecture"], told["schema_version"])
    assert info.calibration.temperature == told["temperature"]
    assert info.calibration.threshold.value == told["threshold"]
    assert list(bundle.golden.classes) == told["golden_classes"]
    said = bundle.classifier().predict_images(bundle.golden.images).argmax(axis=1)
    assert [info.class_names[label] for label in said] == told["golden_classes"]


@pytest.mark.parametrize("name", of("system"))
def test_systems_prove_themselves(name):
    told, found = EXPECTED["bundles"][name], opened(name)
    if told["opened_by"] == "learnet.bundle.load_system":
        assert (found.info.kind, found.info.notes, found.info.learnet_version) == (name, told["notes"], VERSION.name)
        found = found.system
    assert type(found).__name__ == told["kind"]
    for attribute in ("family", "latent", "network", "size", "temperature", "reverse", "augmented"):
        if attribute in told:
            assert getattr(found, attribute) == told[attribute]


def test_the_generator_draws_what_it_drew():
    sample = opened("generator").draw(1, seed=2).ravel()
    np.testing.assert_allclose(sample, EXPECTED["bundles"]["generator"]["first_sample"], rtol=1e-3, atol=1e-8)


def test_the_colouriser_sees_the_colours_that_it_saw():
    coloured = opened("colouriser").colour(make_data.make_photo("piece 0", 0, 16)[None])
    mean = np.asarray(coloured, float).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(mean, EXPECTED["bundles"]["colouriser"]["mean_colour"], rtol=1e-3)


def test_the_translator_says_what_it_said():
    from learnet.applications.translate import SearchConfig

    make_data.write_pairs(Path())
    told, translator = EXPECTED["bundles"]["translator"], opened("translator")
    texts = Path("a.de").read_text(encoding="utf-8").splitlines()[:3]
    said = translator.translate(texts, config=SearchConfig(beam=2, longest=5))
    assert [each.text for each in said] == told["translations"]
    assert [len(translator.source), len(translator.target)] == told["pieces"]


def test_the_pilot_steers_as_it_did():
    told, pilot = EXPECTED["bundles"]["pilot"], opened("pilot")
    command = pilot.command(make_data.make_photo("frame", 1, 96))
    assert list(pilot.recorded) == told["recorded"]
    assert (command.curvature, command.speed) == pytest.approx((told["curvature"], told["speed"]), rel=1e-3)


def stored_run(name, *place):
    return Path(shutil.copytree(VERSION.joinpath(*place, name), Path(name)))


def are_trials(found, told):
    """Check trials that were stored as finished: nothing of them has changed."""
    for record, known in zip(found, told, strict=True):
        assert (record.number, record.state, record.values) == (known["number"], known["state"], known["values"])
        assert (record.accuracy, record.loss) == (known["accuracy"], known["loss"])


def test_the_study_is_joined_for_one_more_trial():
    told = EXPECTED["study"]["finished"]
    folder = stored_run("study")
    same = join(folder, trials=3, progress=QUIET)
    are_trials(same.trials, told["trials"])
    assert (same.best.number, same.best.values) == (told["best"]["number"], told["best"]["values"])
    assert same.best.accuracy == told["best"]["accuracy"]
    assert same.result["accuracy"] == told["test_accuracy"]
    assert list(learnet.load(folder / "bundle", prove=True).info.class_names) == told["class_names"]
    more = join(folder, trials=4, progress=QUIET)
    are_trials(more.trials[:3], told["trials"])
    assert [record.state for record in more.trials] == ["complete"] * 4
    more.load().prove()


def gone_on_with(name, resume):
    """Return what going on with a stored run gives; None if this version is known to refuse it, and does."""
    folder = stored_run(name, "interrupted")
    if name not in MAY_BE_REFUSED:
        return resume(folder)
    with pytest.raises(LearnetError, match=r"\.$") as caught:
        resume(folder)
    assert "\n" not in str(caught.value)
    return None


def weights_are(weights, told):
    import hashlib

    assert all(np.isfinite(weight).all() for weight in weights)
    if SAME_BITS:
        assert hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest() == told["weights_sha256"]


def history_is(folder, told):
    """Check that training ended as it did for the version that began it, but for how machines compute."""
    columns, *rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    assert columns == told["history"][0]
    assert len(rows) == len(told["history"]) - 1
    losses = [number for number, column in enumerate(columns) if column.endswith("loss")]
    for row, known in zip(rows, told["history"][1:], strict=True):
        assert [float(row[n]) for n in losses] == pytest.approx([float(known[n]) for n in losses], rel=0.02)
    if SAME_BITS:
        assert rows == told["history"][1:]


def test_train_goes_on():
    from learnet.training import resume

    told = EXPECTED["interrupted"]["train"]["result"]
    if run := gone_on_with("train", lambda folder: resume(folder, progress=QUIET)):
        history_is(run.folder, told)
        weights_are(run.load().model.get_weights(), told)
        assert run.metrics.accuracy == pytest.approx(told["accuracy"], abs=0.02)


def test_transfer_goes_on():
    from learnet.transfer_learning import resume

    make_data.write_backbone(Path("backbone"))
    told = EXPECTED["interrupted"]["transfer"]["result"]
    if run := gone_on_with("transfer", lambda folder: resume(folder, progress=QUIET)):
        history_is(run.folder / "partial", told)
        weights_are(run.load().model.get_weights(), told)
        assert run.details["mode"] == told["mode"]
        assert run.metrics.accuracy == pytest.approx(told["accuracy"], abs=0.02)


def test_tune_goes_on():
    told = EXPECTED["interrupted"]["tune"]["result"]
    if tuned := gone_on_with("tune", lambda folder: join(folder, trials=5, progress=QUIET)):
        are_trials(tuned.trials[:3], told["trials"][:3])
        assert [record.values for record in tuned.trials] == [trial["values"] for trial in told["trials"]]
        assert [record.state for record in tuned.trials] == ["complete"] * 5
        if SAME_BITS:
            are_trials(tuned.trials, told["trials"])


def test_compare_goes_on():
    from learnet.comparison import resume

    make_data.write_backbone(Path("backbone"))
    told = EXPECTED["interrupted"]["compare"]
    ended = [VERSION / "interrupted" / "compare" / row / "row.json" for row in told["rows_ended"]]
    if made := gone_on_with("compare", lambda folder: resume(folder, processes=False, progress=QUIET)):
        assert [(made.folder / path.parent.name / path.name).read_bytes() for path in ended] == [
            path.read_bytes() for path in ended
        ]
        rows = {row.name: row.accuracy for row in made.rows}
        assert rows == pytest.approx(told["result"]["rows"], abs=0.02)
        assert len(made.failed) == told["result"]["failed"] == 0


def test_colourise_goes_on():
    from learnet.applications.colourise import load_colouriser, resume_colouriser

    make_data.write_photos(Path("photos"))
    told = EXPECTED["interrupted"]["colourise"]["result"]
    if run := gone_on_with("colourise", lambda folder: resume_colouriser(folder, progress=QUIET)):
        history_is(run.folder, told)
        weights_are(load_colouriser(run.bundle).model.get_weights(), told)


def test_translate_goes_on():
    from learnet.applications.translate import load_translator, resume_translator

    make_data.write_pairs(Path())
    told = EXPECTED["interrupted"]["translate"]["result"]
    if run := gone_on_with("translate", lambda folder: resume_translator(folder, progress=QUIET)):
        history_is(run.folder, told)
        weights_are(load_translator(run.bundle).networks.trainer.get_weights(), told)


def test_gan_goes_on():
    from learnet.gan import GanConfig, train_gan

    networks, told = make_data.gan_networks(), EXPECTED["interrupted"]["gan"]
    config = GanConfig(**{name: value for name, value in told["config"].items() if name != "examples"})
    given = (networks.generator, networks.discriminator, make_data.gan_examples())
    if gone_on_with("gan", lambda folder: train_gan(*given, config=config, folder=folder, resume=True)):
        history_is(Path("gan"), told["result"])
        weights_are(networks.generator.get_weights() + networks.discriminator.get_weights(), told["result"])


def test_drive_goes_on_with_its_recording_and_is_refused_without():
    from learnet.applications.drive import record, resume_driver, simulator_is_installed

    folder = stored_run("drive", "interrupted")
    file = folder / "drive.json"
    told = json.loads(file.read_text())
    assert told["recording"] == "RECORDING"
    with pytest.raises(LearnetError) as caught:
        resume_driver(folder)
    assert "\n" not in str(caught.value)
    if "drive" in MAY_BE_REFUSED or not simulator_is_installed():
        return
    recording = record("recording", tracks=2, seed=0, most_steps=64)
    assert list(recording.tracks) == told["tracks"]
    file.write_text(json.dumps({**told, "recording": str(recording.folder.resolve())}))
    run = resume_driver(folder)
    assert [row.epoch for row in run.fitted.history] == [1, 2]
