"""Every builder, on each backend of Keras that is installed beside TensorFlow: the same weights, the same numbers."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from learnet.models import ARCHITECTURES, network, weight_items

NAMES = (
    *("perceptron", "mlp", "lenet5", "lenet5-paper", "vgg-a-lrn", "resnet18", "resnet50", "resnet50v2", "resnet20"),
    *("plain20", "googlenet", "inceptionv3", "mobilenetv2-0.35", "efficientnet-lite0", "cifar-net", "pilotnet"),
    *("colorunet", "svm"),
)
SCRIPT = """
import sys
import numpy as np
from learnet.models import network, weight_items
arrays = np.load(sys.argv[1])
built = network(sys.argv[2], classes=5, input_size=arrays["pixels"].shape[1:3])
for key, variable in weight_items(built.trainer).items():
    variable.assign(arrays[key])
import keras
outputs = built.trainer(arrays["pixels"])
outputs = keras.ops.convert_to_numpy(outputs[0] if isinstance(outputs, list) else outputs)
np.savez(sys.argv[3], backend=keras.backend.backend(), outputs=outputs)
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backends_agree(backend, name, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    height, width = (
        ARCHITECTURES[name].input_size if name == "pilotnet" else 2 * (max(ARCHITECTURES[name].min_size, 16),)
    )
    pixels = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), np.uint8)
    built = network(name, classes=5, input_size=(height, width))
    weights = {key: np.asarray(variable) for key, variable in weight_items(built.trainer).items()}
    np.savez(tmp_path / "in.npz", pixels=pixels, **weights)
    environment = {**os.environ, "KERAS_BACKEND": backend}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "in.npz"), name, str(tmp_path / "out.npz")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    received = np.load(tmp_path / "out.npz")
    assert str(received["backend"]) == backend
    outputs = built.trainer(pixels)
    expected = np.asarray(outputs[0] if isinstance(outputs, list) else outputs)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(received["outputs"] / scale, expected / scale, atol=1e-4)
