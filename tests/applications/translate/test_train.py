"""One tiny run from files to translations, interrupted and gone on with."""

import csv
import html
import json
import re
import shlex
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from learnet.applications.translate import (
    TranslateConfig,
    load_translator,
    resume_translator,
    train_translator,
    translate_text,
)
from learnet.applications.translate import train as conductor
from learnet.applications.translate.lesson import make_lesson
from learnet.cli.app import app
from learnet.cli.build import parse
from learnet.cli.translate import TRAIN
from learnet.core import DataError, LearnetError, Silent, UsageError
from tiny_pairs import ENGLISH, GERMAN

pytestmark = pytest.mark.slow

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
    with pytest.raises(UsageError, match="an unfinished run with other options: beam 2, now 3"):
        train_translator(files, epochs=40, seed=1, out=out, progress=Stopper(), **{**SMALL, "beam": 3})
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


def test_it_went_on_as_if_it_had_not_been_interrupted(run, files, tmp_path):
    whole = train_translator(files, epochs=40, seed=1, out=tmp_path / "whole", progress=Silent(), **SMALL)
    assert whole.fitted.history == run.fitted.history
    assert whole.tested.scores == run.tested.scores
    one, other = (load_translator(each.bundle).networks.trainer.get_weights() for each in (whole, run))
    for mine, theirs in zip(one, other, strict=True):
        assert np.array_equal(mine, theirs)


def test_other_sentences_are_no_resumption(run, files, tmp_path):
    told = json.loads((run.folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**told, "notes": {"fingerprint": "0"}}))
    with pytest.raises(LearnetError, match=r"are not those that the run in '.*' was started with"):
        resume_translator(tmp_path, progress=Silent())
    with pytest.raises(UsageError, match="no run that can be resumed"):
        resume_translator(tmp_path / "none", progress=Silent())


def test_wrong_requests(files, tmp_path):
    with pytest.raises(UsageError, match="no option of translate train named 'colour'"):
        train_translator(files, colour="red")
    with pytest.raises(UsageError, match="time_limit must be greater than 0; received -1"):
        train_translator(files, time_limit=-1.0)
    with pytest.raises(UsageError, match="vocabulary must be at least 30 and at most 131072; received 3"):
        train_translator(files, vocabulary=3)
    with pytest.raises(UsageError, match="embedding must be a multiple of twice its heads; received 30 with 4"):
        train_translator([tmp_path / "a", tmp_path / "b"], model="transformer", embedding=30)
    with pytest.raises(DataError, match="There is no file"):
        train_translator([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(UsageError, match="either a text or bytes"):
        translate_text(tmp_path)
    with pytest.raises(DataError, match=r"There is no file 'letter\.txt'"):
        translate_text(tmp_path, text="letter.txt")


def test_the_command_repeats_the_configuration():
    config = TranslateConfig(data=("a.de", "b.en"), model="plain", reverse=True, units=64, seed=3)
    assert config.command() == "learnet translate train a.de b.en --model plain --reverse --units 64 --seed 3"
    assert TranslateConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_the_report_says_a_command_that_a_shell_reads_as_it_was_meant(run):
    awkward = run.config.replace(data=("my 'own' pairs.de", "b$1.en"), encoding="utf-8", ema=None, time_limit=90.0)
    words = shlex.split(awkward.command())
    assert words[:5] == ["learnet", "translate", "train", "my 'own' pairs.de", "b$1.en"]
    assert parse(TRAIN, words[3:]) == awkward
    section = run.report.read_text(encoding="utf-8").partition('id="reproduce"')[2]
    command = html.unescape(re.search("<code>(.*?)</code>", section)[1])
    assert parse(TRAIN, shlex.split(command)[3:]) == run.config


def test_the_same_folder_twice(run, files, tmp_path):
    with pytest.raises(UsageError, match=r"holds a finished run\. Choose another --out"):
        train_translator(files, epochs=40, seed=1, out=run.folder, **SMALL)
    out = tmp_path / "again"
    with pytest.raises(KeyboardInterrupt):
        train_translator(files, epochs=3, seed=1, out=out, progress=Stopper(), **SMALL)
    gone_on = train_translator(files, epochs=3, seed=1, out=out, progress=Silent(), **SMALL)
    whole = train_translator(files, epochs=3, seed=1, out=tmp_path / "whole", progress=Silent(), **SMALL)
    assert gone_on.fitted.history == whole.fitted.history
    assert gone_on.tested.each == whole.tested.each


def test_vocabularies_of_a_run_that_never_got_to_a_checkpoint_are_not_used(run, files, tmp_path):
    shutil.copytree(run.folder, tmp_path / "old", ignore=shutil.ignore_patterns("*checkpoint*", "run.json"))
    lesson = make_lesson(tmp_path / "old", conductor._open(run.config), run.config.replace(vocabulary=30), resume=False)
    assert len(lesson.source) < len(load_translator(run.bundle).source)


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_the_precision_is_decided_once_and_the_bundle_is_float32(files, tmp_path, precision):
    out, small = tmp_path / "run", {**SMALL, "precision": precision}
    with pytest.raises(KeyboardInterrupt):
        train_translator(files, epochs=3, out=out, progress=Stopper(), **small)
    told = json.loads((out / "config.json").read_text())
    assert told["asked"]["precision"] == precision
    assert told["used"]["precision"] in ({"bfloat16"} if precision == "bfloat16" else {"float32", "bfloat16"})
    told["used"]["precision"] = "bfloat16"
    (out / "config.json").write_text(json.dumps(told))
    done = train_translator(files, epochs=3, out=out, progress=Silent(), **small)
    assert done.config.precision == "bfloat16"
    found = load_translator(done.bundle).networks.trainer
    assert {str(variable.dtype) for variable in found.weights} == {"float32"}
    assert {layer.compute_dtype for layer in found.layers} == {"float32"}


def test_a_resumption_may_take_another_time_and_a_first_run_counts_its_epochs(files, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_translator(files, time_limit=600, out=out, progress=Stopper(), **SMALL)
    told = json.loads((out / "config.json").read_text())
    assert told["asked"]["epochs"] is None
    assert 2 <= told["used"]["epochs"] <= 100
    done = resume_translator(out, time_limit=0.001, progress=Silent())
    assert done.config.time_limit == 0.001
    assert done.fitted.reason.startswith("The time was up after 1 of")


def test_a_plan_trains_nothing(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["translate", "train", *map(str, files), "--vocabulary", "60", "--embedding", "16", "--units", "24"]
    result = CliRunner().invoke(app, [*words, "--pieces", "60", "--dry-run", "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["photos"] == {"train": 33, "validation": 2, "test": 2}
    assert " of training: 30 epochs of " in told["forecast"][0]
    assert list(tmp_path.iterdir()) == []
