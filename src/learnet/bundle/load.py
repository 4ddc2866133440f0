"""Opening a bundle: everything is checked, and nothing that lies in it is run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from learnet.bundle.classifier import Classifier
from learnet.bundle.document import MAX_DOCUMENT_BYTES
from learnet.bundle.files import read_file
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS, Document
from learnet.bundle.places import open_folder, read_vouched
from learnet.bundle.tensors import MAX_HEADER_BYTES
from learnet.core import BundleError, LearnetError, UsageError
from learnet.inference import Predictor
from learnet.models import (
    ARCHITECTURES,
    backbone,
    most_parameters,
    network,
    published_profiles,
    weight_items,
    with_head,
    with_machine,
)

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from learnet.bundle.info import BundleInfo

GOLDEN_TOLERANCE = 1e-4
MAX_GOLDEN_BYTES = 64_000_000
_HEAD, _VECTORS = "head/kernel", "head/support_vectors"
_ROOM, _MORE_ROOM = 4, 16_000_000  # how far the estimate of a network's size may lie above the weights that are there
_ADVICE = " Copy it again from where it was made, or make it again with: learnet transfer"


@dataclass(frozen=True, kw_only=True, eq=False)
class Golden:
    """A few images and what the classifier said of them when it was saved.

    Attributes:
        images: uint8 ``(m, height, width, 3)``, prepared.
        outputs: float32 ``(m, classes)``, probabilities.
        classes: The likeliest class of each.
    """

    images: np.ndarray
    outputs: np.ndarray
    classes: tuple[str, ...]


@final
class Bundle:
    """A classifier that was loaded from disk. Made by ``load_bundle``.

    Attributes:
        folder: Where it lies.
        info: What is known of it: class names, input specification, calibration, metrics, …
        model: The network: uint8 images ``(batch, height, width, 3)``, prepared as ``info.input_spec`` says, to
            probabilities ``(batch, classes)``.
        golden: A few images and what the classifier said of them when it was saved.
    """

    def __init__(self, *, folder: Path, info: BundleInfo, model: keras.Model, golden: Golden) -> None:
        self.folder, self.info, self.model, self.golden = folder, info, model, golden

    def classifier(self) -> Classifier:
        """Return the classifier, compiled for this machine; the second call returns the same."""
        return self._classifier

    @cached_property
    def _classifier(self) -> Classifier:
        return Classifier(info=self.info, predictor=Predictor.compile(self.model))

    def prove(self) -> None:
        """Show the golden images to the classifier again.

        Raises:
            BundleError: If a probability differs by more than 1e-4 from what it was when the bundle was saved, or the
                likeliest class of an image has another name.
        """
        outputs = self._classifier.predictor.predict(self.golden.images)
        difference = float(np.abs(outputs - self.golden.outputs).max())
        if not difference <= GOLDEN_TOLERANCE:  # NaN included
            raise BundleError(
                "It does not give the golden outputs that it was saved with: a probability differs by "
                f"{difference:.2g}, where at most {GOLDEN_TOLERANCE:g} is allowed."
            )
        for said, stored in zip(self.golden.outputs.argmax(axis=1), self.golden.classes, strict=True):
            if self.info.class_names[said] != stored:
                raise BundleError(f"A golden image of '{stored}' is now called '{self.info.class_names[said]}'.")


def load_bundle(folder: str | Path, *, prove: bool = False) -> Bundle:
    """Open a bundle.

    ``bundle.json`` and the checksums of all files are always checked, and that the weights are the architecture's own.
    Only ``bundle.json`` and the two files that it vouches for are opened; whatever else lies in the folder is not. The
    network is built by learnet from its name; nothing that the bundle says is imported or run.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.
        prove: Replay the golden images too.

    Returns:
        The bundle.

    Raises:
        BundleError: If it is missing, damaged, hostile, or of a newer schema.

    Example:
        >>> load_bundle("no/such/folder")
        Traceback (most recent call last):
        learnet.core.errors.BundleError: There is no bundle at 'no/such/folder'. Check the path; \
a run keeps its own in RUN/bundle.
    """
    return open_folder(folder, lambda place: read_bundle(place, prove=prove), advice=_ADVICE)


def read_bundle(folder: Path, *, prove: bool) -> Bundle:
    """Open the bundle in exactly this folder.

    Raises:
        BundleError: What is wrong with it, without saying where it lies.
    """
    document = Document.from_bytes(read_file(folder / DOCUMENT, limit=MAX_DOCUMENT_BYTES))
    info = document.info
    weights = read_vouched(folder / WEIGHTS, document.files[WEIGHTS], limit=_weights_limit(info))
    golden = _golden(read_vouched(folder / GOLDEN, document.files[GOLDEN], limit=MAX_GOLDEN_BYTES), document)
    bundle = Bundle(folder=folder, info=info, model=_build(info, weights), golden=golden)
    if prove:
        bundle.prove()
    return bundle


def _weights_limit(info: BundleInfo) -> int:
    """Return more bytes than the network's weights can take: of a backbone, as many untrained as trained ones."""
    if info.is_network:
        return 4 * _most_parameters(info) + MAX_HEADER_BYTES
    architecture = ARCHITECTURES[info.architecture["name"]]
    inputs, classes = architecture.feature_size, len(info.class_names)
    head = (inputs + 1) * classes
    if info.machine:
        head = info.machine["support_vectors"] * (inputs + classes) + classes + 2
    return 4 * (2 * published_profiles()[architecture.name].backbone_parameters + head) + MAX_HEADER_BYTES


