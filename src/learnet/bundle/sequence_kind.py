"""Recurrent Keras networks as arrays and plain values: recurrent and dense layers in a row, from an allow-list.

A layer is described by the arguments that decide what it computes and how it learns; where its weights start is not
kept. A layer with any other argument than its defaults (dropout, regularisers, ``stateful``, …) is refused when it is
saved, and not silently changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle.arguments import Arguments
from learnet.bundle.info import WEIGHTS
from learnet.bundle.kind import Kind, check_arrays, layout_size
from learnet.core import BundleError
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from learnet.bundle.kind import Arrays, Layout

_ACTIVATIONS = ("linear", "relu", "sigmoid", "softmax", "tanh")
_MOST_LAYERS = 16
_CUES, _STEPS = 4, 10
# where weights start, and names, change nothing of what a network with weights is
_FREE = ("name", "dtype", "trainable", "input_gate_bias", "output_gate_bias", "build_config", "registered_name")


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """A row of the table of layers.

    Attributes:
        name: By which ``bundle.json`` names it.
        recognises: Whether a Keras layer is one.
        describe: From a layer to its arguments.
        shapes: From arguments and the width of its inputs to its weights' shapes, and the width of its outputs.
        build: From arguments to the layer.
    """

    name: str
    recognises: Callable[[Any], bool]
    describe: Callable[[Any], dict[str, Any]]
    shapes: Callable[[Arguments, int], tuple[dict[str, tuple[int, ...]], int]]
    build: Callable[[Arguments], Any]
    arguments: tuple[str, ...]


def _activation(function: Any) -> str:
    return str(import_keras().activations.serialize(function))


def _is_elman(layer: Any) -> bool:
    from learnet.layers import ElmanCell

    return type(layer) is import_keras().layers.RNN and type(layer.cell) is ElmanCell


def _describe_elman(layer: Any) -> dict[str, Any]:
    cell = layer.cell
    return {
        "units": cell.units,
        "activation": _activation(cell.activation),
        "one_step": cell.one_step,
        "initial_context": float(cell.initial_context),
        "return_sequences": layer.return_sequences,
    }


def _elman_shapes(given: Arguments, width: int) -> tuple[dict[str, tuple[int, ...]], int]:
    units = given.whole("units")
    return {"kernel": (width, units), "recurrent_kernel": (units, units), "bias": (units,)}, units


def _build_elman(given: Arguments) -> Any:
    from learnet.layers import ElmanCell

    cell = ElmanCell(
        given.whole("units"),
        activation=given.choice("activation", _ACTIVATIONS),
        one_step=given.flag("one_step"),
        initial_context=given.number("initial_context"),
    )
    return import_keras().layers.RNN(cell, return_sequences=given.flag("return_sequences"))


def _is_lstm1997(layer: Any) -> bool:
    from learnet.layers import LSTM1997

    return type(layer) is LSTM1997


def _describe_lstm1997(layer: Any) -> dict[str, Any]:
    cell = layer.cell
    return {
        "blocks": cell.blocks,
        "cells": cell.cells,
        "recurrent_gates": cell.recurrent_gates,
        "use_cell_bias": cell.use_cell_bias,
        "truncated": cell.truncated,
        "return_sequences": layer.return_sequences,
    }


def _lstm1997_shapes(given: Arguments, width: int) -> tuple[dict[str, tuple[int, ...]], int]:
    gates, cells = 2 * given.whole("blocks"), given.whole("blocks") * given.whole("cells")
    heard = cells + (gates if given.flag("recurrent_gates") else 0)
    shapes: dict[str, tuple[int, ...]] = {
        "kernel": (width, gates + cells),
        "recurrent_kernel": (heard, gates + cells),
        "gate_bias": (gates,),
    }
    return shapes | ({"cell_bias": (cells,)} if given.flag("use_cell_bias") else {}), cells


def _build_lstm1997(given: Arguments) -> Any:
    from learnet.layers import LSTM1997

    cell = {name: given.flag(name) for name in ("recurrent_gates", "use_cell_bias", "truncated")}
    return LSTM1997(
        given.whole("blocks"), given.whole("cells"), cell=cell, return_sequences=given.flag("return_sequences")
    )


def _describe_lstm(layer: Any) -> dict[str, Any]:
    return {
        "units": layer.units,
        "activation": _activation(layer.activation),
        "recurrent_activation": _activation(layer.recurrent_activation),
        "use_bias": layer.use_bias,
        "return_sequences": layer.return_sequences,
    }


def _lstm_shapes(given: Arguments, width: int) -> tuple[dict[str, tuple[int, ...]], int]:
    units = given.whole("units")
    shapes: dict[str, tuple[int, ...]] = {"kernel": (width, 4 * units), "recurrent_kernel": (units, 4 * units)}
    return shapes | ({"bias": (4 * units,)} if given.flag("use_bias") else {}), units


def _build_lstm(given: Arguments) -> Any:
    return import_keras().layers.LSTM(
        given.whole("units"),
        activation=given.choice("activation", _ACTIVATIONS),
        recurrent_activation=given.choice("recurrent_activation", _ACTIVATIONS),
        use_bias=given.flag("use_bias"),
        return_sequences=given.flag("return_sequences"),
    )


def _describe_dense(layer: Any) -> dict[str, Any]:
    return {"units": layer.units, "activation": _activation(layer.activation), "use_bias": layer.use_bias}


def _dense_shapes(given: Arguments, width: int) -> tuple[dict[str, tuple[int, ...]], int]:
    units = given.whole("units")
    return {"kernel": (width, units), **({"bias": (units,)} if given.flag("use_bias") else {})}, units


def _build_dense(given: Arguments) -> Any:
    return import_keras().layers.Dense(
        given.whole("units"), activation=given.choice("activation", _ACTIVATIONS), use_bias=given.flag("use_bias")
    )


LAYERS = (
    _Layer(
        name="elman",
        recognises=_is_elman,
        describe=_describe_elman,
        shapes=_elman_shapes,
        build=_build_elman,
        arguments=("units", "activation", "one_step", "initial_context", "return_sequences"),
    ),
    _Layer(
        name="lstm-1997",
        recognises=_is_lstm1997,
        describe=_describe_lstm1997,
        shapes=_lstm1997_shapes,
        build=_build_lstm1997,
        arguments=("blocks", "cells", "recurrent_gates", "use_cell_bias", "truncated", "return_sequences"),
    ),
    _Layer(
        name="lstm",
        recognises=lambda layer: type(layer) is import_keras().layers.LSTM,
        describe=_describe_lstm,
        shapes=_lstm_shapes,
        build=_build_lstm,
        arguments=("units", "activation", "recurrent_activation", "use_bias", "return_sequences"),
    ),
    _Layer(
        name="dense",
        recognises=lambda layer: type(layer) is import_keras().layers.Dense,
        describe=_describe_dense,
        shapes=_dense_shapes,
        build=_build_dense,
        arguments=("units", "activation", "use_bias"),
    ),
)


def _recognises(system: object) -> bool:
    import sys

    return "keras" in sys.modules and isinstance(system, sys.modules["keras"].Model)


def _describe(model: keras.Model) -> dict[str, Any]:
    steps, width = _input_shape(model)
    rows = []
    for layer in _row(model):
        kind = next((kind for kind in LAYERS if kind.recognises(layer)), None)
        if kind is None:
            raise BundleError(
                f"A sequence network in a bundle is made of the layers {', '.join(each.name for each in LAYERS)}; "
                f"'{layer.name}' is a {type(layer).__name__}."
            )
        told = kind.describe(layer)
        _check_complete(layer, kind.build(Arguments(told, kind.arguments, place=f"The layer '{layer.name}'")))
        rows.append({"layer": kind.name, **told})
    return {"steps": steps, "width": width, "layers": rows}


def _input_shape(model: keras.Model) -> tuple[int | None, int]:
    shapes = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][1] is None:
        raise BundleError(f"A sequence network takes one input (batch, steps, width); this one takes {shapes}.")
    return shapes[0]


def _row(model: keras.Model) -> list[Any]:
    """Return the layers after the input, if they stand in a row."""
    layers = [layer for layer in model.layers if type(layer) is not import_keras().layers.InputLayer]
    tensor = model.inputs[0]
    for layer in layers:
        if layer.input is not tensor:
            raise BundleError(f"The layers of a sequence network stand in a row; '{layer.name}' does not.")
        tensor = layer.output
    if not layers or len(model.outputs) != 1 or model.outputs[0] is not tensor:
        raise BundleError("A sequence network has at least one layer, and the last one is its only output.")
    return layers


def _check_complete(layer: Any, again: Any) -> None:
    """Check that a layer is the same as one that was built from its description, but for its weights."""
    before, after = _decisive(layer.get_config()), _decisive(again.get_config())
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            raise BundleError(f"A bundle cannot keep what '{name}' of the layer '{layer.name}' is set to.")
    if {variable.dtype for variable in layer.weights} - {"float32"} or layer.compute_dtype != "float32":
        raise BundleError(f"The layer '{layer.name}' should compute in float32, but computes in {layer.compute_dtype}.")


def _decisive(config: dict[str, Any]) -> dict[str, Any]:
    """Return what a configuration says of what a layer computes and how it learns, nested values flattened."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if name in _FREE or name.endswith("initializer"):
            continue
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": part for inner, part in _decisive(value).items()}
        else:
            flat[name] = value
    return flat


