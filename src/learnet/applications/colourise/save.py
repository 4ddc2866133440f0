"""Colourisers in a bundle: weights, colours, size and temperature, and colours of photos that prove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from learnet.applications.colourise.colouriser import (
    ARCHITECTURE,
    LARGEST,
    Colouriser,
    check_size,
    make_colouriser,
)
from learnet.bundle import Kind, SystemBundle, load_system, save_system
from learnet.bundle.arguments import Arguments
from learnet.bundle.kind import check_arrays
from learnet.core import BundleError
from learnet.models import published_profiles, weight_items
from learnet.options.colourise import NetworkName

if TYPE_CHECKING:
    from pathlib import Path

_GOLDEN_PHOTOS = 2
_MOST_COLOURS = 100
_WEIGHTS_AN_OUTPUT = 17  # of the last layer: 16 and a bias
_COLOURS = "colours"


def save_colouriser(
    folder: str | Path, colouriser: Colouriser, *, notes: dict[str, Any] | None = None, seed: int = 0
) -> SystemBundle:
    """Write a colouriser as a bundle, load it again and compare its colours; only then does it take its place.

    Args:
        folder: Where it goes; replaced if it exists, and whole whatever goes wrong.
        colouriser: After training.
        notes: What should be remembered of it, as JSON values.
        seed: Of the noise whose colours are stored as proof.

    Raises:
        BundleError: If a weight is not finite, or the proof fails.
        OSError: If the disk refuses.
    """
    return save_system(folder, colouriser, notes=notes, seed=seed, kinds=(COLOURISER,))


def load_colouriser(folder: str | Path) -> Colouriser:
    """Open a colouriser that ``save_colouriser`` wrote, and prove it by the colours stored with it.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.

    Raises:
        BundleError: If it is missing, damaged, hostile, of another kind, or of a newer schema.
    """
    found: Colouriser = load_system(folder, kinds=(COLOURISER,)).system
    return found


def _describe(colouriser: Colouriser) -> dict[str, Any]:
    return {
        "network": colouriser.network,
        "size": colouriser.size,
        "colours": len(colouriser.colours),
        "temperature": float(colouriser.temperature),
    }


def _told(arguments: object) -> tuple[NetworkName, int, int, float]:
    """Return network, size, number of colours and temperature, checked."""
    given = Arguments(arguments, ("network", "size", "colours", "temperature"))
    networks: tuple[NetworkName, ...] = get_args(NetworkName)
    network, size = given.choice("network", networks), given.whole("size")
    check_size(size)
    fewest, most = (2, _MOST_COLOURS) if network == "classification" else (0, 0)
    colours = given.whole("colours", least=0)
    if not fewest <= colours <= most:
        raise BundleError(f"arguments['colours'] should be from {fewest} to {most}, but is {colours}.")
    temperature = given.number("temperature")
    if temperature <= 0:
        raise BundleError(f"arguments['temperature'] should be greater than 0, but is {temperature}.")
    return network, size, colours, temperature


def _size(arguments: object) -> int:
    network, _, colours, _ = _told(arguments)
    published = published_profiles()[ARCHITECTURE["regression"]].parameters
    outputs = colours if network == "classification" else 2
    return 4 * (published + _WEIGHTS_AN_OUTPUT * (outputs - 2)) + 8 * 2 * colours


def _build(arguments: dict[str, Any], arrays: dict[str, np.ndarray]) -> Colouriser:
    network, size, colours, temperature = _told(arguments)
    made = make_colouriser(network, size=size, colours=np.zeros((colours, 2)), temperature=temperature)
    items = weight_items(made.model)
    layout: dict[str, tuple[str, tuple[int, ...]]] = {
        key: ("float32", tuple(variable.shape)) for key, variable in items.items()
    }
    layout[_COLOURS] = ("float64", (colours, 2))
    check_arrays(arrays, layout, what="weights.safetensors")
    for key, variable in items.items():
        if key.endswith("/moving_variance") and arrays[key].min() < 0:
            raise BundleError(f"In weights.safetensors, '{key}' holds a negative variance.")
        variable.assign(arrays[key])
    return Colouriser(
        network=network, size=size, model=made.model, colours=arrays[_COLOURS], temperature=made.temperature
    )


def _arrays(colouriser: Colouriser) -> dict[str, np.ndarray]:
    weights = {key: np.asarray(value) for key, value in weight_items(colouriser.model).items()}
    return {**weights, _COLOURS: np.asarray(colouriser.colours, np.float64).reshape(-1, 2)}


def _cues(colouriser: Colouriser, random: np.random.Generator) -> dict[str, np.ndarray]:
    side = colouriser.size
    return {"photos": random.integers(0, 256, (_GOLDEN_PHOTOS, side, side, 3), dtype=np.uint8)}


def _answers(colouriser: Colouriser, cues: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the colours at temperature 1: at a low one rounding would decide between two that are equally likely."""
    answers = colouriser.answering(1.0)(cues["photos"], training=False)
    return {"colours": np.asarray(answers, np.float32)}


COLOURISER = Kind(
    name="colouriser",
    title="a network that gives photos colours",
    opened_by="learnet.applications.colourise.load_colouriser",
    recognises=lambda system: isinstance(system, Colouriser),
    describe=_describe,
    arrays=_arrays,
    size=_size,
    build=_build,
    cues=_cues,
    answers=_answers,
)
assert LARGEST**2 * _GOLDEN_PHOTOS * (3 + 8) < 64_000_000  # noqa: S101 (a proof that fits into its file)
