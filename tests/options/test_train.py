import json
import re
import shlex

import pytest

from learnet.cli.build import parse
from learnet.cli.train import VERB
from learnet.core import LearnetError, UsageError
from learnet.options.schema import extra_of
from learnet.training import RECIPES, Augmentation, TrainConfig, TrainingConfig

CONFIGS = {
    "plain": TrainConfig(data="my photos", model="mlp"),
    "recipe": TrainConfig.of(data="my photos", model="mlp"),
    "another recipe": TrainConfig.of(data="cifar10", recipe="cifar10-accurate", optimizer="adam", ema=None, hardest=1),
    "much": TrainConfig(
        data="photos",
        model="mlp",
        options={"hidden": [300, 100], "activation": "tanh"},
        input_size=(20, 30),
        dropout=0.25,
        precision="bfloat16",
        test_time_flip=True,
        test_time_shift=2,
        validation_fraction=0.2,
        train_per_class=7,
        label_depth=2,
        group_by=r"(\d+)_",
        tensorboard=True,
        epochs=3,
        batch_size=8,
        loss="squared-hinge",
        optimizer="sgd",
        learning_rate=0.125,
        momentum=0.5,
        nesterov=True,
        schedule="step",
        milestones=(1, 2),
        decay=0.5,
        l2=1e-4,
        ema=0.95,
        patience=2,
        jit="auto",
        deterministic=True,
        seed=9,
        flip=True,
        crop=2,
        rotation=5.5,
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_json_gives_the_configuration_back(name):
    config = CONFIGS[name]
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("name", CONFIGS)
def test_the_command_line_repeats_the_configuration(name):
    config = CONFIGS[name]
    words = shlex.split(config.command())
    assert words[:2] == ["learnet", "train"]
    assert parse(VERB, words[2:]) == config


def test_a_command_says_nothing_of_what_only_the_run_sets():
    for model in ("mlp", "svm"):
        config = TrainConfig.of(data="photos", model=model, class_weights="balanced")
        settled = config.replace(label_weights=(0.5, 1.5))
        assert settled.command() == config.command() == f"learnet train photos --model {model} --class-weights balanced"


def test_every_setting_has_a_name_and_no_name_is_without_a_setting():
    for owner in (TrainingConfig, Augmentation):
        assert owner.model_fields.keys() <= TrainConfig.model_fields.keys()
    hidden = {name for name, field in TrainConfig.model_fields.items() if extra_of(field).get("hidden")}
    assert hidden == {"label_weights"}
    assert TrainConfig.visible().keys() == TrainConfig.model_fields.keys() - hidden
    config = CONFIGS["much"]
    assert config.values().keys() == TrainConfig.model_fields.keys()
    assert config.training.values() == {name: config.values()[name] for name in TrainingConfig.model_fields}


def test_changes_reach_their_owner():
    config = TrainConfig(data="", model="mlp").replace(epochs=2, mixup=0.2, class_weights="balanced", dropout=0.1)
    assert (config.training.epochs, config.training.augmentation.mixup) == (2, 0.2)
    assert (config.class_weights, config.training.label_weights, config.dropout) == ("balanced", None, 0.1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epoch": 2}, "There is no option of train named 'epoch'. Did you mean 'epochs'? Known: "),
        ({"epochs": 0}, "epochs must be at least 1; received 0."),
        ({"epochs": "many"}, "epochs must be a whole number, at least 1; received 'many'."),
        ({"epochs": 2.5}, "epochs must be a whole number, at least 1; received 2.5."),
        (
            {"precision": "float16"},
            "precision must be one of float32, bfloat16, auto; received 'float16'. Did you mean 'bfloat16'?",
        ),
        ({"loss": "mse"}, "loss must be one of cross-entropy, hinge, squared-hinge; received 'mse'."),
        (
            {"validation_fraction": 1.0},
            "validation_fraction must be greater than 0 and less than 1; received 1.0.",
        ),
        ({"class_weights": "balance"}, "class_weights must be one of none, balanced; received 'balance'."),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(change, said):
    config = TrainConfig(data="", model="mlp")
    for refused in (config.replace, config.adapted, lambda **given: TrainConfig.of(data="", model="mlp", **given)):
        with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
            refused(**change)


def test_a_network_must_be_named():
    said = "Which network? Give model=NAME (--model NAME); 'learnet models' lists them."
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        TrainConfig.of(data="photos")


def test_a_configuration_of_another_version_is_refused():
    with pytest.raises(LearnetError, match="another version"):
        TrainConfig.from_json({**CONFIGS["plain"].to_json(), "colour_space": "lab"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": 3, "learning_rate": 0.1, "flip": True}, "epochs, flip, learning_rate would change nothing"),
        ({"recipe": "cifar10-fast"}, "recipe would change nothing. Leave it out"),
        ({"tensorboard": True}, "tensorboard would change nothing"),
        ({"options": {"support_vectors": [9]}}, "found by solving"),
        ({"options": {"kernel": "rbf", "degree": [2]}}, "Only the kernel 'polynomial' has a degree"),
        ({"epoch": 3}, "There is no option of train named 'epoch'. Did you mean 'epochs'"),
    ],
)
def test_settings_of_gradient_descent_are_refused_where_weights_are_solved_for(given, said):
    with pytest.raises(UsageError, match=said):
        TrainConfig.of(data="photos", model="svm", **given)


def test_a_solved_network_takes_nothing_from_the_recipe():
    options = {"kernel": "polynomial", "degree": [2]}
    given = {"options": options, "input_size": (8, 8), "class_weights": "balanced", "seed": 4}
    config = TrainConfig.of(data="photos", model="svm", **given)
    assert config.training == TrainingConfig(seed=4)
    assert config.command() == (
        "learnet train photos --model svm --option kernel=polynomial --option degree=2 --input-size 8x8 "
        "--class-weights balanced --seed 4"
    )


def test_a_recipe_brings_its_network_and_another_network_leaves_its_options():
    settings = RECIPES["cifar10-fast"].settings
    mine = TrainConfig.of(data="cifar10", recipe="cifar10-fast")
    assert {name: getattr(mine, name) for name in settings} == settings
    other = TrainConfig.of(data="cifar10", recipe="cifar10-fast", model="resnet20")
    assert (other.model, other.options, other.training.epochs) == ("resnet20", {}, settings["epochs"])
    assert other.values() == {**mine.values(), "model": "resnet20", "options": {}}


def test_another_optimiser_leaves_the_factors_that_it_does_not_have():
    recipe = TrainConfig.of(data="cifar10", recipe="cifar10-fast").training
    assert recipe.rest_rate != 1
    descent = TrainConfig.of(data="cifar10", recipe="cifar10-fast", optimizer="sgd").training
    assert (descent.rest_rate, descent.offset_rate) == (1, recipe.offset_rate)
    adam = TrainConfig.of(data="cifar10", recipe="cifar10-fast", optimizer="adam").training
    assert (adam.rest_rate, adam.offset_rate) == (1, 1)
    with pytest.raises(
        UsageError,
        match=r"^rest_rate works with optimizer muon only; received 2\.0 with optimizer adam\. Leave it out\.$",
    ):
        TrainConfig.of(data="cifar10", recipe="cifar10-fast", optimizer="adam", rest_rate=2.0)
