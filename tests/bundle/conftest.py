"""One small network with weights by a fixed recipe, saved once, and the tools that damage copies of its bundle."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from learnet.bundle import BundleInfo, Calibration, document, load_bundle, save_bundle
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS
from learnet.data import InputSpec
from learnet.evaluation import Threshold
from learnet.models import backbone, weight_items, with_head

CLASS_NAMES = ("9", "10", "模型 ü")
SPEC = InputSpec(height=32, width=32)


def recipe(key, shape):
    """Weights that depend on nothing but their name: raw PCG64 bits, which NumPy promises never to change."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    raw = np.random.PCG64(seed).random_raw(int(np.prod(shape)))
    unit = ((raw >> np.uint64(40)).astype(np.float32) / np.float32(2**24)).reshape(shape)
    if key.endswith(("moving_variance", "gamma")):
        return unit + np.float32(0.5)
    inputs = np.prod(shape[:2] if "depthwise" in key else shape[:-1])
    scale = np.sqrt(np.float32(24 / inputs)) if len(shape) > 1 else np.float32(0.2)
    return (unit - np.float32(0.5)) * np.float32(scale)


def make_info(**changes):
    threshold = Threshold(
        value=0.5, coverage=0.9, accuracy_when_sure=0.99, accuracy=0.95, measured_on=120, wanted_accuracy=0.98
    )
    values = {
        "architecture": {"name": "efficientnet-lite0", "arguments": {"input_size": [32, 32]}},
        "class_names": CLASS_NAMES,
        "input_spec": SPEC,
        "calibration": Calibration(temperature=1.25, threshold=threshold),
        "metrics": {"accuracy": 0.95, "per_class_recall": [1.0, 0.9, None]},
        "dataset": {"fingerprint": "0" * 64, "n_train": 100, "n_test": 20},
        "weights": {"source": "a recipe", "licence": "Apache-2.0", "paper": "none"},
        "config": {"seed": 0, "data": "photos"},
        "versions": {"keras": "3.15.1"},
        "learnet_version": "0.1.0",
        "created": "2026-01-02T03:04:05+00:00",
    }
    return BundleInfo(**{**values, **changes})


def make_model(classes=3):
    model = with_head(backbone("efficientnet-lite0", input_size=(32, 32)), classes=classes)
    for key, variable in weight_items(model).items():
        variable.assign(recipe(key, tuple(variable.shape)))
    return model


def make_images(count, *, side=32, seed=0):
    """Smooth colour patterns, so that resizing matters and nothing saturates."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    return coarse.repeat(side // 4, axis=1).repeat(side // 4, axis=2)


@pytest.fixture(scope="session")
def model():
    return make_model()


@pytest.fixture(scope="session")
def golden_images():
    return make_images(3)


@pytest.fixture(scope="session")
def golden_outputs(model, golden_images):
    return np.asarray(model(golden_images, training=False))


@pytest.fixture(scope="session")
def saved(tmp_path_factory, model, golden_images, golden_outputs):
    """The folder of a good bundle; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("saved") / "bundle"
    save_bundle(folder, info=make_info(), model=model, golden_images=golden_images, golden_outputs=golden_outputs)
    return folder


@pytest.fixture(scope="session")
def bundle(saved):
    return load_bundle(saved, prove=True)


@pytest.fixture(scope="session")
def classifier(bundle):
    return bundle.classifier()


@pytest.fixture
def copy(saved, tmp_path):
    """A copy of the good bundle that a test may damage."""
    return Path(shutil.copytree(saved, tmp_path / "bundle"))


def edit_document(folder, change):
    """Change the object in bundle.json and seal it again, as an attacker would."""
    value = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
    del value["checksum"]
    change(value)
    (folder / DOCUMENT).write_bytes(document.seal(value))


def replace_file(folder, name, content):
    """Replace a file and vouch for it in bundle.json, as an attacker would."""
    (folder / name).write_bytes(content)
    record = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    edit_document(folder, lambda value: value["files"].update({name: record}))


@pytest.fixture(scope="session")
def tools():
    class Tools:
        class_names, spec = CLASS_NAMES, SPEC
        files = (DOCUMENT, WEIGHTS, GOLDEN)

    for function in (recipe, make_info, make_model, make_images, edit_document, replace_file):
        setattr(Tools, function.__name__, staticmethod(function))
    return Tools