def _most_parameters(info: BundleInfo) -> int:
    try:
        return most_parameters(
            info.architecture["name"],
            classes=len(info.class_names),
            input_size=info.input_size,
            options=info.architecture["arguments"]["options"],
        )
    except UsageError as error:
        raise BundleError(f"Its network cannot be built. {error}") from None


def _golden(tensors: dict[str, np.ndarray], document: Document) -> Golden:
    info, count = document.info, len(document.golden_classes)
    expected = {
        "images": ("uint8", (count, *info.input_size, 3)),
        "outputs": ("float32", (count, len(info.class_names))),
    }
    found = {name: (str(array.dtype), array.shape) for name, array in tensors.items()}
    if found != expected:
        raise BundleError(
            f"{GOLDEN} should hold {count} images with their outputs, but its arrays are of other shapes."
        )
    _check_finite(tensors["outputs"], f"The outputs in {GOLDEN}")
    return Golden(images=tensors["images"], outputs=tensors["outputs"], classes=document.golden_classes)


def _build(info: BundleInfo, weights: dict[str, np.ndarray]) -> keras.Model:
    """Build the network by its name and give it the weights, after checking that they are its own."""
    name = info.architecture["name"]
    build = _network if info.is_network else _with_machine if info.machine else _with_head
    model = build(info, weights)
    items = weight_items(model)
    _check_names(set(weights), set(items), network=name)
    for key, variable in items.items():
        array = weights[key]
        if array.dtype != np.float32 or array.shape != tuple(variable.shape):
            raise BundleError(
                f"In {WEIGHTS}, '{key}' should be float32 of shape {tuple(variable.shape)} as in {name}, but is "
                f"{array.dtype} of shape {array.shape}."
            )
        _check_finite(array, f"In {WEIGHTS}, '{key}'")
        if key.endswith("/moving_variance") and array.size and array.min() < 0:
            raise BundleError(f"In {WEIGHTS}, '{key}' holds a negative variance.")
        variable.assign(array)
    return model


def _with_head(info: BundleInfo, weights: dict[str, np.ndarray]) -> keras.Model:
    name, classes = info.architecture["name"], len(info.class_names)
    head = (ARCHITECTURES[name].feature_size, classes)
    if _HEAD not in weights or weights[_HEAD].shape != head:  # before a large head is built for nothing
        raise BundleError(
            f"{WEIGHTS} has no head '{_HEAD}' of shape {head}, as {name} with {classes} classes needs it."
        )
    return with_head(backbone(name, input_size=info.input_size), classes=classes)


def _with_machine(info: BundleInfo, weights: dict[str, np.ndarray]) -> keras.Model:
    name, machine = info.architecture["name"], info.machine or {}
    shape = (machine["support_vectors"], ARCHITECTURES[name].feature_size)
    if _VECTORS not in weights or weights[_VECTORS].shape != shape:  # before a large head is built for nothing
        raise BundleError(f"{WEIGHTS} has no support vectors '{_VECTORS}' of shape {shape}, as {name} needs them.")
    try:
        return with_machine(
            backbone(name, input_size=info.input_size),
            classes=len(info.class_names),
            support_vectors=machine["support_vectors"],
            kernel=machine["kernel"],
            degree=machine["degree"],
        )
    except UsageError as error:
        raise BundleError(f"Its head cannot be built. {error}") from None


def _network(info: BundleInfo, weights: dict[str, np.ndarray]) -> keras.Model:
    name, arguments = info.architecture["name"], info.architecture["arguments"]
    given = sum(array.size for array in weights.values())
    if (most := _most_parameters(info)) > _ROOM * given + _MORE_ROOM:  # before a large network is built for nothing
        raise BundleError(f"{WEIGHTS} holds {given:,} numbers, but {name} as described can need {most:,}.")
    try:
        built = network(
            name,
            classes=len(info.class_names),
            input_size=info.input_size,
            dropout=0.0,
            temperature=arguments["temperature"],
            test_time_flip=arguments["test_time_flip"],
            test_time_shift=arguments.get("test_time_shift", 0),
            options=arguments["options"],
        )
    except (LearnetError, TypeError, ValueError) as error:
        raise BundleError(f"Its network cannot be built. {error}") from None
    return built.model


def _check_names(received: set[str], expected: set[str], *, network: str) -> None:
    if received != expected:
        missing, unknown = sorted(expected - received), sorted(received - expected)
        example = f"'{missing[0]}' is missing" if missing else f"{ascii(unknown[0])[:120]} is unknown"
        raise BundleError(
            f"{WEIGHTS} does not hold the weights of {network}: {len(missing)} are missing and {len(unknown)} unknown; "
            f"for example, {example}."
        )


def _check_finite(array: np.ndarray, what: str) -> None:
    if not np.isfinite(array).all():
        raise BundleError(f"{what} should be finite numbers, but some are NaN or infinite.")
