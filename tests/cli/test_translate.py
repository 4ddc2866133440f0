import json

import pytest
from typer.testing import CliRunner

from learnet.cli.app import app


def invoke(*words):
    return CliRunner().invoke(app, ["translate", *map(str, words)])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train"], "From which pairs?"),
        (["train", "a.de", "b.en", "--resume", "run"], "give it nothing but the run's folder"),
        (
            ["train", "--resume", "run", "--swap", "--seed", "0"],
            "if you want to, --time-limit; received --swap, --seed",
        ),
        (["train", "a.de", "b.en", "--units", "0"], "--units must be at least 1 and at most 4096; received 0"),
        (
            ["train", "a.de", "b.en", "--units", "6x"],
            "--units must be a whole number, at least 1 and at most 4096; received '6x'",
        ),
        (["train", "a.de", "b.en", "--time-limit", "soon"], "90s, 10m or 1h"),
        (["train", "a.de", "b.en", "--heads", "2"], "--heads works with model transformer only"),
        (["train", "no.de", "no.en", "--model", "transformer", "--embedding", "30"], "a multiple of twice its heads"),
        (["train", "a", "b", "c"], "received 3 files"),
        (["train", "--resume", "no-run"], "no run that can be resumed"),
        (["apply", "no-bundle", "Ein Hund.", "--beam", "0"], "--beam must be at least 1 and at most 100; received 0"),
    ],
)
def test_wrong_use_gets_a_sentence(words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*words, "--quiet")
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("de", "en", "sentence"),
    [
        (b"eins\nzwei\n", b"one\n", "2 lines"),
        ("Hündin\n".encode("latin-1"), b"dog\n", "line 1 holds the byte 0xfc"),
        (b"\n\n", b"\n\n", "No pair of sentences is left of the 2 lines"),
        (b"eins\n", b"one\n", "too few to train"),
    ],
)
def test_files_that_cannot_be_used_get_a_sentence(de, en, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.de").write_bytes(de)
    (tmp_path / "b.en").write_bytes(en)
    result = invoke("train", "a.de", "b.en", "--json")
    assert result.exit_code == 1
    assert sentence in json.loads(result.stdout)["error"]
    assert not (tmp_path / "runs").exists()


def test_a_bundle_that_is_none(tmp_path):
    result = invoke("apply", tmp_path / "none", "Ein Hund.", "--json", "--quiet")
    assert result.exit_code == 1
    assert "There is no bundle" in json.loads(result.stdout)["error"]


def test_both_verbs_explain_themselves():
    assert "multi30k" in CliRunner().invoke(app, ["translate", "train", "--help"], env={"COLUMNS": "200"}).output
    assert "--attention" in CliRunner().invoke(app, ["translate", "apply", "--help"], env={"COLUMNS": "200"}).output
