"""A bundle that learnet has trained, as the backbone of another task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle import load_bundle
from learnet.core import UsageError, fingerprint, sha256_bytes
from learnet.core import keras as import_keras
from learnet.models import ARCHITECTURES, network, weight_items, with_head

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.bundle import Bundle, BundleInfo
    from learnet.data import InputSpec

_HEAD = "head"


@dataclass(frozen=True, kw_only=True, eq=False)
class BundleBackbone:
    """The network of a bundle, without its last dense layer.

    Attributes:
        name: The bundle's path.
        info: What the bundle says of itself.
        model: From uint8 images to what its last dense layer saw.
        fingerprint: Of network, weights and preprocessing.
    """

    name: str
    info: BundleInfo
    model: keras.Model
    fingerprint: str

    @property
    def input_spec(self) -> InputSpec:
        """How photos are prepared for it."""
        return self.info.input_spec

    @property
    def feature_layer(self) -> str:
        """The layer whose output is used as features."""
        return "what its head saw"

    @property
    def feature_size(self) -> int:
        """Length of a feature vector."""
        return int(self.model.output.shape[-1])

    @property
    def source(self) -> str:
        """Where the weights came from, for people."""
        return f"a bundle of {self.info.architecture['name']}, trained on {self.info.dataset.get('name', 'photos')}"

    @property
    def licence(self) -> str:
        """Of the weights."""
        return str(self.info.weights["licence"])

    @property
    def paper(self) -> str:
        """Where the network was published."""
        return ARCHITECTURES[self.info.architecture["name"]].paper

    @property
    def schema_version(self) -> int:
        """Of a bundle of this network with another head."""
        return self.info.schema_version

    @property
    def architecture(self) -> dict[str, Any]:
        """What a bundle says of the network with another head."""
        known = self.info.architecture
        if not self.info.is_network:
            return known
        arguments = {**known["arguments"], "temperature": 1.0, "test_time_flip": False}
        arguments.pop("test_time_shift", None)
        return {**known, "arguments": arguments}

    def classifier(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> keras.Model:
        """Return a network from uint8 images to probabilities, with the weights of ``model`` and this head."""
        if not self.info.is_network:
            model = with_head(self.model, classes=len(bias))
            model.get_layer(_HEAD).set_weights([kernel, bias])
            return model
        whole = _whole(self.info, classes=len(bias))
        _copy(self.model, whole)
        scale = _scale_after_head(whole)
        whole.get_layer(_HEAD).set_weights([kernel / scale, bias / scale])
        return whole


def load_bundle_backbone(folder: Path) -> BundleBackbone:
    """Open a bundle as a backbone.

    Raises:
        BundleError: If it is no bundle, or damaged.
        UsageError: If its network does not end in a dense layer.
    """
    bundle = load_bundle(folder)
    model = _features(bundle)
    weights = {key: np.asarray(variable) for key, variable in weight_items(model).items()}
    return BundleBackbone(
        name=str(folder),
        info=bundle.info,
        model=model,
        fingerprint=fingerprint(
            {
                "architecture": bundle.info.architecture,
                "preprocessing": ARCHITECTURES[bundle.info.architecture["name"]].preprocessing.to_json(),
                "weights": {key: _hash(array) for key, array in weights.items()},
            }
        ),
    )


def _features(bundle: Bundle) -> keras.Model:
    whole = bundle.model
    if bundle.info.is_network:  # without its own temperature and mirror image
        whole = _whole(bundle.info, classes=len(bundle.info.class_names))
        _copy(bundle.model, whole, head=True)
    if not any(layer.name == _HEAD and hasattr(layer, "kernel") for layer in whole.layers):
        raise UsageError(
            f"The bundle '{bundle.folder}' holds the network {bundle.info.architecture['name']}, which does not end in "
            "a dense layer: it cannot be a backbone. Train another network, for example with --model resnet20."
        )
    keras = import_keras()
    return keras.Model(whole.input, whole.get_layer(_HEAD).input, name=bundle.info.architecture["name"])


def _whole(info: BundleInfo, *, classes: int) -> keras.Model:
    """Return the bundle's network with random weights, for so many classes."""
    return network(
        info.architecture["name"],
        classes=classes,
        input_size=info.input_size,
        dropout=0.0,
        options=info.architecture["arguments"]["options"],
    ).model


def _copy(origin: keras.Model, target: keras.Model, *, head: bool = False) -> None:
    known = weight_items(origin)
    for key, variable in weight_items(target).items():
        if head or not key.startswith(f"{_HEAD}/"):
            variable.assign(np.asarray(known[key]))


def _hash(array: NDArray[Any]) -> str:
    return sha256_bytes(np.ascontiguousarray(array).tobytes())


def _scale_after_head(whole: keras.Model) -> float:
    """Return by what the network multiplies its head's output."""
    names = {layer.name for layer in whole.layers}
    return float(whole.get_layer("scaled_logits").scale) if "scaled_logits" in names else 1.0
