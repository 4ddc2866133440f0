"""Where a backbone can be cut in two, and the two parts: the lower one stays as it is, the upper one is trained."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import UsageError, unknown_name
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

_TRAINED_SHARE = 0.15  # of the multiply-accumulates, roughly: what is trained where the user does not say


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A place where one tensor alone carries everything that goes up.

    Attributes:
        after: The layer whose output it is.
        first: The first layer above it that has weights.
        tensor: What is there, ``(batch, …)``.
        size: Numbers an image.
    """

    after: str
    first: str
    tensor: keras.KerasTensor
    size: int


def cuts(model: keras.Model) -> list[Cut]:
    """Return the places where a backbone can be cut, from the first layer to the last.

    A place counts if all paths from the images to the features go through its tensor and there are weights below and
    above it; of places between the same two layers with weights, only the smallest tensor's is kept.

    Args:
        model: Made by ``backbone``.
    """
    found: dict[str, Cut] = {}
    order = list(_ordered(model))
    first_above = _first_with_weights(order)
    waiting = _uses(model, order)
    alive: dict[int, int] = {}
    something_frozen = False
    for position, (layer, inputs, outputs) in enumerate(order):
        for tensor in inputs:
            alive[id(tensor)] -= 1
            if not alive[id(tensor)]:
                del alive[id(tensor)]
        for tensor in outputs:
            alive[id(tensor)] = waiting.get(id(tensor), 0) or 1
        above = first_above[position]
        something_frozen = something_frozen or bool(getattr(layer, "weights", None))
        if not something_frozen or len(alive) != 1 or len(outputs) != 1 or id(outputs[0]) not in alive or above is None:
            continue
        size = _size(outputs[0])
        if above not in found or size <= found[above].size:
            found[above] = Cut(after=layer.name, first=above, tensor=outputs[0], size=size)
    return list(found.values())


def find_cut(model: keras.Model, unfreeze: str | None) -> Cut:
    """Return where a backbone is cut so that ``unfreeze`` and everything above it is trained.

    Args:
        model: Made by ``backbone``.
        unfreeze: A layer, or the beginning of the names of a stage's layers, such as ``"block6"``; if None, the stages
            whose computing makes up about a seventh of the whole are trained.

    Raises:
        UsageError: If there is no such layer or stage.
    """
    places = cuts(model)
    if unfreeze is None:
        return _chosen(model, places)
    names = [layer.name for layer, _, _ in _ordered(model)]
    wanted = next((index for index, name in enumerate(names) if _belongs(name, unfreeze)), None)
    if wanted is None:
        raise unknown_name("layer or stage", unfreeze, stages(model))
    below = [cut for cut in places if names.index(cut.first) <= _first_weighted(model, names, wanted)]
    if not below:
        raise UsageError(
            f"'{unfreeze}' is at the very beginning of {model.name}: nothing would stay frozen. "
            "Use --mode full to train everything."
        )
    return below[-1]


def stages(model: keras.Model) -> list[str]:
    """Return the names of a backbone's stages and of its layers that have weights, for messages."""
    names = [layer.name for layer in model.layers if layer.weights]
    return list(dict.fromkeys([name.split("_")[0] for name in names] + names))


def boundaries(model: keras.Model) -> tuple[str, ...]:
    """Return the stages from which on a backbone can be trained with something frozen below, the lowest first.

    Of stages that begin at the same place only the first is named.

    Args:
        model: Made by ``backbone``.
    """
    places = cuts(model)
    position = {layer.name: index for index, (layer, _, _) in enumerate(_ordered(model))}
    starts: dict[str, str] = {}  # of each stage, its first layer with weights
    for name in (layer.name for layer, _, _ in _ordered(model) if getattr(layer, "weights", None)):
        starts.setdefault(_stage(name), name)
    found: dict[str, str] = {}
    for stage, start in starts.items():
        below = [cut.first for cut in places if position[cut.first] <= position[start]]
        if below:
            found.setdefault(below[-1], stage)
    return tuple(found.values())


def _stage(name: str) -> str:
    """Return the stage of a layer: ``block6a`` of ``block6a_expand_conv``, ``block_12`` of ``block_12_project``."""
    match = re.match(r"[A-Za-z]+_[0-9]+(?=_|$)|[^_]+", name)
    return name if match is None else match[0]


