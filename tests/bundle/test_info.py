import copy
import dataclasses
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learnet.bundle import document
from learnet.bundle.info import BundleInfo, Calibration, Document, FileRecord, NewerBundleError
from learnet.core import BundleError

FILES = {
    name: FileRecord(sha256="ab" * 32, bytes=5) for name in ("weights.safetensors", "golden.safetensors")
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tools):
    """A valid bundle.json as an object, without its checksum."""
    content = Document(info=tools.make_info(), files=FILES, golden_classes=("10",)).to_bytes()
    value = json.loads(content)
    del value["checksum"]
    return value


def read(value):
    return Document.from_bytes(document.seal(value))


def put(value, place, new):
    """Return a copy of ``value`` with ``new`` at a place like "architecture.name"."""
    changed = copy.deepcopy(value)
    inner, (*path, last) = changed, place.split(".")
    for key in path:
        inner = inner[key]
    inner[last] = new
    return changed


def test_round_trip(tools):
    told = Document(info=tools.make_info(), files=FILES, golden_classes=("10", "模型 ü"))
    assert Document.from_bytes(told.to_bytes()) == told


def test_the_file_says_everything_in_the_open(whole):
    assert whole["schema_version"] == 1
    assert whole["architecture"] == {"name": "efficientnet-lite0", "arguments": {"input_size": [32, 32]}}
    assert whole["class_names"] == ["9", "10", "模型 ü"]
    assert whole["input_spec"] == {
        "height": 32, "width": 32, "resize": "crop", "crop_fraction": 1.0, "interpolation": "area"
    }  # fmt: skip
    assert whole["calibration"]["threshold"]["value"] == 0.5
    assert whole["weights"] == {"source": "a recipe", "licence": "Apache-2.0", "paper": "none"}
    assert whole["files"]["weights.safetensors"] == {"sha256": "ab" * 32, "bytes": 5}


BAD = [
    ("schema_version", None, "schema_version should be a whole number"),
    ("schema_version", 0, "schema_version should be a whole number"),
    ("schema_version", True, "schema_version should be a whole number"),
    ("schema_version", "1", "schema_version should be a whole number"),
    ("architecture", "efficientnet-lite0", "architecture should be an object"),
    ("architecture", {"name": "vgg16"}, "it lacks arguments"),
    ("architecture.name", "Lambda", "should be a network that learnet builds, but is 'Lambda'"),
    ("architecture.name", "os.system", "should be a network that learnet builds"),
    ("architecture.name", "EfficientNet_Lite0", "should be a network that learnet builds"),
    ("architecture.name", ["vgg16"], "should be a network that learnet builds"),
    ("architecture.config", {"class_name": "Lambda"}, "has the unknown 'config'"),
    ("architecture.arguments", {"input_size": [32, 32], "weights": "http://x"}, "has the unknown 'weights'"),
    ("architecture.arguments", {}, "it lacks input_size"),
    ("architecture.arguments.input_size", [32, 33], "should be the height and width of input_spec"),
    ("architecture.arguments.input_size", 32, "should be the height and width of input_spec"),
    ("class_names", "abc", "class_names should be a list"),
    ("class_names", ["a"], "at least two names"),
    ("class_names", ["9", "10", "9"], "'9' occurs 2 times"),
    ("class_names", ["9", "10", ""], "texts that are not empty"),
    ("class_names", ["9", "10", 11], "one is 11"),
    ("class_names", ["9", "10", ["a"]], "one is a list"),
    ("input_spec", None, "input_spec is wrong"),
    ("input_spec.height", 0, "input_spec is wrong"),
    ("input_spec.height", 10**9, "input_spec is wrong"),
    ("input_spec.width", 64, "should be the height and width of input_spec"),
    ("input_spec.resize", "system", "input_spec is wrong"),
    ("input_spec.crop_fraction", 0, "input_spec is wrong"),
    ("input_spec.mean", [0, 0, 0], "input_spec is wrong"),
    ("calibration", [], "calibration should be an object"),
    ("calibration.temperature", 0, "must be greater than 0"),
    ("calibration.temperature", "1", "must be greater than 0"),
    ("calibration.temperature", True, "must be greater than 0"),
    ("calibration.threshold", 0.5, "calibration.threshold should be an object"),
    ("calibration.threshold.value", 1.5, "calibration.threshold.value is out of its range"),
    ("calibration.threshold.value", None, "calibration.threshold.value is out of its range"),
    ("calibration.threshold.measured_on", -1, "measured_on is out of its range"),
    ("calibration.threshold.extra", 1, "has the unknown 'extra'"),
    ("metrics", [], "metrics should be an object"),
    ("dataset", {"n_train": 5}, "dataset.fingerprint should be a text, but is nothing"),
    ("weights.licence", None, "weights.licence should be a text"),
    ("versions.keras", 3, r"versions['keras'] should be a text"),
    ("created", "yesterday", "created should be a time"),
    ("created", 5, "created should be a time"),
    ("learnet_version", None, "learnet_version should be a text"),
    ("golden_classes", [], "at least one"),
    ("golden_classes", ["9", "cat"], "should be a list of class names"),
    ("golden_classes", [["9"]], "should be a list of class names"),
    ("golden_classes", "9", "golden_classes should be a list"),
    ("files", None, "files should name weights.safetensors and golden.safetensors and nothing else"),
    ("files", [], "files should name"),
    ("files", {}, "received none"),
    ("surprise", 1, "has the unknown 'surprise'"),
]


