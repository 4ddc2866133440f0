"""The table of families: one file each, one line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.applications.translate.attention import attention_networks, attention_parameters
from learnet.applications.translate.plain import plain_networks, plain_parameters
from learnet.applications.translate.transformer import transformer_networks, transformer_parameters
from learnet.core import Registry
from learnet.core import keras as import_keras
from learnet.training.precision import computing_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.applications.translate.network import NetworkConfig, Networks
    from learnet.options.training import Precision


@dataclass(frozen=True, kw_only=True)
class TranslatorFamily:
    """A kind of translating network.

    Attributes:
        name: By which users ask for it.
        title: What it is.
        build: From its sizes to its views, with random weights.
        parameters: How many weights that makes; nothing is built.
    """

    name: str
    title: str
    build: Callable[[NetworkConfig], Networks]
    parameters: Callable[[NetworkConfig], int]


FAMILIES = Registry(
    "translating network",
    [
        TranslatorFamily(
            name="attention",
            title="an encoder that reads both ways and a decoder that looks at what it read",
            build=attention_networks,
            parameters=attention_parameters,
        ),
        TranslatorFamily(
            name="plain",
            title="an encoder whose last state begins the decoder",
            build=plain_networks,
            parameters=plain_parameters,
        ),
        TranslatorFamily(
            name="transformer",
            title="attention without recurrence",
            build=transformer_networks,
            parameters=transformer_parameters,
        ),
    ],
)


def build_networks(config: NetworkConfig, *, seed: int = 0, precision: Precision = "float32") -> Networks:
    """Build a translating network with a seed's random weights.

    Args:
        config: Its sizes.
        seed: Of the weights and of the dropout.
        precision: Of what layers compute; weights are float32 either way. ``"bfloat16"`` is for training.

    Example:
        >>> from learnet.applications.translate import NetworkConfig
        >>> config = NetworkConfig(source_size=30, target_size=20, embedding=8, units=6)
        >>> networks = build_networks(config)
        >>> networks.trainer.count_params() == FAMILIES["attention"].parameters(config)
        True
    """
    import_keras().utils.set_random_seed(seed)
    with computing_in(precision):
        return FAMILIES[config.model].build(config)