def _arrays(model: keras.Model) -> Arrays:
    return {
        f"{number}/{variable.name}": np.asarray(variable)
        for number, layer in enumerate(_row(model))
        for variable in layer.weights
    }


def _plan(arguments: object) -> tuple[int | None, int, list[tuple[_Layer, Arguments]], Layout]:
    """Return steps and width of the input, the layers, and what their arrays must be; nothing is built."""
    given = Arguments(arguments, ("steps", "width", "layers"))
    steps, width = None if given["steps"] is None else given.whole("steps"), given.whole("width")
    items = given.items("layers")
    if not 1 <= len(items) <= _MOST_LAYERS:
        raise BundleError(f"arguments['layers'] should hold 1 to {_MOST_LAYERS} layers, but holds {len(items)}.")
    plan: list[tuple[_Layer, Arguments]] = []
    layout: Layout = {}
    size = width
    for number, item in enumerate(items):
        kind, told = _planned(item, number)
        shapes, size = kind.shapes(told, size)
        layout |= {f"{number}/{name}": ("float32", shape) for name, shape in shapes.items()}
        plan.append((kind, told))
    return steps, width, plan, layout


def _planned(item: object, number: int) -> tuple[_Layer, Arguments]:
    place = f"arguments['layers'][{number}]"
    names = {kind.name: kind for kind in LAYERS}
    told = dict(item) if isinstance(item, dict) else {}
    kind = names.get(str(told.pop("layer", None)))
    if kind is None:
        raise BundleError(f"{place} should be one of the layers {', '.join(names)}, and its arguments.")
    return kind, Arguments(told, kind.arguments, place=place)


def _build(arguments: dict[str, Any], arrays: Arrays) -> keras.Model:
    steps, width, plan, layout = _plan(arguments)
    check_arrays(arrays, layout, what=WEIGHTS)
    keras = import_keras()
    tensor = inputs = keras.Input((steps, width))
    for number, (kind, told) in enumerate(plan):
        layer = kind.build(told)
        tensor = layer(tensor)
        for variable in layer.weights:
            variable.assign(arrays[f"{number}/{variable.name}"])
    return keras.Model(inputs, tensor)


def _cues(model: keras.Model, random: np.random.Generator) -> Arrays:
    steps, width = _input_shape(model)
    return {"sequences": random.standard_normal((_CUES, steps or _STEPS, width), dtype=np.float32)}


def _answers(model: keras.Model, cues: Arrays) -> Arrays:
    return {"outputs": np.asarray(model(cues["sequences"], training=False), np.float32)}


SEQUENCE_NETWORK = Kind(
    name="sequence-network",
    title="a network of recurrent and dense layers",
    recognises=_recognises,
    describe=_describe,
    arrays=_arrays,
    size=lambda arguments: layout_size(_plan(arguments)[3]),
    build=_build,
    cues=_cues,
    answers=_answers,
)