@pytest.mark.parametrize(("place", "new", "sentence"), BAD)
def test_what_does_not_fit_is_refused_with_its_place(whole, place, new, sentence):
    with pytest.raises(BundleError, match=re.escape(sentence)):
        read(put(whole, place, new))


@pytest.mark.parametrize(
    "name",
    [
        "../weights.safetensors",
        "/etc/passwd",
        "C:\\windows\\x",
        "..\\x",
        "model.keras",
        "model.h5",
        "a.pkl",
        "x.py",
        "\0",
    ],
)
def test_no_other_file_can_be_named(whole, name):
    record = {"sha256": "0" * 64, "bytes": 1}
    for files in ({**whole["files"], name: record}, {name: record, "golden.safetensors": record}):
        with pytest.raises(BundleError, match="and nothing else, as a bundle opens no other files") as caught:
            read({**whole, "files": files})
        assert ascii(name) in str(caught.value)


@pytest.mark.parametrize("record", [{}, {"sha256": "AB" * 32, "bytes": 5}, {"sha256": "ab" * 32, "bytes": -1},
                                    {"sha256": "ab" * 32, "bytes": 5.0}, {"sha256": 5, "bytes": 5}, []])  # fmt: skip
def test_a_file_is_known_by_checksum_and_size(whole, record):
    with pytest.raises(BundleError, match=r"weights\.safetensors"):
        read({**whole, "files": {**whole["files"], "weights.safetensors": record}})


@pytest.mark.parametrize("key", ["architecture", "class_names", "calibration", "files", "golden_classes", "created"])
def test_nothing_may_be_missing(whole, key):
    with pytest.raises(BundleError, match=key):
        read({name: value for name, value in whole.items() if name != key})


def test_a_newer_schema_names_the_learnet_that_is_needed(whole):
    newer = {"schema_version": 7, "learnet_version": "3.1.4", "checksum": "of another kind", "whatever": [1]}
    with pytest.raises(NewerBundleError, match=r"written by learnet '3\.1\.4'.*pip install --upgrade learnet"):
        Document.from_bytes(json.dumps(newer).encode())


def test_images_smaller_than_the_network_can_take_are_refused(tools):
    spec = dataclasses.replace(tools.spec, height=16, width=16)
    with pytest.raises(BundleError, match="at least 32 x 32 pixels"):
        tools.make_info(
            input_spec=spec, architecture={"name": "efficientnet-lite0", "arguments": {"input_size": [16, 16]}}
        )


@pytest.mark.parametrize("name", ["metrics", "dataset", "config"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, b"bytes", "\udce9"])
def test_an_info_that_could_not_be_written_cannot_be_made(tools, name, value):
    with pytest.raises(BundleError, match=name):
        tools.make_info(**{name: {"fingerprint": "0", "value": [value]}})


def test_what_is_not_given_is_known(tools):
    values = {field.name: getattr(tools.make_info(), field.name) for field in dataclasses.fields(tools.make_info())}
    for name in ("versions", "learnet_version", "created", "schema_version"):
        del values[name]
    info = type(tools.make_info())(**values)
    assert info.versions["keras"][0].isdigit()
    assert info.created.endswith("+00:00")
    assert Document.from_bytes(
        Document(info=info, files=FILES, golden_classes=("9",)).to_bytes()
    ).info == info  # fmt: skip


def test_an_unmeasured_threshold_survives(tools):
    threshold = dataclasses.replace(tools.make_info().calibration.threshold, accuracy=None, accuracy_when_sure=None)
    calibration = Calibration(temperature=2, threshold=threshold)
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just("9"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def places(value, prefix=()):
    for key, inner in value.items():
        yield (*prefix, key)
        if isinstance(inner, dict):
            yield from places(inner, (*prefix, key))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_random_changes_are_refused_or_harmless(whole, data):
    changed = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from(list(places(changed))))
        inner = changed
        for key in path:
            inner = inner[key]
        action = data.draw(st.sampled_from(["replace", "delete", "add"]))
        if action == "delete":
            del inner[last]
        else:
            inner[last if action == "replace" else data.draw(st.text(max_size=4))] = data.draw(anything)
    try:
        content = document.seal(changed)
    except (ValueError, UnicodeEncodeError, BundleError):
        return
    try:
        told = Document.from_bytes(content)
    except BundleError:
        return
    assert Document.from_bytes(told.to_bytes()) == told


@pytest.mark.parametrize("name", ["vgg16", "vgg-d"])
def test_a_network_may_be_called_by_its_other_exact_name(tools, name):
    info = tools.make_info(architecture={"name": name, "arguments": {"input_size": [32, 32]}})
    assert BundleInfo.from_json(info.to_json()).architecture["name"] == name


def test_networks_that_cannot_be_backbones_are_refused(tools):
    with pytest.raises(BundleError, match="should be a network that learnet builds"):
        tools.make_info(architecture={"name": "lenet5", "arguments": {"input_size": [32, 32]}})
