"""Configurations of which a test says only what matters to it."""

from learnet.transfer_learning import TransferConfig


def transfer_config(**changes):
    """Return the configuration of a transfer with random weights, changed as asked."""
    return TransferConfig(**{"data": "photos", "backbone": "tiny", "weights": "random", "max_pixels": 1000, **changes})
