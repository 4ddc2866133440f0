"""Contracts of every command: what its schema declares is what the command line takes, repeats and refuses."""

import json
import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from learnet.cli.app import app
from learnet.cli.build import parse, schema_of
from learnet.cli.reference import verbs
from learnet.core import UsageError
from learnet.options.common import ResumeOption
from learnet.options.schema import extra_of, flag_of, written
from options_drawn import TEXTS, bad_texts_of, is_positional, values_of

VERBS = verbs()
_NEEDED = {"train": {"model": "mlp"}, "tune": {"model": "mlp"}}
_DRAWN = {
    "train": {
        "model": st.sampled_from(["mlp", "lenet5", "cifar-net"]),
        "recipe": st.sampled_from(["plain", "cifar10-fast"]),
    },
    "tune": {"space": st.none() | TEXTS},
}


def words_of(name, *more):
    """A command line without the program's and the verb's name that asks for as little as possible."""
    config = VERBS[name].config
    places = ["nowhere" for place in config.positional() if config.model_fields[place].is_required()]
    return [
        *places,
        *(word for option, value in _NEEDED.get(name, {}).items() for word in (f"--{option}", value)),
        *more,
    ]


def run(name, *words):
    return CliRunner().invoke(app, [*name.split(), *words, "--quiet"])


@st.composite
def configs(draw, name):
    """A configuration of a verb with any values that its schema allows."""
    config = VERBS[name].config
    strategies = {option: values_of(field) for option, field in config.visible().items()} | _DRAWN.get(name, {})
    chosen = draw(st.sets(st.sampled_from(sorted(strategies)))) if strategies else set()
    required = {option for option, field in config.visible().items() if field.is_required()}
    drawn = {option: draw(strategies[option]) for option in sorted(chosen | required)}
    drawn |= {"flip": True} if drawn.get("alternate") else {}
    if name == "tune":
        network = draw(st.sampled_from(["model", "backbone"]))
        drawn = {**drawn, "model": None, "backbone": None, "mode": "head", network: "mlp"}
        drawn["mode"] = draw(st.sampled_from(["head", "partial"])) if network == "backbone" else "head"
    return config(**config.acting(drawn))


@pytest.mark.parametrize("name", VERBS)
def test_a_configuration_survives_its_own_command(name):
    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(configs(name))
    def holds(config):
        words = shlex.split(config.command())
        start = ["learnet", *name.split()]
        assert words[: len(start)] == start
        assert parse(VERBS[name], words[len(start) :]) == config

    holds()


@pytest.mark.parametrize("name", VERBS)
def test_a_configuration_survives_json(name):
    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(configs(name))
    def holds(config):
        assert type(config).from_json(json.loads(json.dumps(config.to_json()))) == config

    holds()


FLAGS = [
    (name, option)
    for name, verb in VERBS.items()
    for option, field in verb.config.visible().items()
    if not written(field).metavar
]


@pytest.mark.parametrize(("name", "option"), FLAGS)
def test_every_truth_value_has_both_forms(name, option):
    flag = flag_of(option, VERBS[name].config.model_fields[option])
    beside = ["--flip"] if option == "alternate" else ["--optimizer", "sgd"] if option == "nesterov" else []
    beside += ["--mode", "partial"] if option == "keep_mode" else []
    for word, value in ((f"--{flag}", True), (f"--no-{flag}", False)):
        assert getattr(parse(VERBS[name], words_of(name, *beside, word)), option) is value


@pytest.mark.parametrize("flag", ["flip", "alternate", "test_time_flip", "nesterov"])
def test_a_recipe_can_be_told_not_to(flag):
    words = ["cifar10", "--recipe", "cifar10-fast"]
    assert getattr(parse(VERBS["train"], words), flag) is True
    more = ["--no-flip", "--no-alternate"] if flag in ("flip", "alternate") else [f"--no-{flag.replace('_', '-')}"]
    assert getattr(parse(VERBS["train"], [*words, *more]), flag) is False


BAD = [
    (name, option, bad)
    for name, verb in VERBS.items()
    for option, field in verb.config.visible().items()
    if not is_positional(field) and written(field).metavar
    for bad in bad_texts_of(field)
]


