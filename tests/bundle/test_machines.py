"""Bundles of a backbone with a support-vector machine on it."""

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from learnet.bundle import load_bundle, load_system, save_bundle
from learnet.core import BundleError, UsageError
from learnet.models import backbone, weight_items, with_machine

HEAD = {"kind": "svm", "kernel": "polynomial", "degree": 2, "support_vectors": 4}


def architecture(**changes):
    return {"name": "efficientnet-lite0", "arguments": {"input_size": [32, 32], "head": {**HEAD, **changes}}}


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tools, golden_images):
    model = with_machine(
        backbone("efficientnet-lite0", input_size=(32, 32)), classes=3, support_vectors=4, kernel="polynomial", degree=2
    )
    for key, variable in weight_items(model).items():
        variable.assign(tools.recipe(key, tuple(variable.shape)))
    model.get_layer("head").gamma.assign(0.01)
    folder = tmp_path_factory.mktemp("machines") / "bundle"
    info = tools.make_info(architecture=architecture(), schema_version=3)
    outputs = np.asarray(model(golden_images, training=False))
    assert outputs.std() > 0.01
    save_bundle(folder, info=info, model=model, golden_images=golden_images, golden_outputs=outputs)
    return folder


@pytest.fixture
def copied(saved, tmp_path):
    return Path(shutil.copytree(saved, tmp_path / "bundle"))


def test_it_comes_back_and_proves_itself(saved, golden_images):
    bundle = load_bundle(saved, prove=True)
    assert bundle.info.machine == HEAD
    assert np.abs(np.asarray(bundle.model(golden_images)) - bundle.golden.outputs).max() < 1e-5


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kernel": "pickle"}, "no kernel named 'pickle'"),
        ({"kernel": 3}, "should be of the kind 'svm' and name a kernel"),
        ({"kind": "tree"}, "should be of the kind 'svm'"),
        ({"degree": 21}, "from 1 to 20"),
        ({"degree": True}, "degree should be a whole number"),
        ({"support_vectors": 5}, r"no support vectors 'head/support_vectors' of shape \(5, 1280\)"),
        ({"support_vectors": 65_536}, "no support vectors"),
        ({"support_vectors": 10**9}, "whole number from 1 to 65,536"),
        ({"code": "os.system"}, "has the unknown 'code'"),
    ],
)
def test_hostile_heads_are_refused(copied, tools, changes, sentence):
    tools.edit_document(copied, lambda value: value.update(architecture=architecture(**changes)))
    tracemalloc.start()
    with pytest.raises(BundleError, match=sentence):
        load_bundle(copied)
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_another_kernel_fails_the_proof(copied, tools):
    tools.edit_document(copied, lambda value: value.update(architecture=architecture(kernel="sigmoid", degree=1)))
    with pytest.raises(BundleError, match="does not give the golden outputs"):
        load_bundle(copied, prove=True)


@pytest.mark.parametrize("version", [1, 2])
def test_the_schema_must_be_that_of_machines(copied, tools, version):
    tools.edit_document(copied, lambda value: value.update(schema_version=version))
    with pytest.raises(BundleError, match="schema_version should be 3"):
        load_bundle(copied)


def test_it_is_a_classifier(copied):
    with pytest.raises(BundleError, match=r"holds a classifier of photos. Open it in Python: learnet\.load"):
        load_system(copied)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"classes": 1}, "at least 2 classes"),
        ({"kernel": "rfb"}, "no kernel named 'rfb'"),
        ({"support_vectors": 0}, "one whole number from 1 up"),
    ],
)
def test_machines_that_there_are_not(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        with_machine(None, **{"classes": 3, "support_vectors": 2, **options})
