"""First-order optimisers, made from a training configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import keras as import_keras

if TYPE_CHECKING:
    import keras

    from learnet.options.training import TrainingConfig


def make_optimizer(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """Return the optimiser that ``config`` names; its learning rate is set before each step."""
    optimizers = import_keras().optimizers
    rate, decay = config.learning_rate, config.weight_decay or None
    made = {
        "sgd": lambda: optimizers.SGD(rate, momentum=config.momentum, nesterov=config.nesterov, weight_decay=decay),
        "muon": lambda: _muon(config),
        "adagrad": lambda: optimizers.Adagrad(rate, weight_decay=decay),
        "rmsprop": lambda: optimizers.RMSprop(rate, momentum=config.momentum, weight_decay=decay),
        "adam": lambda: optimizers.Adam(rate, weight_decay=decay),
        "adamw": lambda: optimizers.AdamW(rate, weight_decay=config.weight_decay),
    }[config.optimizer]()
    if config.weight_decay:
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return made


def penalised(model: keras.Model, config: TrainingConfig) -> list[keras.Variable]:
    """Return the kernels that L1 and L2 draw to 0: all but those whose norm the optimiser fixes."""
    from learnet.layers import Muon

    kernels = [variable for variable in model.trainable_variables if variable.name.endswith("kernel")]
    return [kernel for kernel in kernels if config.optimizer != "muon" or not Muon.turns(kernel)]


def _muon(config: TrainingConfig) -> keras.optimizers.Optimizer:
    from learnet.layers import Muon

    return Muon(
        config.learning_rate,
        rest_rate=config.rest_rate,
        rest_momentum=config.momentum,
        weight_decay=config.weight_decay or None,
    )
