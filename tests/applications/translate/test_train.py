"""One tiny run from files to translations, interrupted and gone on with."""

import csv
import json

import numpy as np
import pytest

from learnet.applications.translate import (
    TranslateConfig,
    load_translator,
    resume_translator,
    train_translator,
    translate_text,
)
from learnet.applications.translate import train as conductor
from learnet.core import DataError, LearnetError, Silent, UsageError
from tiny_pairs import ENGLISH, GERMAN

SMALL = {
    "vocabulary": 60,
    "embedding": 16,
    "units": 24,
    "dropout": 0.0,
    "label_smoothing": 0.0,
    "learning_rate": 0.02,
    "pieces": 60,
    "ema": None,
    "longest": 30,
    "precision": "float32",
    "beam": 2,
}


class Stopper(Silent):
    """Interrupts after an epoch, as Ctrl-C does."""

    def say(self, line):
        if line.startswith("Epoch 2:"):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    (folder / "a.de").write_text("\n".join([*GERMAN, "", "x " * 40]) + "\n", encoding="utf-8")
    (folder / "b.en").write_text("\n".join([*ENGLISH, "", "y"]) + "\n", encoding="utf-8")
    return [folder / "a.de", folder / "b.en"]


@pytest.fixture(scope="module")
def run(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    with pytest.raises(KeyboardInterrupt, match=f"^Interrupted. Go on with: learnet translate train --resume {out}$"):
        train_translator(files, epochs=40, seed=1, out=out, progress=Stopper(), **SMALL)
    with pytest.raises(UsageError, match="holds a training that was interrupted"):
        train_translator(files, epochs=40, seed=1, out=out, progress=Stopper(), **SMALL)
    return resume_translator(out, progress=Silent())


def test_it_learns_a_small_language(run):
    assert len(run.fitted.history) == 40
    assert run.fitted.history[-1].accuracy > 0.95
    assert run.fitted.history[-1].val_accuracy > 0.7
    assert run.tested.scores.chrf > 40


def test_everything_is_left_behind(run):
    told = json.loads((run.folder / "run.json").read_text())
    assert told["result"]["bleu_lowercase"] == run.tested.scores.bleu_lowercase
    assert told["config"] == run.config.to_json()
    assert run.n_train + run.n_val + run.n_test + run.n_skipped == len(GERMAN) + 2
    with (run.folder / "skipped.csv").open(encoding="utf-8") as file:
        reasons = [row["reason"] for row in csv.DictReader(file)]
    assert reasons[0] == "empty line"
    with (run.folder / "translations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["translation"] for row in rows] == [each.text for each in run.tested.translations]
    page = run.report.read_text(encoding="utf-8")
    assert "Greedy and with a beam" in page
    assert page.count("<svg") == 1 + len(run.examples)


def test_the_bundle_translates_files_sentences_and_bytes(run, tmp_path):
    (tmp_path / "in.txt").write_text(f"{GERMAN[0]}\r\n\r\n☃ {GERMAN[1]}\r\n", encoding="utf-8")
    done = translate_text(run.bundle, text=str(tmp_path / "in.txt"), beam=2, out=tmp_path / "out.txt")
    lines = (tmp_path / "out.txt").read_text(encoding="utf-8").split("\n")
    assert lines == [*(each.text for each in done.translations), ""]
    assert len(done.translations) == 3
    assert done.remarks == (
        "1 empty lines stay empty (2).",
        "Some characters were never seen in training and are not understood (line 3: ☃).",
    )
    alone = translate_text(run.bundle, text=GERMAN[0], beam=2, attention=tmp_path / "a.png")
    assert alone.translations[0].text == lines[0]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert translate_text(run.bundle, content=GERMAN[0].encode("utf-16"), beam=2).translations[0].text == lines[0]
    assert json.dumps(alone.to_json())


def test_it_went_on_as_if_it_had_not_been_interrupted(run, tmp_path):
    lesson = conductor._prepare(tmp_path, conductor._open(run.config), run.config, progress=Silent())
    fitted = conductor._fit(tmp_path, lesson, run.config, deadline=None, resume=False, progress=Silent())
    assert fitted.history == run.fitted.history
    weights = load_translator(run.bundle).networks.trainer.get_weights()
    for one, other in zip(lesson.networks.trainer.get_weights(), weights, strict=True):
        assert np.array_equal(one, other)


def test_other_sentences_are_no_resumption(run, files, tmp_path):
    told = json.loads((run.folder / "translate.json").read_text())
    begun = json.loads((run.folder / "begun.json").read_text())
    (tmp_path / "translate.json").write_text(json.dumps(told))
    (tmp_path / "begun.json").write_text(json.dumps({**begun, "fingerprint": "0"}))
    with pytest.raises(LearnetError, match="are not those that the run was begun with"):
        resume_translator(tmp_path, progress=Silent())
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume_translator(tmp_path / "none", progress=Silent())


def test_wrong_requests(files, tmp_path):
    with pytest.raises(UsageError, match="no such setting"):
        train_translator(files, colour="red")
    with pytest.raises(UsageError, match="time limit"):
        train_translator(files, time_limit=-1.0)
    with pytest.raises(UsageError, match="vocabulary must be at least 30"):
        train_translator(files, vocabulary=3)
    with pytest.raises(DataError, match="There is no file"):
        train_translator([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(UsageError, match="either a text or bytes"):
        translate_text(tmp_path)
    with pytest.raises(DataError, match=r"There is no file 'letter\.txt'"):
        translate_text(tmp_path, text="letter.txt")


def test_the_command_repeats_the_configuration():
    config = TranslateConfig(data=("a.de", "b.en"), model="plain", reverse=True, units=64, seed=3)
    assert config.command() == "learnet translate train a.de b.en --model plain --units 64 --reverse --seed 3"
    assert TranslateConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
