import re
import shlex

import pytest

from learnet.cli.build import parse
from learnet.cli.transfer import VERB
from learnet.core import UsageError
from learnet.options.transfer import TransferConfig

CONFIG = {
    "data": "my photos",
    "backbone": "efficientnet_lite0",
    "weights": "imagenet",
    "train_per_class": None,
    "test_fraction": 0.2,
    "balance": "auto",
    "label_depth": None,
    "group_by": None,
    "max_pixels": 100_000_000,
    "seed": 0,
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["learnet", "transfer", "my photos"]),
        (
            {"train_per_class": 30, "group_by": r"(\d+)_", "seed": 7},
            ["learnet", "transfer", "my photos", "--group-by", r"(\d+)_", "--train-per-class", "30", "--seed", "7"],
        ),
        ({"mode": "full", "keep_mode": True}, ["learnet", "transfer", "my photos", "--mode", "full", "--keep-mode"]),
        ({"balance": "none"}, ["learnet", "transfer", "my photos", "--balance", "none"]),
        (
            {"head": "svm", "kernel": "linear"},
            ["learnet", "transfer", "my photos", "--head", "svm", "--kernel", "linear"],
        ),
        ({"time_limit": 90.5}, ["learnet", "transfer", "my photos", "--time-limit", "90.5s"]),
    ],
)
def test_the_command_repeats_the_configuration(changes, words):
    config = TransferConfig(**{**CONFIG, **changes})
    assert shlex.split(config.command()) == words
    assert parse(VERB, words[2:]) == config


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"head": "tree"}, "head must be one of softmax, svm; received 'tree'."),
        (
            {"head": "svm", "kernel": "rfb"},
            "kernel must be one of linear, polynomial, rbf, sigmoid; received 'rfb'. Did you mean 'rbf'?",
        ),
        (
            {"kernel": "linear"},
            "kernel works with head svm only; received linear with head softmax. Leave it out.",
        ),
        (
            {"head": "svm", "mode": "full"},
            "head works with mode head only; received svm with mode full. Leave it out.",
        ),
        (
            {"unfreeze": "block6"},
            "unfreeze works with mode partial or auto only; received block6 with mode head. Leave it out.",
        ),
        (
            {"mode": "full", "unfreeze": "block6"},
            "unfreeze works with mode partial or auto only; received block6 with mode full. Leave it out.",
        ),
        (
            {"epochs": 3},
            "epochs works with mode partial, full or auto only; received 3 with mode head. Leave it out.",
        ),
        (
            {"mode": "partiel"},
            "mode must be one of head, partial, full, auto; received 'partiel'. Did you mean 'partial'?",
        ),
        ({"mode": "full", "epochs": 0}, "epochs must be at least 1; received 0."),
        ({"mode": "full", "learning_rate": 0.0}, "learning_rate must be greater than 0; received 0.0."),
        (
            {"mode": "full", "discriminative": 2.0},
            "discriminative must be greater than 0 and at most 1; received 2.0.",
        ),
        ({"mode": "auto", "versions": 0}, "versions must be at least 1; received 0."),
        ({"time_limit": 0.0}, "time_limit must be greater than 0; received 0.0."),
    ],
)
def test_what_makes_no_sense_is_refused(changes, said):
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        TransferConfig(**{**CONFIG, **changes})


@pytest.mark.parametrize("mode", ["head", "auto"])
def test_keeping_what_a_mode_trained_needs_a_mode_that_was_asked_for(mode):
    said = f"keep_mode works with mode partial or full only; received True with mode {mode}. Leave it out."
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        TransferConfig(**CONFIG, mode=mode, keep_mode=True)


def test_what_acted_only_through_an_option_that_acts_no_more_is_left_out_too():
    machine = TransferConfig(data="photos", head="svm", kernel="linear")
    assert machine.adapted(mode="partial") == TransferConfig(data="photos", mode="partial")
