"""What a network costs: parameters and multiply-accumulates, counted from its layers.

``python -m learnet.models`` counts every published network anew and writes ``profiles.json``, so that a table
of all networks needs none of them built.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.models.architectures import ARCHITECTURES, Architecture
from learnet.models.blocks import kind_of
from learnet.models.networks import backbone, network

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

TABLE = "profiles.json"
_WIDEST = 4096  # channels before any network's last layer
_CONNECTIONS_OF_SUBSAMPLING = 5  # four pixels and a bias


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """One layer.

    Attributes:
        name: Of the layer.
        kind: Its class.
        output_shape: Without the batch.
        parameters: Weights of every kind.
        macs: Multiply-accumulates of convolutions, dense layers and kernel machines for one image; 0 for all others.
        connections: Multiply-accumulates and biases as the papers of the 1990s count them.
        arithmetic: How a convolution's or pooling's size follows from its input's: ``(W - F + 2P) / S + 1``.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    macs: int
    connections: int
    arithmetic: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A whole network.

    Attributes:
        parameters: Weights of every kind while it is trained: with batch statistics and auxiliary heads.
        trainable_parameters: Those of them that training changes by gradients.
        parameters_at_inference: Without auxiliary heads.
        macs: Multiply-accumulates for one image at inference, of the layers that ``LayerRow`` names.
        backbone_parameters: Trainable weights of the backbone that it can be; 0 if it can be none.
    """

    parameters: int
    trainable_parameters: int
    parameters_at_inference: int
    macs: int
    backbone_parameters: int


def most_parameters(
    name: str, *, classes: int, input_size: tuple[int, int], options: Mapping[str, Any] | None = None
) -> int:
    """Return as many weights as a network has at inference, or somewhat more, without building it.

    Args:
        name: A name of ``learnet.models.ARCHITECTURES``.
        classes: How many outputs.
        input_size: Height and width in pixels.
        options: As ``network`` takes them.

    Raises:
        UsageError: If there is no such network or option.

    Example:
        >>> most_parameters("mlp", classes=10, input_size=(28, 28), options={"hidden": [100]})
        79510
    """
    architecture = ARCHITECTURES[name]
    if architecture.most_parameters is not None:
        try:
            return architecture.most_parameters(classes, input_size, **(options or {}))
        except TypeError as error:
            raise UsageError(f"{architecture.name} does not take these options: {error}.") from error
    designed = architecture.input_size[0] * architecture.input_size[1]
    growth = max(1.0, architecture.flat_growth * input_size[0] * input_size[1] / designed)
    return round(growth * published_profiles()[architecture.name].parameters_at_inference) + _WIDEST * classes


def profile(name: str, *, classes: int | None = None, input_size: tuple[int, int] | None = None) -> Profile:
    """Build a network and count it.

    Args:
        name: A name of ``learnet.models.ARCHITECTURES``.
        classes: As published if not given.
        input_size: Height and width in pixels; as published if not given.

    Raises:
        UsageError: If there is no such network, or it cannot be built like that.

    Example:
        >>> counted = profile("pilotnet")
        >>> counted.parameters, counted.macs
        (252219, 26876342)
    """
    built = network(name, classes=classes, input_size=input_size)
    return Profile(
        parameters=_count(built.trainer.weights),
        trainable_parameters=_count(built.trainer.trainable_weights),
        parameters_at_inference=_count(built.model.weights),
        macs=sum(row.macs for row in layer_rows(built.model)),
        backbone_parameters=_backbone_parameters(ARCHITECTURES[name]),
    )


def published_profiles() -> dict[str, Profile]:
    """Return the profile of every network as published, by name, without building any."""
    content = resources.files("learnet.models").joinpath(TABLE).read_text(encoding="utf-8")
    return {name: Profile(**values) for name, values in json.loads(content).items()}


def layer_rows(model: keras.Model) -> list[LayerRow]:
    """Return what each layer of a functional model gives and costs, in order."""
    return [_row(layer) for layer in model.layers if type(layer).__name__ != "InputLayer"]


def _backbone_parameters(architecture: Architecture) -> int:
    if architecture.build is None:
        return 0
    # the parameters do not depend on the size of the images
    size = max(architecture.min_size, 96)
    return _count(backbone(architecture.name, input_size=(size, size)).trainable_weights)


def _row(layer: Any) -> LayerRow:
    inputs, outputs = _shape(layer.input), _shape(layer.output)
    macs, biases = _multiplications(layer, inputs, outputs)
    subsampling = type(layer).__name__ == "TrainableSubsampling"
    return LayerRow(
        name=layer.name,
        kind=kind_of(layer),
        output_shape=outputs,
        parameters=_count(layer.weights),
        macs=0 if type(layer).__name__ == "RadialBasis" else macs,
        connections=math.prod(outputs) * _CONNECTIONS_OF_SUBSAMPLING if subsampling else macs + biases,
        arithmetic=_arithmetic(layer, inputs, outputs),
    )


def _multiplications(layer: Any, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> tuple[int, int]:
    """Return multiply-accumulates and additions of biases for one image."""
    kind = type(layer).__name__
    kernels = [variable for variable in layer.weights if variable.name == "kernel"]
    places = math.prod(outputs[:-1])
    biases = math.prod(outputs) if any(variable.name == "bias" for variable in layer.weights) else 0
    if kind == "Conv2DTranspose":
        return math.prod(inputs[:-1]) * _count(kernels), biases
    if kind == "RadialBasis":
        return math.prod(inputs) * outputs[-1], 0
    if kind == "KernelMachine":
        return math.prod(inputs) * layer.count + layer.count * outputs[-1], outputs[-1]
    return places * _count(kernels), biases


def _arithmetic(layer: Any, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> str:
    side = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
    if side is None or len(inputs) != 3 or type(layer).__name__ == "Conv2DTranspose":
        return ""
    window = _pair(side)[1]
    step, padding = _pair(getattr(layer, "strides", 1))[1], getattr(layer, "padding", "valid")
    width = inputs[1]
    padded = max(0, (outputs[1] - 1) * step + window - width) if padding == "same" else 0
    return f"({width} - {window} + {padded}) / {step} + 1 = {outputs[1]}"


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _shape(tensors: Any) -> tuple[int, ...]:
    first = tensors[0] if isinstance(tensors, list) else tensors
    return tuple(first.shape[1:])


def _count(variables: list[Any]) -> int:
    return sum(math.prod(variable.shape) for variable in variables)


def count_all() -> dict[str, Profile]:
    """Build and count every published network, in the order of the table: about a minute."""
    return {record.name: profile(record.name) for record in ARCHITECTURES}