@pytest.mark.parametrize(("name", "option", "bad"), BAD)
def test_a_bad_value_is_refused_before_anything_is_read(name, option, bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what the command names is not there: the option is what it stumbles over
    flag = flag_of(option, VERBS[name].config.model_fields[option])
    result = run(name, *words_of(name, f"--{flag}={bad}"))
    assert result.exit_code == 2
    assert f"learnet: --{flag}" in result.stderr
    assert "received" in result.stderr
    assert not list(tmp_path.iterdir())


RESUMED = [
    (name, option)
    for name, verb in VERBS.items()
    if ResumeOption in verb.also
    for option, field in verb.config.visible().items()
    if not is_positional(field) and not extra_of(field).get("resumable")
]
_WORDS = {
    "a height and a width such as 224x224": "8x8",
    "NAME=VALUE, for example hidden=300,100": "a=b",
    "on, off or auto": "auto",
}


@pytest.mark.parametrize(("name", "option"), RESUMED)
def test_resuming_refuses_all_other_options(name, option):
    field = VERBS[name].config.model_fields[option]
    flag = flag_of(option, field)
    word = f"--{flag}={_WORDS.get(written(field).words, '3')}" if written(field).metavar else f"--no-{flag}"
    result = run(name, "--resume", "somewhere", word)
    assert result.exit_code == 2
    assert f"received --{flag}, too" in result.stderr


@pytest.mark.parametrize("name", VERBS)
def test_the_schema_is_one_json_object(name):
    told = json.loads(run(name, "--schema").stdout)
    assert told == json.loads(json.dumps(schema_of(VERBS[name])))
    config = VERBS[name].config
    assert told["title"] == f"learnet {name}"
    assert [*told["properties"]][: len(config.visible())] == [*config.visible()]
    for option, field in config.visible().items():
        assert told["properties"][option]["description"]
        assert ("default" in told["properties"][option]) != field.is_required()
        assert is_positional(field) or told["properties"][option]["flag"] == f"--{flag_of(option, field)}"


def test_the_schema_tells_units_groups_and_bounds():
    told = schema_of(VERBS["train"])["properties"]
    assert told["crop"] == {
        "type": "integer",
        "minimum": 0,
        "default": 0,
        "description": "Crop to the original size after padding by reflection.",
        "group": "Augmentation",
        "unit": "pixels",
        "title": "Crop",
        "flag": "--crop",
    }
    assert told["epochs"]["default"] == 40  # of the recipe that is used where none is named
    assert told["decay"]["only"] == {"schedule": ["step"]}
    assert told["optimizer"]["enum"] == ["sgd", "muon", "adagrad", "rmsprop", "adam", "adamw"]


@pytest.mark.parametrize("name", VERBS)
def test_the_overview_says_what_the_command_says(name):
    first = (VERBS[name].config.__doc__ or "").strip().splitlines()[0]
    group, _, inner = name.partition(" ")
    overview = CliRunner().invoke(app, [group, "--help"] if inner else ["--help"], env={"COLUMNS": "300"}).output
    assert first in " ".join(overview.split())


def test_an_unknown_option_is_answered_by_the_nearest():
    result = run("transfer", "digits", "--sede", "1")
    assert result.exit_code == 2
    assert "--seed" in result.stderr


@pytest.mark.parametrize("text", ["10min", "10m", "600s", "600"])
def test_all_commands_understand_durations_alike(text):
    limited = [name for name, verb in VERBS.items() if "time_limit" in verb.config.model_fields]
    assert {"transfer", "tune", "compare", "translate train", "colourise train", "drive train"} <= set(limited)
    for name in limited:
        assert parse(VERBS[name], words_of(name, "--time-limit", text)).time_limit == 600


def test_a_size_has_two_sides():
    assert parse(VERBS["train"], words_of("train", "--input-size", "64x32")).input_size == (64, 32)
    assert parse(VERBS["train"], words_of("train", "--input-size", "64")).input_size == (64, 64)
    with pytest.raises(UsageError, match=r"--input-size must be a height and a width such as 224x224; received"):
        parse(VERBS["train"], words_of("train", "--input-size", "224x224x3"))


def test_an_option_without_an_effect_is_refused():
    with pytest.raises(UsageError) as refused:
        parse(VERBS["transfer"], ["photos", "--epochs", "3"])
    assert str(refused.value) == (
        "--epochs works with mode partial, full or auto only; received 3 with mode head. Leave it out."
    )


def test_a_dry_run_says_what_would_be_done_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    told = json.loads(run("train", "digits", "--model", "mlp", "--epochs", "3", "--dry-run", "--json").stdout)
    assert told["command"] == "learnet train digits --model mlp --epochs 3"
    assert told["photos"] == {"train": 1295, "validation": 143, "test": 359}
    assert "3 epochs of 21 steps" in told["forecast"][0]
    assert not (tmp_path / "runs").exists()
    shown = run("tune", "digits", "--model", "mlp", "--trials", "4", "--dry-run").stdout
    assert "4 trials of up to 40 epochs" in shown
    assert "Nothing was run" in shown
