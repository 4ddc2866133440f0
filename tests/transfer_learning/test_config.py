import shlex

import pytest

from learnet.core import UsageError
from learnet.transfer_learning.config import TransferConfig

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
        ({}, ["learnet", "transfer", "my photos", "--seed", "0"]),
        (
            {"train_per_class": 30, "group_by": r"(\d+)_", "seed": 7},
            ["learnet", "transfer", "my photos", "--train-per-class", "30", "--group-by", r"(\d+)_", "--seed", "7"],
        ),
        (
            {"mode": "full", "keep_mode": True},
            ["learnet", "transfer", "my photos", "--seed", "0", "--mode", "full", "--keep-mode"],
        ),
        ({"balance": "none"}, ["learnet", "transfer", "my photos", "--balance", "none", "--seed", "0"]),
    ],
)
def test_the_command_repeats_the_configuration(changes, words):
    assert shlex.split(TransferConfig(**{**CONFIG, **changes}).command()) == words


@pytest.mark.parametrize("mode", ["head", "auto"])
def test_keeping_what_a_mode_trained_needs_a_mode_that_was_asked_for(mode):
    with pytest.raises(UsageError, match=f"no meaning with --mode {mode}"):
        TransferConfig(**CONFIG, mode=mode, keep_mode=True)
