"""Translators in a bundle: weights, vocabularies, and translations that prove both."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from learnet.applications.translate.batches import sources
from learnet.applications.translate.families import FAMILIES, build_networks
from learnet.applications.translate.network import LARGEST, NetworkConfig
from learnet.applications.translate.translator import Translator
from learnet.applications.translate.vocabulary import BEGIN, END, LARGEST_FILE, Vocabulary
from learnet.bundle import Kind, load_system, save_system
from learnet.bundle.arguments import Arguments
from learnet.bundle.kind import Arrays, check_arrays
from learnet.core import BundleError, DataError, UsageError
from learnet.options.translate import CellName, ModelName

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("network", "lowercase", "reverse", "source_bytes", "target_bytes")
_WEIGHTS, _FILES = "network/", ("source_vocabulary", "target_vocabulary")
_CUES, _CUE_LENGTH = 4, 6


def save_translator(
    folder: str | Path, translator: Translator, *, notes: dict[str, Any] | None = None, seed: int = 0
) -> Translator:
    """Write a translator as a bundle, load it again and compare its translations; only then does it take its place.

    Args:
        folder: Where it goes; replaced if it exists, and whole whatever goes wrong.
        translator: Trained, and in float32.
        notes: What should be remembered of it, as JSON values.
        seed: Of the sentences whose translations are stored as proof.

    Returns:
        The translator, as it was loaded for the proof.

    Raises:
        BundleError: If a weight is not finite, or the proof fails.
        OSError: If the disk refuses.
    """
    saved: Translator = save_system(folder, translator, notes=notes, seed=seed, kinds=(TRANSLATOR,)).system
    return saved


def load_translator(folder: str | Path) -> Translator:
    """Open a translator that ``save_translator`` wrote, and prove it by the translations stored with it.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.

    Raises:
        BundleError: If it is missing, damaged, hostile, of another kind, or of a newer schema.
        MissingDependencyError: If SentencePiece is not installed.
    """
    found: Translator = load_system(folder, kinds=(TRANSLATOR,)).system
    return found


def _describe(translator: Translator) -> dict[str, Any]:
    return {
        "network": asdict(translator.networks.config),
        "lowercase": translator.source.lowercase,
        "reverse": translator.reverse,
        "source_bytes": len(translator.source.content),
        "target_bytes": len(translator.target.content),
    }


def _arrays(translator: Translator) -> Arrays:
    weights = {f"{_WEIGHTS}{v.path}": np.asarray(v) for v in translator.networks.trainer.weights}
    return {
        **weights,
        "source_vocabulary": translator.source.to_array(),
        "target_vocabulary": translator.target.to_array(),
    }


def _told(arguments: object) -> tuple[Arguments, NetworkConfig]:
    """Return the arguments and the network's sizes, checked."""
    given = Arguments(arguments, _NAMES)
    for name in ("lowercase", "reverse"):
        given.flag(name)
    for name in ("source_bytes", "target_bytes"):
        if given.whole(name) > LARGEST_FILE:
            raise BundleError(f"arguments['{name}'] should be at most {LARGEST_FILE:,}, but is {given[name]:,}.")
    told = Arguments(given["network"], [each.name for each in fields(NetworkConfig)], place="arguments['network']")
    models: tuple[ModelName, ...] = get_args(ModelName)
    cells: tuple[CellName, ...] = get_args(CellName)
    try:
        config = NetworkConfig(
            model=told.choice("model", models),
            cell=told.choice("cell", cells),
            dropout=told.number("dropout"),
            **{name: told.whole(name) for name in LARGEST},
        )
    except UsageError as error:
        raise BundleError(f"arguments['network'] describes no network. {error}") from None
    return given, config


def _size(arguments: object) -> int:
    given, config = _told(arguments)
    return 4 * FAMILIES[config.model].parameters(config) + given.whole("source_bytes") + given.whole("target_bytes")


def _build(arguments: dict[str, Any], arrays: Arrays) -> Translator:
    given, config = _told(arguments)
    networks = build_networks(config)
    variables = {f"{_WEIGHTS}{v.path}": v for v in networks.trainer.weights}
    layout: dict[str, tuple[str, tuple[int, ...]]] = {
        name: ("float32", tuple(variable.shape)) for name, variable in variables.items()
    }
    sizes = (given.whole("source_bytes"), given.whole("target_bytes"))
    layout |= {name: ("uint8", (size,)) for name, size in zip(_FILES, sizes, strict=True)}
    check_arrays(arrays, layout, what="weights.safetensors")
    for name, variable in variables.items():
        variable.assign(arrays[name])
    try:
        source, target = (Vocabulary(arrays[name].tobytes(), lowercase=given.flag("lowercase")) for name in _FILES)
        return Translator(source=source, target=target, networks=networks, reverse=given.flag("reverse"))
    except (DataError, UsageError) as error:
        raise BundleError(f"weights.safetensors holds a vocabulary that cannot be used. {error}") from None


def _cues(translator: Translator, random: np.random.Generator) -> Arrays:
    """Return sentences of random pieces, and how each is translated greedily, in a fixed number of pieces."""
    size = translator.networks.config.source_size
    rows = random.integers(min(END + 1, size - 1), size, (_CUES, _CUE_LENGTH)).tolist()
    source = sources(rows, reverse=translator.reverse)
    said = np.full((_CUES, 1), BEGIN, np.int32)
    for _ in range(_CUE_LENGTH):
        logits = np.asarray(translator.networks.trainer([source, said], training=False))[:, -1]
        said = np.concatenate([said, logits.argmax(axis=1)[:, None].astype(np.int32)], axis=1)
    return {"source": source.astype(np.float32), "translation": said.astype(np.float32)}


def _answers(translator: Translator, cues: Arrays) -> Arrays:
    config = translator.networks.config
    given = [
        np.clip(cues[name], 0, size - 1).astype(np.int32)
        for name, size in (("source", config.source_size), ("translation", config.target_size))
    ]
    logits = np.asarray(translator.networks.trainer(given, training=False), np.float64)
    chances = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return {"chances": (chances / chances.sum(axis=-1, keepdims=True)).astype(np.float32)}


TRANSLATOR = Kind(
    name="translator",
    title="a translator of sentences",
    opened_by="learnet.applications.translate.load_translator",
    recognises=lambda system: isinstance(system, Translator),
    describe=_describe,
    arrays=_arrays,
    size=_size,
    build=_build,
    cues=_cues,
    answers=_answers,
)
