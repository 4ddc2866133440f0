import importlib.util

import pytest

from learnet.core import UsageError
from learnet.inference import choose_engine, engines


@pytest.fixture(autouse=True)
def no_wish(monkeypatch):
    monkeypatch.delenv("LEARNET_ENGINE", raising=False)


@pytest.fixture
def without_openvino(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else find(name))


@pytest.fixture
def with_gpu(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind: ["GPU:0"])


def test_a_cpu_gets_openvino():
    assert choose_engine() == "openvino"
    openvino, keras = engines()
    assert (openvino.name, openvino.available, openvino.chosen) == ("openvino", True, True)
    assert (keras.name, keras.available, keras.chosen) == ("keras", True, False)
    assert openvino.version
    assert keras.version


def test_a_gpu_gets_keras(with_gpu):
    assert choose_engine() == "keras"
    assert engines()[1].reason == "Keras sees a GPU."
    assert choose_engine("openvino") == "openvino"


def test_without_openvino_keras_is_used_and_the_reason_told(without_openvino):
    assert choose_engine() == "keras"
    openvino, keras = engines()
    assert not openvino.available
    assert keras.chosen
    assert "pip install openvino" in openvino.reason
    with pytest.raises(UsageError, match="'openvino' cannot be used: OpenVINO is not installed"):
        choose_engine("openvino")


def test_another_backend_gets_keras(monkeypatch):
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    assert choose_engine() == "keras"
    assert "converted for OpenVINO from TensorFlow only" in engines()[0].reason


def test_the_variable_wins(monkeypatch, with_gpu):
    monkeypatch.setenv("LEARNET_ENGINE", "openvino")
    assert choose_engine() == "openvino"
    assert engines()[0].reason == "LEARNET_ENGINE asks for it."
    assert choose_engine("keras") == "keras"


def test_a_misspelt_variable_is_refused(monkeypatch):
    monkeypatch.setenv("LEARNET_ENGINE", "openvno")
    with pytest.raises(UsageError, match="LEARNET_ENGINE must be one of auto, openvino, keras, but it is 'openvno'"):
        choose_engine()


def test_a_misspelt_engine_gets_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'openvino'"):
        choose_engine("openvno")
