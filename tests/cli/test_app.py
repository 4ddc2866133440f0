import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import learnet
from learnet.cli.app import app

VERBS = ("transfer", "tune", "predict", "evaluate", "check", "models", "chart", "reproduce", "cache", "doctor")
_HELP = """
import sys
from learnet.cli import main
sys.argv = {argv!r}
try:
    main()
finally:
    heavy = {{"keras", "tensorflow", "openvino", "sklearn", "matplotlib", "numpy", "cv2"}} & set(sys.modules)
    print("heavy:", sorted(heavy), file=sys.stderr)
"""


@pytest.mark.parametrize("argv", [["learnet", "--help"], ["learnet", "transfer", "--help"], ["learnet", "--version"]])
def test_help_loads_nothing_heavy(argv):
    done = subprocess.run([sys.executable, "-c", _HELP.format(argv=argv)], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.strip() == "heavy: []"


@pytest.mark.parametrize("argv", [["learnet", "--help"], ["learnet", "--version"]])
def test_the_overview_loads_no_schema(argv):
    code = (
        _HELP.format(argv=argv)
        .replace('{"keras"', '{"pydantic", "keras"')
        .replace(
            'print("heavy:"',
            'heavy |= {name for name in sys.modules if name.startswith("learnet.options")}; print("heavy:"',
        )
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.strip() == "heavy: []"


def test_help_lists_every_verb_and_every_verb_offers_json():
    runner = CliRunner()
    overview = runner.invoke(app, ["--help"]).output
    for verb in VERBS:
        assert verb in overview
        assert "--json" in runner.invoke(app, [verb, "--help"], env={"COLUMNS": "200"}).output


def test_version_is_the_packages():
    assert CliRunner().invoke(app, ["--version"]).output == f"learnet {learnet.__version__}\n"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["tranfser"], "transfer"),
        (["transfer", "digits", "--sede", "1"], "--seed"),
        (["transfer", "digits", "--backbone", "resnet5", "--quiet"], "resnet50"),
        (["transfer", "digts", "--quiet"], "digits"),
        (["transfer", "digits", "--balance", "x", "--quiet"], "auto"),
        (["transfer", "digits", "--seed", "-1"], "0"),
        (["check", "no/such/folder"], "no/such/folder"),
        (["reproduce", "perceptron-buond", "--quiet"], "perceptron-bound"),
        (["transfer"], "On which photos?"),
    ],
)
def test_wrong_use_gets_a_sentence_and_exit_code_two(words, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert "Traceback" not in result.stderr


def test_a_failure_with_json_is_one_object_on_the_last_line(tmp_path):
    result = CliRunner().invoke(app, ["predict", str(tmp_path / "none"), "photo.jpg", "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["exit_code"] == 1
    assert f"There is no bundle at '{tmp_path / 'none'}'" in told["error"]
    assert told["error"] in result.stderr
