"""What ``bundle.json`` says: a versioned schema of plain values, checked whole whenever one is made or read."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from learnet.bundle.document import check_json, check_seal, describe, exactly, is_sha256, parse_json, seal
from learnet.core import BundleError, LearnetError, versions
from learnet.data import InputSpec
from learnet.evaluation import Threshold
from learnet.models import ARCHITECTURES
from learnet.version import __version__

SCHEMA_VERSION = 3
SCHEMA_OF_NETWORKS = 2
SCHEMA_OF_MACHINES = 3  # on a backbone
SCHEMA_OF_SYSTEMS = 3
DOCUMENT = "bundle.json"
WEIGHTS = "weights.safetensors"
GOLDEN = "golden.safetensors"
LIBRARIES = (
    "keras",
    "learnet",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "pillow",
    "safetensors",
    "tensorflow-cpu",
)

_HEAD_ARGUMENTS = {"kind", "kernel", "degree", "support_vectors"}
_MOST_SUPPORT_VECTORS = 65_536
_NETWORK_ARGUMENTS = {"kind", "input_size", "temperature", "test_time_flip", "options"}
_MAY_BE_GIVEN = {"test_time_shift"}  # of a network; 0 where it is not
_MIN_TEMPERATURE = 1e-6
_MOST_LAYERS = 64
_WIDEST_LAYER = 65_536
_WEIGHTS_RECORD = ("source", "licence", "paper")


class NewerBundleError(BundleError):
    """The bundle is of a schema that this learnet does not know yet."""


class OtherBundleError(BundleError):
    """The bundle is whole for all that is known, but holds something else than was asked for."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What makes the probabilities believable.

    Attributes:
        temperature: By which the logits were divided; it is part of the head's weights already. Greater than 0.
        threshold: Where "not sure" ends, and what was measured there.
    """

    temperature: float
    threshold: Threshold

    def __post_init__(self) -> None:
        if not _is_number(self.temperature) or not 0 < self.temperature < math.inf:
            raise BundleError(
                f"A calibration's temperature must be greater than 0, but is {describe(self.temperature)}."
            )
        _check_threshold(self.threshold)

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Calibration:
        """Return the calibration that ``to_json`` wrote.

        Raises:
            BundleError: If ``value`` is anything else.
        """
        whole = exactly(value, {"temperature", "threshold"}, "calibration")
        names = {each.name for each in fields(Threshold)}
        return cls(
            temperature=whole["temperature"],
            threshold=Threshold(**exactly(whole["threshold"], names, "calibration.threshold")),
        )


@dataclass(frozen=True, kw_only=True)
class BundleInfo:
    """What is known of a classifier. One that exists is valid.

    Attributes:
        architecture: ``{"name": one of learnet.models.ARCHITECTURES, "arguments": {"input_size": [height, width]}}`` of
            a backbone with a softmax layer on it. With a support-vector machine on it the arguments are also ``"head"``
            with ``"kind": "svm"``, ``"kernel"``, ``"degree"`` and ``"support_vectors"``, see
            ``learnet.models.with_machine``. Of a whole network they are also ``"kind": "network"``,
            ``"temperature"``, ``"test_time_flip"``, ``"options"`` and, if it is not 0, ``"test_time_shift"``, see
            ``learnet.models.network``.
        class_names: What the outputs mean, in order; at least two, all different.
        input_spec: How photos are prepared.
        calibration: What makes the probabilities believable.
        metrics: What was measured on the test part.
        dataset: What it was trained and tested on: ``"fingerprint"`` and counts.
        weights: Of the pretrained weights, ``"source"``, ``"licence"``, ``"paper"``, and what else is known.
        config: What reproduces the training.
        versions: Of the libraries that made it.
        learnet_version: Of the learnet that made it.
        created: When, ISO 8601.
        schema_version: Of ``bundle.json``: 1 for a backbone with a softmax layer, 2 for a whole network, 3 for a
            backbone with a support-vector machine.

    Raises:
        BundleError: If a value is not what it should be.
    """

    architecture: dict[str, Any]
    class_names: tuple[str, ...]
    input_spec: InputSpec
    calibration: Calibration
    metrics: dict[str, Any]
    dataset: dict[str, Any]
    weights: dict[str, Any]
    config: dict[str, Any]
    versions: dict[str, str] = field(default_factory=lambda: versions(*LIBRARIES))
    learnet_version: str = field(default_factory=lambda: __version__)
    created: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    schema_version: int = 1

    def __post_init__(self) -> None:
        for name in ("metrics", "dataset", "weights", "config", "versions"):
            if not isinstance(getattr(self, name), dict):
                raise BundleError(f"{name} should be an object, but is {describe(getattr(self, name))}.")
            check_json(getattr(self, name), name=name)
        _check_class_names(self.class_names)
        _check_architecture(self.architecture, self.input_spec)
        check_texts({"dataset.fingerprint": self.dataset.get("fingerprint"), "learnet_version": self.learnet_version})
        check_texts({f"weights.{name}": self.weights.get(name) for name in _WEIGHTS_RECORD})
        check_texts({f"versions['{name}']": version for name, version in self.versions.items()})
        check_time(self.created)
        wanted = SCHEMA_OF_NETWORKS if self.is_network else SCHEMA_OF_MACHINES if self.machine else 1
        if self.schema_version != wanted:
            raise BundleError(f"schema_version should be {wanted}, but is {describe(self.schema_version)}.")

    @property
    def is_network(self) -> bool:
        """Whether it is a whole network, and not a backbone with a softmax layer on it."""
        return "kind" in self.architecture["arguments"]

    @property
    def machine(self) -> dict[str, Any] | None:
        """What is known of the support-vector machine on the backbone; None if there is none."""
        found: dict[str, Any] | None = self.architecture["arguments"].get("head")
        return found

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the network's images, in pixels."""
        return self.input_spec.height, self.input_spec.width

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["class_names"] = list(self.class_names)
        values["input_spec"] = self.input_spec.to_json()
        values["calibration"] = self.calibration.to_json()
        return values

    @classmethod
    def from_json(cls, value: object) -> BundleInfo:
        """Return what ``to_json`` wrote.

        Raises:
            BundleError: If ``value`` is anything else.
        """
        values = dict(exactly(value, {each.name for each in fields(cls)}, DOCUMENT))
        if not isinstance(values["class_names"], list):
            raise BundleError(f"class_names should be a list, but is {describe(values['class_names'])}.")
        values["class_names"] = tuple(values["class_names"])
        try:
            values["input_spec"] = InputSpec.from_json(values["input_spec"])
        except LearnetError as error:
            raise BundleError(f"input_spec is wrong. {error}") from None
        values["calibration"] = Calibration.from_json(values["calibration"])
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """How one file of a bundle must be.

    Attributes:
        sha256: Of its content, 64 hexadecimal digits.
        bytes: Its size.
    """

    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Document:
    """The whole of ``bundle.json``.

    Attributes:
        info: What is known of the classifier.
        files: The other files of the bundle, by name.
        golden_classes: The likeliest class of each golden image.
    """

    info: BundleInfo
    files: dict[str, FileRecord]
    golden_classes: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Return the content of ``bundle.json``, checksum included."""
        files = {name: asdict(record) for name, record in self.files.items()}
        return seal({**self.info.to_json(), "golden_classes": list(self.golden_classes), "files": files})

    @classmethod
    def from_bytes(cls, content: bytes) -> Document:
        """Read the content of ``bundle.json``.

        Raises:
            NewerBundleError: If a newer learnet wrote it.
            BundleError: If it was changed, or is not what it should be.
        """
        value = parse_json(content, name=DOCUMENT)
        check_version(value)
        check_seal(content, value)
        del value["checksum"]
        if value["schema_version"] == SCHEMA_OF_SYSTEMS and "kind" in value:
            raise OtherBundleError(
                f"It holds a system of the kind {describe(value.get('kind'))}, not a classifier of photos. Open it in "
                "Python: learnet.bundle.load_system(FOLDER)"
            )
        files, golden = value.pop("files", None), value.pop("golden_classes", None)
        if not isinstance(golden, list):
            raise BundleError(f"golden_classes should be a list, but is {describe(golden)}.")
        info = BundleInfo.from_json(value)
        if not golden or not all(isinstance(name, str) and name in info.class_names for name in golden):
            raise BundleError("golden_classes should be a list of class names, at least one.")
        return cls(info=info, files=file_records(files), golden_classes=tuple(golden))


def file_records(value: object) -> dict[str, FileRecord]:
    """Return what ``bundle.json`` says of the bundle's other files.

    Raises:
        BundleError: If it says anything else.
    """
    if not isinstance(value, dict) or value.keys() != {WEIGHTS, GOLDEN}:
        received = ", ".join(ascii(name)[:80] for name in value) if isinstance(value, dict) else describe(value)
        raise BundleError(
            f"files should name {WEIGHTS} and {GOLDEN} and nothing else, as a bundle opens no other files; "
            f"received {received[:400] or 'none'}."
        )
    records = {}
    for name, record in value.items():
        known = exactly(record, {"sha256", "bytes"}, f"files['{name}']")
        if not is_sha256(known["sha256"]) or type(known["bytes"]) is not int or known["bytes"] < 0:
            raise BundleError(f"files['{name}'] should give a SHA-256 of 64 hexadecimal digits and a number of bytes.")
        records[name] = FileRecord(**known)
    return records


def check_version(value: dict[str, Any]) -> None:
    """Check that this learnet can read what follows.

    Raises:
        NewerBundleError: If a newer learnet wrote it.
        BundleError: If it has no version.
    """
    version = value.get("schema_version")
    if type(version) is not int or version < 1:
        raise BundleError(f"schema_version should be a whole number from 1 up, but is {describe(version)}.")
    if version > SCHEMA_VERSION:
        raise NewerBundleError(
            f"It follows schema {version} and was written by learnet {describe(value.get('learnet_version'))}; this is "
            f"learnet {__version__}, which reads schemas up to {SCHEMA_VERSION}. Install that version "
            "or a newer one: pip install --upgrade learnet"
        )


def _check_class_names(names: object) -> None:
    if not isinstance(names, tuple) or len(names) < 2:
        raise BundleError("class_names should be a list of at least two names.")
    for name in names:
        if not isinstance(name, str) or not name:
            raise BundleError(f"class_names should be texts that are not empty, but one is {describe(name)}.")
    check_json(names, name="class_names")
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise BundleError(f"class_names should all be different, but {describe(name)} occurs {count} times.")


def _check_architecture(architecture: object, spec: object) -> None:
    known = exactly(architecture, {"name", "arguments"}, "architecture")
    name, arguments = known["name"], known["arguments"]
    whole = isinstance(arguments, dict) and "kind" in arguments
    if name not in (*ARCHITECTURES.names(), *ARCHITECTURES.aliases) or (
        ARCHITECTURES[name].task != "classification" if whole else ARCHITECTURES[name].build is None
    ):
        raise BundleError(
            f"architecture.name should be a network that learnet builds, but is {describe(name)}. "
            f"Known: {', '.join(ARCHITECTURES.names())}."
        )
    machine = isinstance(arguments, dict) and "head" in arguments
    optional = _MAY_BE_GIVEN & arguments.keys() if whole else set()
    expected = _NETWORK_ARGUMENTS | optional if whole else {"input_size", "head"} if machine else {"input_size"}
    size = exactly(arguments, expected, "architecture.arguments")["input_size"]
    if whole:
        _check_network(arguments)
    elif machine:
        _check_machine(arguments["head"])
    if not isinstance(spec, InputSpec) or list(_pair(size)) != [spec.height, spec.width]:
        raise BundleError("architecture.arguments.input_size should be the height and width of input_spec.")
    smallest = ARCHITECTURES[name].min_size
    if min(spec.height, spec.width) < smallest:
        raise BundleError(f"{name} needs images of at least {smallest} x {smallest} pixels; input_spec asks for less.")


def _check_network(arguments: dict[str, Any]) -> None:
    """Check what a whole network is built with; whether the network knows such options is seen when it is built."""
    place = "architecture.arguments"
    if arguments["kind"] != "network":
        raise BundleError(f"{place}.kind should be 'network', but is {describe(arguments['kind'])}.")
    temperature, options = arguments["temperature"], arguments["options"]
    if not _is_number(temperature) or not _MIN_TEMPERATURE <= temperature <= 1 / _MIN_TEMPERATURE:
        raise BundleError(f"{place}.temperature should be greater than 0, but is {describe(temperature)}.")
    if type(arguments["test_time_flip"]) is not bool:
        raise BundleError(
            f"{place}.test_time_flip should be true or false, but is {describe(arguments['test_time_flip'])}."
        )
    shift = arguments.get("test_time_shift", 0)
    if type(shift) is not int or shift < 0:
        raise BundleError(f"{place}.test_time_shift should be 0 or a number of pixels, but is {describe(shift)}.")
    if not isinstance(options, dict):
        raise BundleError(f"{place}.options should be an object, but is {describe(options)}.")
    for name, value in options.items():
        sizes = list(_pair(value))
        listed = isinstance(value, list | tuple) and len(sizes) <= _MOST_LAYERS
        fine = listed and all(type(size) is int and 1 <= size <= _WIDEST_LAYER for size in sizes)
        if not fine and type(value) not in (bool, str):
            raise BundleError(
                f"{place}.options[{ascii(name)[:80]}] should be true, false, a text, or up to {_MOST_LAYERS} sizes of "
                f"layers from 1 to {_WIDEST_LAYER:,}; it is {describe(value)}."
            )


def _check_machine(head: object) -> None:
    """Check what a support-vector machine is built with; whether there is such a kernel is seen when it is built."""
    place = "architecture.arguments.head"
    known = exactly(head, _HEAD_ARGUMENTS, place)
    if known["kind"] != "svm" or not isinstance(known["kernel"], str):
        raise BundleError(f"{place} should be of the kind 'svm' and name a kernel.")
    for name in ("degree", "support_vectors"):
        if type(known[name]) is not int or not 1 <= known[name] <= _MOST_SUPPORT_VECTORS:
            raise BundleError(
                f"{place}.{name} should be a whole number from 1 to {_MOST_SUPPORT_VECTORS:,}, but is "
                f"{describe(known[name])}."
            )


def _pair(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _check_threshold(threshold: object) -> None:
    if not isinstance(threshold, Threshold):
        raise BundleError(f"calibration.threshold should be a threshold, but is {describe(threshold)}.")
    for name, value in asdict(threshold).items():
        optional = name in {"accuracy", "accuracy_when_sure"} and value is None
        if name == "measured_on":
            good = type(value) is int and value >= 0
        else:
            good = optional or (_is_number(value) and 0 <= value <= 1)
        if not good:
            raise BundleError(f"calibration.threshold.{name} is out of its range: {describe(value)}.")


def check_texts(values: dict[str, object]) -> None:
    """Raise ``BundleError`` unless all values are texts; the keys say where they were found."""
    for name, value in values.items():
        if not isinstance(value, str):
            raise BundleError(f"{name} should be a text, but is {describe(value)}.")
    check_json(list(values.values()), name=", ".join(values))


def check_time(created: object) -> None:
    """Raise ``BundleError`` unless it is a time as in ISO 8601."""
    try:
        dt.datetime.fromisoformat(created)  # type: ignore[arg-type]  # the TypeError is the check
    except (TypeError, ValueError):
        raise BundleError(f"created should be a time as in ISO 8601, but is {describe(created)}.") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
