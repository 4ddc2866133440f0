"""Generators in a bundle: arrays, the name and arguments of their family, and samples that prove both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from learnet.bundle import Kind, load_system, save_system
from learnet.bundle.arguments import Arguments
from learnet.bundle.kind import check_arrays
from learnet.core import BundleError
from learnet.gan.feed import draw_noise
from learnet.gan.networks import FAMILIES, Adversaries, Family
from learnet.gan.samples import draw_samples, generate
from learnet.models import weight_items
from learnet.options.gan import LatentName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

_GOLDEN_SAMPLES = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredGenerator:
    """A generator that was loaded from disk.

    Attributes:
        family: Its name in ``FAMILIES``.
        arguments: With which it was built.
        latent: The kind of noise that it was trained with.
        model: From noise ``(b, latent_size)`` to samples.
    """

    family: str
    arguments: Mapping[str, Any]
    latent: LatentName
    model: keras.Model

    def draw(self, count: int, *, seed: int) -> NDArray[np.float32]:
        """Return samples, float32 ``(count, ...)``; the same seed gives the same ones."""
        return draw_samples(self.model, count, seed=seed, latent=self.latent)


def save_generator(
    folder: str | Path,
    networks: Adversaries,
    *,
    latent: LatentName = "normal",
    notes: dict[str, Any] | None = None,
    seed: int = 0,
) -> StoredGenerator:
    """Write a generator as a bundle, load it again and compare its samples; only then does it take its place.

    Args:
        folder: Where it goes; replaced if it exists, and whole whatever goes wrong.
        networks: As ``points_mlp`` or ``dcgan`` made them and ``train_gan`` trained them.
        latent: The kind of noise that it was trained with.
        notes: What should be remembered of it, as JSON values.
        seed: Of the noise whose samples are stored as proof.

    Returns:
        The generator, as it was loaded for the proof.

    Raises:
        BundleError: If it is no network of its family any more, a weight is not finite, or the proof fails.
        OSError: If the disk refuses.
    """
    told = StoredGenerator(
        family=networks.family, arguments=networks.arguments, latent=latent, model=networks.generator
    )
    saved: StoredGenerator = save_system(folder, told, notes=notes, seed=seed, kinds=(GENERATOR,)).system
    return saved


def load_generator(folder: str | Path) -> StoredGenerator:
    """Open a generator that ``save_generator`` wrote, and prove it by the samples stored with it.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.

    Raises:
        BundleError: If it is missing, damaged, hostile, of another kind, or of a newer schema.
    """
    found: StoredGenerator = load_system(folder, kinds=(GENERATOR,)).system
    return found


def _describe(generator: StoredGenerator) -> dict[str, Any]:
    return {"family": generator.family, "latent": generator.latent, "arguments": dict(generator.arguments)}


def _told(arguments: object) -> tuple[Family, dict[str, Any], LatentName]:
    """Return the family, its arguments and the kind of noise, checked."""
    given = Arguments(arguments, ("family", "latent", "arguments"))
    latents: tuple[LatentName, ...] = get_args(LatentName)
    family = FAMILIES[given.choice("family", FAMILIES.names())]
    if not isinstance(given["arguments"], dict):
        raise BundleError("arguments['arguments'] should be an object.")
    family.check(given["arguments"])
    return family, given["arguments"], given.choice("latent", latents)


def _size(arguments: object) -> int:
    family, chosen, _ = _told(arguments)
    return 4 * family.parameters(chosen)


def _build(arguments: dict[str, Any], arrays: dict[str, np.ndarray]) -> StoredGenerator:
    family, chosen, latent = _told(arguments)
    model = family.build(**chosen)
    items = weight_items(model)
    layout = {key: ("float32", tuple(variable.shape)) for key, variable in items.items()}
    check_arrays(arrays, layout, what="weights.safetensors")
    for key, variable in items.items():
        if key.endswith("/moving_variance") and arrays[key].min() < 0:
            raise BundleError(f"In weights.safetensors, '{key}' holds a negative variance.")
        variable.assign(arrays[key])
    return StoredGenerator(family=family.name, arguments=chosen, latent=latent, model=model)


def _cues(generator: StoredGenerator, random: np.random.Generator) -> dict[str, np.ndarray]:
    size = int(generator.model.inputs[0].shape[1])
    return {"noise": draw_noise(_GOLDEN_SAMPLES, size, latent=generator.latent, random=random)}


GENERATOR = Kind(
    name="generator",
    title="a generator of samples",
    opened_by="learnet.gan.load_generator",
    recognises=lambda system: isinstance(system, StoredGenerator),
    describe=_describe,
    arrays=lambda generator: {key: np.asarray(value) for key, value in weight_items(generator.model).items()},
    size=_size,
    build=_build,
    cues=_cues,
    answers=lambda generator, cues: {"samples": generate(generator.model, cues["noise"])},
)
