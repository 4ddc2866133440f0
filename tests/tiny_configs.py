"""Configurations of which a test says only what matters to it."""

from learnet.transfer_learning import TransferConfig


def transfer_config(**changes):
    """Return the configuration of a transfer with random weights, changed as asked."""
    plain = {"data": "photos", "backbone": "tiny", "weights": "random", "train_per_class": None, "test_fraction": 0.2}
    plain |= {"balance": "auto", "label_depth": None, "group_by": None, "max_pixels": 1000, "seed": 0}
    return TransferConfig(**{**plain, **changes})
