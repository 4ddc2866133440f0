import importlib
import json

from typer.testing import CliRunner

from learnet.cli.app import app
from learnet.core import Registry
from learnet.experiments import EXPERIMENTS, Experiment, Outcome, Threshold


def run(*arguments):
    return CliRunner().invoke(app, ["reproduce", *arguments])


def last_line(result):
    return json.loads(result.stdout.splitlines()[-1])


def test_without_a_name_the_experiments_are_listed():
    listed = last_line(run("--json"))["experiments"]
    assert [row["name"] for row in listed] == EXPERIMENTS.names()
    assert listed[0]["measured"] is None
    assert "learnet reproduce NAME" in run().stdout


def test_a_row_tells_the_paper_the_number_and_whether_it_holds():
    result = run("perceptron-logic", "svm-xor", "--quick", "--seeds", "1", "--json")
    assert result.exit_code == 0
    logic, xor = last_line(result)["experiments"]
    assert {"name", "paper", "reference", "measured", "threshold", "holds"} <= set(logic)
    assert (logic["name"], logic["measured"], logic["threshold"], logic["holds"]) == (
        "perceptron-logic",
        "errors 0",
        "errors at most 0",
        True,
    )
    assert xor["values"]["support vectors"] == [4]
    assert "perceptron-logic" in run("perceptron-logic", "--quick").stdout


def test_a_page_can_be_asked_for(tmp_path):
    result = run("svm-xor", "--quick", "--out", str(tmp_path / "PAGE.md"), "--quiet")
    assert result.exit_code == 0
    assert str(tmp_path / "PAGE.md") in result.stdout
    assert "1 of 1 claims hold." in (tmp_path / "PAGE.md").read_text(encoding="utf-8")


def test_interrupted_it_tells_what_is_done(monkeypatch):
    def stop(*, seeds, quick, progress):
        raise KeyboardInterrupt

    def go(*, seeds, quick, progress):
        return Outcome(measured={"x": [1]})

    options = {"title": "T", "paper": "P", "reference": "R", "thresholds": (Threshold(of="x", at_least=1),)}
    fakes = Registry(
        "experiment", [Experiment(name="go", run=go, **options), Experiment(name="stop", run=stop, **options)]
    )
    monkeypatch.setattr(importlib.import_module("learnet.experiments.reproduce"), "EXPERIMENTS", fakes)
    result = run("go", "stop", "--json")
    assert result.exit_code == 130
    assert [row["name"] for row in last_line(result)["experiments"]] == ["go"]
    assert "Interrupted. Done so far: 1." in result.stderr


def test_all_and_names_do_not_go_together():
    result = run("xor", "--all")
    assert result.exit_code == 2
    assert "leave out xor, or leave out --all" in result.stderr
