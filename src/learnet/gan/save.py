"""Generators on disk: weights as safetensors, a description as JSON, samples that prove both; nothing in it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from learnet.bundle.document import parse_json
from learnet.bundle.files import read_file
from learnet.bundle.tensors import MAX_HEADER_BYTES, read_tensors, write_tensors
from learnet.core import BundleError, UsageError, atomic_folder, fingerprint, sha256_bytes, sha256_file, write_json
from learnet.core import generator as random_generator
from learnet.gan.config import LatentName
from learnet.gan.feed import draw_noise
from learnet.gan.networks import FAMILIES, Adversaries, Family
from learnet.gan.samples import draw_samples, generate
from learnet.models import weight_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    from numpy.typing import NDArray

DOCUMENT, WEIGHTS, GOLDEN = "generator.json", "weights.safetensors", "golden.safetensors"
GOLDEN_TOLERANCE = 1e-4
_SCHEMA = 1
_KEYS = {"schema_version", "family", "arguments", "latent", "sha256", "checksum"}
_MAX_DOCUMENT_BYTES = 100_000
_MAX_WEIGHTS_BYTES = 1_000_000_000
_MAX_GOLDEN_BYTES = 16_000_000
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
    folder: str | Path, networks: Adversaries, *, latent: LatentName = "normal", seed: int = 0
) -> StoredGenerator:
    """Write a generator, load it again and compare its samples; only then does it take its place.

    Whatever goes wrong (a full disk, a kill, a failed proof), what was in ``folder`` before stays whole.

    Args:
        folder: Where it goes; replaced if it exists.
        networks: As ``points_mlp`` or ``dcgan`` made them and ``train_gan`` trained them.
        latent: The kind of noise that it was trained with.
        seed: Of the noise whose samples are stored as proof.

    Returns:
        The generator, as it was loaded for the proof.

    Raises:
        BundleError: If it is no network of its family any more, a weight is not finite, or the proof fails.
        OSError: If the disk refuses.
    """
    target, generator = Path(folder), networks.generator
    random = random_generator(seed, "golden noise")
    noise = draw_noise(_GOLDEN_SAMPLES, int(generator.inputs[0].shape[1]), latent=latent, random=random)
    with atomic_folder(target) as temporary:
        write_tensors(temporary / WEIGHTS, {key: np.asarray(value) for key, value in weight_items(generator).items()})
        write_tensors(temporary / GOLDEN, {"noise": noise, "samples": generate(generator, noise)})
        told = {
            "schema_version": _SCHEMA,
            "family": networks.family,
            "arguments": dict(networks.arguments),
            "latent": latent,
            "sha256": {name: sha256_file(temporary / name) for name in (WEIGHTS, GOLDEN)},
        }
        write_json(temporary / DOCUMENT, {**told, "checksum": fingerprint(told)})
        try:
            return _read(temporary)
        except BundleError as error:
            raise BundleError(
                f"The generator was not saved to '{target}', as it failed its proof; what was there before is "
                f"unchanged. {error}"
            ) from error


def load_generator(folder: str | Path) -> StoredGenerator:
    """Open a generator that ``save_generator`` wrote, and prove it by the samples stored with it.

    Sizes and checksums are checked before anything is built; the network is built by learnet from its family's name.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.

    Raises:
        BundleError: If it is missing, damaged, hostile, or of a newer schema.
    """
    place = Path(folder)
    previous = place.with_name(f".{place.name}.previous") if place.name else place
    if not place.exists() and previous.is_dir():
        place = previous
    try:
        return _read(place)
    except BundleError as error:
        raise BundleError(f"The generator in '{place}' is refused. {error}") from None


def _read(folder: Path) -> StoredGenerator:
    told = _description(read_file(folder / DOCUMENT, limit=_MAX_DOCUMENT_BYTES))
    family, arguments = _family(told)
    expected = family.parameters(arguments)
    if 4 * expected > _MAX_WEIGHTS_BYTES:
        raise BundleError(f"Its network would have {expected:,} weights, more than {_MAX_WEIGHTS_BYTES // 4:,}.")
    weights = _tensors(folder / WEIGHTS, told, limit=4 * expected + MAX_HEADER_BYTES)
    if (given := sum(array.size for array in weights.values())) != expected:  # before a network is built for nothing
        raise BundleError(f"{WEIGHTS} holds {given:,} numbers, but such a network has {expected:,}.")
    golden = _tensors(folder / GOLDEN, told, limit=_MAX_GOLDEN_BYTES)
    model = family.build(**arguments)
    _set_weights(model, weights)
    _prove(model, golden)
    return StoredGenerator(family=family.name, arguments=arguments, latent=told["latent"], model=model)


def _description(content: bytes) -> dict[str, Any]:
    told = parse_json(content, name=DOCUMENT)
    version = told.get("schema_version")
    if isinstance(version, int) and version > _SCHEMA:
        raise BundleError(
            f"It has the schema {version}; this version of learnet knows up to {_SCHEMA}. Update learnet."
        )
    if told.keys() != _KEYS or version != _SCHEMA:
        raise BundleError(f"{DOCUMENT} should hold {', '.join(sorted(_KEYS))}, and nothing else.")
    if fingerprint({key: value for key, value in told.items() if key != "checksum"}) != told["checksum"]:
        raise BundleError(f"{DOCUMENT} was changed after it was written: its checksum does not match.")
    if told["latent"] not in get_args(LatentName) or not isinstance(told["sha256"], dict):
        raise BundleError(f"{DOCUMENT} does not say which noise the network takes, or what its files should hold.")
    return told


def _family(told: dict[str, Any]) -> tuple[Family, dict[str, Any]]:
    """Return the family and the arguments, checked."""
    name, arguments = told["family"], told["arguments"]
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise BundleError(f"{DOCUMENT} should name a family, and its arguments as an object.")
    try:
        family = FAMILIES[name]
        family.check(arguments)
    except UsageError as error:
        raise BundleError(f"Its network cannot be built. {error}") from None
    return family, arguments


def _tensors(path: Path, told: dict[str, Any], *, limit: int) -> dict[str, np.ndarray]:
    content = read_file(path, limit=limit)
    if sha256_bytes(content) != told["sha256"].get(path.name):
        raise BundleError(f"{path.name} was changed after it was written: its checksum does not match.")
    return read_tensors(content, name=path.name)


def _set_weights(model: keras.Model, weights: dict[str, np.ndarray]) -> None:
    items = weight_items(model)
    if weights.keys() != items.keys():
        raise BundleError(f"{WEIGHTS} does not hold the weights of such a network, but others.")
    for key, variable in items.items():
        array = weights[key]
        if array.dtype != np.float32 or array.shape != tuple(variable.shape) or not np.isfinite(array).all():
            raise BundleError(f"In {WEIGHTS}, '{key}' should hold finite float32 of shape {tuple(variable.shape)}.")
        if key.endswith("/moving_variance") and array.size and array.min() < 0:
            raise BundleError(f"In {WEIGHTS}, '{key}' holds a negative variance.")
        variable.assign(array)


def _prove(model: keras.Model, golden: dict[str, np.ndarray]) -> None:
    noise, samples = golden.get("noise"), golden.get("samples")
    size, shape = int(model.inputs[0].shape[1]), tuple(model.outputs[0].shape[1:])
    if (
        golden.keys() != {"noise", "samples"}
        or noise is None
        or samples is None
        or noise.shape != (_GOLDEN_SAMPLES, size)
        or samples.shape != (_GOLDEN_SAMPLES, *shape)
        or {noise.dtype, samples.dtype} != {np.dtype(np.float32)}
    ):
        raise BundleError(f"{GOLDEN} should hold {_GOLDEN_SAMPLES} samples and the noise that they were made of.")
    difference = float(np.abs(generate(model, noise) - samples).max())
    allowed = GOLDEN_TOLERANCE * max(1.0, float(np.abs(samples).max()))
    if not difference <= allowed:  # NaN included
        raise BundleError(
            f"It does not make the samples that it was saved with: a number differs by {difference:.2g}, where at most "
            f"{allowed:.2g} is allowed."
        )
