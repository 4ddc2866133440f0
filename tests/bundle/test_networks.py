"""Bundles of whole networks: kept, moved, and refused when they are not what they say."""

import tracemalloc

import numpy as np
import pytest

from learnet.bundle import load_bundle, save_bundle
from learnet.core import BundleError
from learnet.models import most_parameters, network, profile, weight_items

ARGUMENTS = {
    "kind": "network",
    "input_size": [32, 32],
    "temperature": 1.5,
    "test_time_flip": True,
    "test_time_shift": 1,
    "options": {"widths": [8, 16], "residual": True, "squeeze": True},
}


@pytest.fixture(scope="module")
def whole(tools, tmp_path_factory):
    given = {name: ARGUMENTS[name] for name in ("temperature", "test_time_flip", "test_time_shift", "options")}
    built = network("cifar-net", classes=3, **given).model
    for key, variable in weight_items(built).items():
        variable.assign(tools.recipe(key, tuple(variable.shape)))
    images = tools.make_images(3)
    outputs = np.asarray(built(images, training=False))
    folder = tmp_path_factory.mktemp("whole") / "bundle"
    info = tools.make_info(architecture={"name": "cifar-net", "arguments": ARGUMENTS}, schema_version=2)
    save_bundle(folder, info=info, model=built, golden_images=images, golden_outputs=outputs)
    return folder, images, outputs


@pytest.fixture
def copied(whole, tmp_path):
    import shutil

    return shutil.copytree(whole[0], tmp_path / "bundle")


def test_a_whole_network_comes_back(whole):
    folder, images, outputs = whole
    bundle = load_bundle(folder, prove=True)
    assert bundle.info.is_network
    np.testing.assert_allclose(bundle.model(images), outputs, atol=1e-6)


@pytest.mark.parametrize("options", [{"kernel": "linear"}, {"kernel": "polynomial", "degree": [2]}])
def test_a_support_vector_machine_is_arrays_and_numbers(options, tools, tmp_path):
    arguments = {
        **ARGUMENTS,
        "test_time_flip": False,
        "test_time_shift": 0,
        "options": {**options, "support_vectors": [5]},
    }
    built = network("svm", classes=3, input_size=(32, 32), temperature=1.5, options=arguments["options"]).model
    images = tools.make_images(3)
    outputs = np.asarray(built(images, training=False))
    info = tools.make_info(architecture={"name": "svm", "arguments": arguments}, schema_version=2)
    save_bundle(tmp_path / "bundle", info=info, model=built, golden_images=images, golden_outputs=outputs)
    bundle = load_bundle(tmp_path / "bundle", prove=True)
    saved = {key: np.asarray(variable) for key, variable in weight_items(built).items()}
    loaded = {key: np.asarray(variable) for key, variable in weight_items(bundle.model).items()}
    assert saved["machine/gamma"].shape == ()
    assert saved.keys() == loaded.keys()
    assert all(np.array_equal(saved[key], loaded[key]) for key in saved)
    path = tmp_path / "bundle"
    tools.edit_document(
        path, lambda value: value["architecture"]["arguments"]["options"].update(support_vectors=[5, 5])
    )
    with pytest.raises(BundleError, match="support_vectors must be one whole number"):
        load_bundle(path)


WRONG = {
    "another kind": ({"kind": "pickle"}, "kind should be 'network'"),
    "no temperature": ({"temperature": 0}, "temperature should be greater than 0"),
    "a huge temperature": ({"temperature": 1e30}, "temperature should be greater than 0"),
    "flip as text": ({"test_time_flip": "yes"}, "should be true or false"),
    "a shift as text": ({"test_time_shift": "1"}, "should be 0 or a number of pixels"),
    "a shift out of the image": ({"test_time_shift": 10**6}, "test_time_shift must be from 0 to 16"),
    "options as a list": ({"options": [1]}, "options should be an object"),
    "a layer too wide": ({"options": {"widths": [10**7]}}, "sizes of layers from 1 to 65,536"),
    "a nested option": ({"options": {"widths": [[8]]}}, "sizes of layers"),
    "too many layers": ({"options": {"widths": [8] * 65}}, "up to 64 sizes"),
    "an unknown option": ({"options": {"depth": [8]}}, "does not take these options"),
    "an option of another kind": ({"options": {"widths": True}}, "does not take these options"),
    "other widths": ({"options": {**ARGUMENTS["options"], "widths": [8, 12]}}, "should be float32 of shape"),
    "not residual": ({"options": {"widths": [8, 16]}}, "does not hold the weights of cifar-net"),
    "another size": ({"input_size": [64, 32]}, "should be the height and width"),
    "a key more": ({"module": "os"}, "unknown 'module'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_hostile_arguments_are_refused(name, copied, tools):
    changes, said = WRONG[name]
    tools.edit_document(copied, lambda value: value["architecture"]["arguments"].update(changes))
    with pytest.raises(BundleError, match=said):
        load_bundle(copied)


@pytest.mark.parametrize(
    "architecture",
    [
        {"name": "cifar-net", "arguments": {**ARGUMENTS, "options": {"widths": [65_536] * 64}}},
        {"name": "mlp", "arguments": {**ARGUMENTS, "options": {"hidden": [65_536, 65_536]}}},
        {"name": "vgg-d", "arguments": {**ARGUMENTS, "options": {}}},
        {"name": "svm", "arguments": {**ARGUMENTS, "options": {"support_vectors": [65_536]}}},
    ],
)
def test_a_network_much_larger_than_the_weights_is_refused_before_it_is_built(architecture, copied, tools):
    tools.edit_document(copied, lambda value: value.update(architecture=architecture))
    tracemalloc.start()
    with pytest.raises(BundleError, match="can need"):
        load_bundle(copied)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize("version", [1, 3, 4])
def test_the_schema_must_be_that_of_networks(version, copied, tools):
    tools.edit_document(copied, lambda value: value.update(schema_version=version))
    with pytest.raises(
        BundleError, match=r"schema_version should be 2|holds a system of the kind nothing|follows schema 4"
    ):
        load_bundle(copied)


def test_a_task_without_classes_is_refused(copied, tools):
    architecture = {"name": "pilotnet", "arguments": {**ARGUMENTS, "options": {}}}
    tools.edit_document(copied, lambda value: value.update(architecture=architecture))
    with pytest.raises(BundleError, match="should be a network that learnet builds"):
        load_bundle(copied)


@pytest.mark.parametrize(
    ("name", "size", "classes"),
    [
        ("perceptron", (28, 28), 10),
        ("mlp", (40, 30), 7),
        ("svm", (40, 30), 7),
        ("lenet5", (32, 32), 10),
        ("lenet5", (64, 64), 10),
        ("lenet5-paper", (40, 48), 10),
        ("vgg-a", (64, 96), 5),
        ("resnet20", (48, 48), 100),
        ("cifar-net", (32, 32), 10),
        ("mobilenetv2", (96, 96), 3),
    ],
)
def test_the_estimate_is_never_below_the_true_size(name, size, classes):
    counted = profile(name, classes=classes, input_size=size).parameters_at_inference
    assert counted <= most_parameters(name, classes=classes, input_size=size) <= 4 * counted + 16_000_000 * 10
