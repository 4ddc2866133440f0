"""A part of a network as a graph: which layers it has, and whose outputs each of them takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.core.errors import unknown_name
from learnet.models.blocks import kind_of

if TYPE_CHECKING:
    import keras

_DETAILS = ("kernel_size", "pool_size")


@dataclass(frozen=True, kw_only=True)
class LayerNode:
    """One layer in its place.

    Attributes:
        name: Of the layer.
        kind: Its class.
        detail: Its window and stride, e.g. ``"3 x 3, stride 2"``, or its function, e.g. ``"relu"``; may be empty.
        output_shape: Without the batch.
        parameters: Weights of every kind.
        inputs: The layers inside the part whose outputs it takes.
    """

    name: str
    kind: str
    detail: str
    output_shape: tuple[int, ...]
    parameters: int
    inputs: tuple[str, ...]


def block_nodes(model: keras.Model, *, first: str, last: str) -> tuple[LayerNode, ...]:
    """Return the layers on all ways from one layer to another, in the network's order, both included.

    Args:
        model: A functional model.
        first: Where the part begins, e.g. the layer before a residual block's fork.
        last: Where it ends.

    Raises:
        UsageError: If there is no such layer, or no way between them.

    Example:
        >>> from learnet.models import network
        >>> nodes = block_nodes(network("lenet5").trainer, first="c1", last="s2")
        >>> [(node.name, node.detail) for node in nodes]
        [('c1', '5 x 5'), ('s2', '2 x 2, stride 2')]
    """
    layers = {layer.name: layer for layer in model.operations}
    for name in (first, last):
        if name not in layers:
            raise unknown_name("layer", name, layers)
    sources = _sources(model)
    inside = _reached(first, _turned(sources)) & _reached(last, sources)
    if not inside:
        raise UsageError(f"In '{model.name}' no way leads from '{first}' to '{last}'. Are they the wrong way round?")
    return tuple(
        _node(layer, tuple(name for name in sources[layer.name] if name in inside and layer.name != first))
        for layer in model.operations
        if layer.name in inside
    )


def _sources(model: keras.Model) -> dict[str, list[str]]:
    """Return by layer whose outputs it takes."""
    makers = {id(tensor): layer.name for layer in model.operations for tensor in _listed(layer.output)}
    return {
        layer.name: [makers[id(tensor)] for tensor in _listed(layer.input) if makers[id(tensor)] != layer.name]
        for layer in model.operations
    }


def _turned(sources: dict[str, list[str]]) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = {name: [] for name in sources}
    for name, taken in sources.items():
        for source in taken:
            targets[source].append(name)
    return targets


def _reached(start: str, ways: dict[str, list[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for name in ways[waiting.pop()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _node(layer: Any, inputs: tuple[str, ...]) -> LayerNode:
    return LayerNode(
        name=layer.name,
        kind=kind_of(layer),
        detail=_detail(layer),
        output_shape=tuple(_listed(layer.output)[0].shape[1:]),
        parameters=sum(math.prod(variable.shape) for variable in getattr(layer, "weights", ())),
        inputs=inputs,
    )


def _detail(layer: Any) -> str:
    window = next((getattr(layer, name) for name in _DETAILS if hasattr(layer, name)), None)
    if window is None:
        return str(layer.activation.__name__) if kind_of(layer) == "Activation" else ""
    stride = max(_pair(getattr(layer, "strides", 1)))
    return " x ".join(map(str, _pair(window))) + (f", stride {stride}" if stride > 1 else "")


def _pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _listed(tensors: Any) -> list[Any]:
    return tensors if isinstance(tensors, list) else [tensors]