def lower_part(model: keras.Model, cut: Cut) -> keras.Model:
    """Return the frozen part: uint8 images to float32 ``(batch, cut.size)``, flattened. It shares all layers."""
    keras = import_keras()
    flat = keras.layers.Flatten(name="activations")(cut.tensor)
    return keras.Model(model.input, flat, name=f"{model.name}_below_{cut.first}")


def upper_part(model: keras.Model, cut: Cut) -> keras.Model:
    """Return the part above: float16 ``(batch, …)``, as the lower part leaves it, to features. It shares all layers."""
    keras = import_keras()
    stored = keras.Input(cut.tensor.shape[1:], dtype="float16", name="stored")
    numbers = keras.layers.Rescaling(1.0, dtype="float32", name="as_float32")(stored)
    return keras.Model(stored, keras.Model(cut.tensor, model.output)(numbers), name=f"{model.name}_from_{cut.first}")


def freeze_statistics(model: keras.Model) -> None:
    """Freeze every batch normalisation: a small training set's statistics are worse than those of the pretraining."""
    keras = import_keras()
    for layer in flat_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def flat_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model, those of models inside it in their place."""
    nested = (flat_layers(layer) if hasattr(layer, "layers") else [layer] for layer in model.layers)
    return [layer for layers in nested for layer in layers]


def _chosen(model: keras.Model, places: Sequence[Cut]) -> Cut:
    """Return the lowest place above which little enough is computed; the last one if there is none."""
    costs = {layer.name: _cost(layer, outputs) for layer, _, outputs in _ordered(model)}
    names, total = list(costs), sum(costs.values())
    for cut in places:
        if sum(costs[name] for name in names[names.index(cut.first) :]) <= _TRAINED_SHARE * total:
            return cut
    if not places:
        raise UsageError(f"{model.name} cannot be cut in two: use --mode full to train everything.")
    return places[-1]


def _cost(layer: keras.layers.Layer, outputs: Sequence[keras.KerasTensor]) -> float:
    """Return the multiply-accumulates of a layer for one image: kernel size times places where it is applied."""
    kernel = getattr(layer, "kernel", None)
    if kernel is None or len(outputs) != 1:
        return 0.0
    shape = [int(side) for side in outputs[0].shape[1:-1]]
    places = 1
    for side in shape:
        places *= side
    weights = 1
    for side in kernel.shape:
        weights *= int(side)
    return float(places * weights)


def _belongs(name: str, wanted: str) -> bool:
    """Return whether a layer is the wanted one or of the wanted stage: ``block6`` holds ``block6a_…``."""
    return name == wanted or re.match(re.escape(wanted) + r"(?![0-9])", name) is not None


def _first_weighted(model: keras.Model, names: Sequence[str], start: int) -> int:
    """Return the position of the first layer from ``start`` on that has weights; the last one if none has."""
    return next((place for place in range(start, len(names)) if _weights(model, names[place])), len(names) - 1)


def _weights(model: keras.Model, name: str) -> bool:
    layer = next((layer for layer in model.layers if layer.name == name), None)
    return layer is not None and bool(layer.weights)


def _ordered(
    model: keras.Model,
) -> list[tuple[keras.layers.Layer, list[keras.KerasTensor], list[keras.KerasTensor]]]:
    """Return each operation with its inputs and outputs, in the order in which they run."""
    by_depth = model._nodes_by_depth  # noqa: SLF001 (Keras' only record of a graph's order)
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return [(node.operation, list(node.input_tensors), list(node.output_tensors)) for node in nodes]


def _uses(
    model: keras.Model,
    order: Sequence[tuple[keras.layers.Layer, list[keras.KerasTensor], list[keras.KerasTensor]]],
) -> dict[int, int]:
    counts: dict[int, int] = {id(tensor): 1 for tensor in model.outputs}
    for _, inputs, _ in order:
        for tensor in inputs:
            counts[id(tensor)] = counts.get(id(tensor), 0) + 1
    return counts


def _first_with_weights(
    order: Sequence[tuple[keras.layers.Layer, list[keras.KerasTensor], list[keras.KerasTensor]]],
) -> list[str | None]:
    """Return for each operation the first layer after it that has weights."""
    found: list[str | None] = [None] * len(order)
    following: str | None = None
    for position in range(len(order) - 1, -1, -1):
        found[position] = following
        layer = order[position][0]
        if getattr(layer, "weights", None):
            following = layer.name
    return found


def _size(tensor: keras.KerasTensor) -> int:
    size = 1
    for side in tensor.shape[1:]:
        size *= int(side)
    return size
