import json
import shlex
from dataclasses import fields

import pytest
import typer

from learnet.cli.app import app
from learnet.core import LearnetError, UsageError
from learnet.training import RECIPES, Augmentation, TrainConfig, TrainingConfig
from learnet.training.changes import TrainingChanges, changed
from learnet.training.train import configure

CONFIGS = {
    "plain": TrainConfig(data="my photos", model="mlp"),
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
        training=TrainingConfig(
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
            augmentation=Augmentation(flip=True, crop=2, rotation=5.5),
        ),
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_json_gives_the_configuration_back(name):
    config = CONFIGS[name]
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("name", CONFIGS)
def test_the_command_line_repeats_the_configuration(name, monkeypatch):
    config, told = CONFIGS[name], {}
    monkeypatch.setattr("learnet.training.train", lambda data, **given: told.update(given, data=data) or _Nothing())
    words = shlex.split(config.command())
    assert words[:2] == ["learnet", "train"]
    with pytest.raises(SystemExit) as left:
        typer.main.get_command(app).main([*words[1:], "--json"], standalone_mode=True)
    assert left.value.code == 0
    del told["out"], told["progress"]
    # The command names everything that differs from the defaults of the class; the recipe's own defaults are others.
    again = configure(**told)
    plain = configure("", model="mlp")
    for owner, theirs, usual in (
        (config, again, plain),
        (config.training, again.training, plain.training),
        (config.training.augmentation, again.training.augmentation, plain.training.augmentation),
    ):
        for each in fields(owner):
            if each.name not in {"training", "augmentation"}:
                value = getattr(owner, each.name)
                assert getattr(theirs, each.name) in (value, getattr(usual, each.name))


class _Nothing:
    def to_json(self):
        return {"accuracy": 0.0, "n_test": 0}


def test_every_setting_has_a_name_and_no_name_is_without_a_setting():
    owners = {
        *(each.name for each in fields(TrainConfig)),
        *(each.name for each in fields(TrainingConfig)),
        *(each.name for each in fields(Augmentation)),
    }
    named = set(TrainingChanges.__annotations__)
    assert named <= owners
    arguments_of_train = {
        *("data", "model", "options", "train_per_class", "test_fraction", "label_depth", "group_by", "max_pixels"),
        *("tensorboard", "seed", "training", "augmentation"),
    }
    assert owners - named == arguments_of_train


def test_changes_reach_their_owner():
    config = changed(
        TrainConfig(data="", model="mlp"), {"epochs": 2, "mixup": 0.2, "class_weights": "balanced", "dropout": 0.1}
    )
    assert (config.training.epochs, config.training.augmentation.mixup) == (2, 0.2)
    assert (config.class_weights, config.training.class_weights, config.dropout) == ("balanced", None, 0.1)


def test_wrong_settings_are_told_in_a_sentence():
    config = TrainConfig(data="", model="mlp")
    with pytest.raises(UsageError, match=r"setting of a training.*'epoch'.*epochs"):
        changed(config, {"epoch": 2})
    with pytest.raises(UsageError, match="epochs must be at least 1; received 0"):
        changed(config, {"epochs": 0})
    with pytest.raises(UsageError, match="wrong kind"):
        changed(config, {"epochs": "many"})
    with pytest.raises(UsageError, match="precision must be one of"):
        changed(config, {"precision": "float16"})
    with pytest.raises(UsageError, match="loss must be one of cross-entropy, hinge, squared-hinge; received 'mse'"):
        changed(config, {"loss": "mse"})
    with pytest.raises(UsageError, match="validation fraction"):
        changed(config, {"validation_fraction": 1.0})
    with pytest.raises(UsageError, match="Which network"):
        configure("photos")


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
        ({"epoch": 3}, "setting of a training.*'epoch'"),
    ],
)
def test_settings_of_gradient_descent_are_refused_where_weights_are_solved_for(given, said):
    with pytest.raises(UsageError, match=said):
        configure("photos", model="svm", **given)


def test_a_solved_network_takes_nothing_from_the_recipe():
    options = {"kernel": "polynomial", "degree": [2]}
    config = configure("photos", model="svm", options=options, input_size=(8, 8), class_weights="balanced", seed=4)
    assert config.training == TrainingConfig(seed=4)
    assert config.command() == (
        "learnet train photos --model svm --option kernel=polynomial --option degree=2 --input-size 8x8 "
        "--class-weights balanced --seed 4"
    )


def test_a_recipe_brings_its_network_and_another_network_leaves_its_options():
    recipe = RECIPES["cifar10-fast"]
    assert configure("cifar10", recipe="cifar10-fast").options == recipe.options
    assert configure("cifar10", recipe="cifar10-fast").model == recipe.model
    other = configure("cifar10", recipe="cifar10-fast", model="resnet20")
    assert (other.model, other.options, other.training.epochs) == ("resnet20", {}, recipe.training.epochs)


def test_another_optimiser_leaves_the_factors_that_it_does_not_have():
    recipe = configure("cifar10", recipe="cifar10-fast").training
    assert recipe.rest_rate != 1
    descent = configure("cifar10", recipe="cifar10-fast", optimizer="sgd").training
    assert (descent.rest_rate, descent.offset_rate) == (1, recipe.offset_rate)
    adam = configure("cifar10", recipe="cifar10-fast", optimizer="adam").training
    assert (adam.rest_rate, adam.offset_rate) == (1, 1)
    with pytest.raises(UsageError, match="rest_rate works with the optimizer 'muon' only; received 2 with 'adam'"):
        configure("cifar10", recipe="cifar10-fast", optimizer="adam", rest_rate=2.0)
