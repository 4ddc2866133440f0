import shlex

import pytest

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
        ({"balance": "none"}, ["learnet", "transfer", "my photos", "--balance", "none", "--seed", "0"]),
    ],
)
def test_the_command_repeats_the_configuration(changes, words):
    assert shlex.split(TransferConfig(**{**CONFIG, **changes}).command()) == words
