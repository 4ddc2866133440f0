import json

from typer.testing import CliRunner

from learnet.cli.app import app
from learnet.models import ARCHITECTURES


def run(*arguments):
    return CliRunner().invoke(app, ["models", *arguments])


def test_json_lists_every_network_with_its_costs():
    rows = {row["name"]: row for row in json.loads(run("--json").stdout.splitlines()[-1])["models"]}
    assert list(rows) == ARCHITECTURES.names()
    vgg = rows["vgg-a"]
    assert (vgg["parameters"], vgg["trainable_parameters"], vgg["input_size"], vgg["year"]) == (
        132_863_336,
        132_863_336,
        [224, 224],
        2014,
    )
    assert rows["googlenet"]["parameters"] - rows["googlenet"]["parameters_at_inference"] == 6_379_728


def test_one_network_shows_its_arithmetic():
    shown = run("LeNet5_paper")
    assert shown.exit_code == 0
    assert "60,000 parameters" in shown.stdout
    assert "(14 - 5 + 0) / 1 + 1 = 10" in shown.stdout


def test_unknown_network_is_a_sentence():
    failed = run("alexnot")
    assert failed.exit_code == 2
    assert "There is no architecture named 'alexnot'" in failed.stderr
