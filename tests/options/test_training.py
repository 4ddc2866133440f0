import re

import pytest

from learnet.core import UsageError
from learnet.training import Augmentation, TrainingConfig


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("epochs", 0, "at least 1; received 0."),
        ("batch_size", 0, "at least 1; received 0."),
        (
            "optimizer",
            "adamm",
            "one of sgd, muon, adagrad, rmsprop, adam, adamw; received 'adamm'. Did you mean 'adam'?",
        ),
        (
            "schedule",
            "cosin",
            "one of constant, step, cosine, one-cycle; received 'cosin'. Did you mean 'cosine'?",
        ),
        ("learning_rate", 0.0, "greater than 0; received 0.0."),
        ("learning_rate", float("nan"), "a finite number, greater than 0; received nan."),
        ("momentum", 1.0, "at least 0 and less than 1; received 1.0."),
        ("label_smoothing", 1.0, "at least 0 and less than 1; received 1.0."),
        ("ema", 1.0, "greater than 0 and less than 1; received 1.0."),
        ("decay", 0.0, "greater than 0 and less than 1; received 0.0."),
        ("clip_norm", 0.0, "greater than 0; received 0.0."),
        ("offset_rate", 0.0, "greater than 0; received 0.0."),
        ("rest_rate", 0.0, "greater than 0; received 0.0."),
        ("discriminative", 0.0, "greater than 0 and at most 1; received 0.0."),
        ("discriminative", 1.5, "greater than 0 and at most 1; received 1.5."),
        ("hardest", 0.0, "greater than 0 and at most 1; received 0.0."),
        ("hardest", 1.1, "greater than 0 and at most 1; received 1.1."),
        ("patience", 0, "at least 1; received 0."),
        ("l1", -1e-4, "at least 0; received -0.0001."),
        ("weight_decay", -1.0, "at least 0; received -1.0."),
        ("label_weights", (1.0, -1.0), "at least 0; received -1.0."),
        ("seed", -1, "at least 0; received -1."),
    ],
)
def test_a_value_out_of_its_range_is_named(name, value, said):
    with pytest.raises(UsageError, match=f"^{re.escape(f'{name} must be {said}')}$"):
        TrainingConfig(**{name: value})


def test_a_milestone_before_the_first_epoch_is_named():
    with pytest.raises(UsageError, match=r"^milestones must be at least 1; received 0\.$"):
        TrainingConfig(schedule="step", milestones=(0,))


def test_mirroring_by_turns_needs_mirroring():
    with pytest.raises(
        UsageError, match=r"^alternate says how to flip, but flip is off\. Turn both on, or both off\.$"
    ):
        Augmentation(alternate=True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rotation", 181.0, "at least 0 and at most 180; received 181.0."),
        ("zoom", 1.0, "at least 0 and less than 1; received 1.0."),
        ("colour", -0.1, "at least 0 and less than 1; received -0.1."),
        ("crop", -1, "at least 0; received -1."),
    ],
)
def test_so_is_one_of_the_augmentation(name, value, said):
    for owner in (Augmentation, TrainingConfig):
        with pytest.raises(UsageError, match=f"^{re.escape(f'{name} must be {said}')}$"):
            owner(**{name: value})


def test_a_rate_of_offsets_is_for_sgd_and_muon_only():
    assert TrainingConfig(optimizer="sgd", offset_rate=64.0).offset_rate == 64
    with pytest.raises(
        UsageError, match=r"^offset_rate works with optimizer sgd or muon only; received 64\.0 with optimizer adam\."
    ):
        TrainingConfig(offset_rate=64.0)


def test_a_rate_of_all_but_convolutions_is_for_muon_only():
    assert TrainingConfig(optimizer="muon", rest_rate=2.0, offset_rate=2.0).rest_rate == 2
    with pytest.raises(
        UsageError, match=r"^rest_rate works with optimizer muon only; received 2\.0 with optimizer sgd\."
    ):
        TrainingConfig(optimizer="sgd", rest_rate=2.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"optimizer": "adam", "momentum": 0.5},
            "momentum works with optimizer sgd, rmsprop or muon only; received 0.5 with optimizer adam. Leave it out.",
        ),
        (
            {"optimizer": "rmsprop", "nesterov": True},
            "nesterov works with optimizer sgd or muon only; received True with optimizer rmsprop. Leave it out.",
        ),
        ({"decay": 0.5}, "decay works with schedule step only; received 0.5 with schedule cosine. Leave it out."),
        (
            {"milestones": (2, 3)},
            "milestones works with schedule step only; received 2, 3 with schedule cosine. Leave it out.",
        ),
    ],
)
def test_what_has_no_effect_beside_another_option_is_refused(given, said):
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        TrainingConfig(**given)


def test_the_augmentation_is_a_part_of_it():
    config = TrainingConfig(flip=True, crop=2, epochs=3)
    assert config.augmentation == Augmentation(flip=True, crop=2)
    assert config.replace(**Augmentation(zoom=0.1).values()).augmentation == Augmentation(zoom=0.1)
