"""Keras' first-order optimisers, made from a training configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import keras as import_keras

if TYPE_CHECKING:
    import keras

    from learnet.training.config import TrainingConfig


def make_optimizer(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """Return the optimiser that ``config`` names; its learning rate is set before each step."""
    optimizers = import_keras().optimizers
    rate, decay = config.learning_rate, config.weight_decay or None
    made = {
        "sgd": lambda: optimizers.SGD(rate, momentum=config.momentum, nesterov=config.nesterov, weight_decay=decay),
        "adagrad": lambda: optimizers.Adagrad(rate, weight_decay=decay),
        "rmsprop": lambda: optimizers.RMSprop(rate, momentum=config.momentum, weight_decay=decay),
        "adam": lambda: optimizers.Adam(rate, weight_decay=decay),
        "adamw": lambda: optimizers.AdamW(rate, weight_decay=config.weight_decay),
    }[config.optimizer]()
    if config.weight_decay:
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return made
