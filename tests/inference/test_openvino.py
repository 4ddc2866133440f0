"""Keras and OpenVINO give the same probabilities on every network of the table."""

import math

import keras
import numpy as np
import pytest

from learnet.inference import Predictor
from learnet.inference.openvino import network_of
from learnet.layers import KERNELS
from learnet.models import ARCHITECTURES, backbone, network, published_profiles, with_head

IMAGES = 6
CLASSES = 10


def different_images(size: int) -> np.ndarray:
    """Blurred noise of several brightnesses and contrasts: more different from each other than white noise is."""
    random = np.random.default_rng(5)
    coarse = random.uniform(0, 255, (IMAGES, size // 8 + 1, size // 8 + 1, 3)).repeat(8, axis=1).repeat(8, axis=2)
    strength = np.linspace(0.3, 1, IMAGES)[:, None, None, None]
    noise = random.normal(0, 10, (IMAGES, size, size, 3))
    return np.clip(coarse[:, :size, :size] * strength + noise, 0, 255).astype(np.uint8)


def randomise(model: keras.Model, images: np.ndarray) -> None:
    """Give each weight a value that matters: He kernels, random affine parts, the images' own batch statistics.

    Two things keep rounding errors from growing as they do in no trained network: variances are levelled within a layer
    (a channel that hardly varies over a few images would be divided by nearly nothing), and residual branches are small
    against their shortcuts.
    """
    random = np.random.default_rng(6)
    for layer in model.layers:
        for variable in layer.trainable_weights:
            shape = tuple(variable.shape)
            noise = random.random(shape, np.float32) - 0.5
            if variable.name == "kernel":
                fan_in = math.prod(shape[:2]) * (1 if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[2])
                variable.assign(noise * math.sqrt(24 / fan_in))
            else:
                scale = 0.25 if layer.name.lower().endswith(("_3_bn", "_project_bn")) else 1.0
                variable.assign((noise / 2 + (variable.name == "gamma")) * scale)
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(images, training=True)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            variance = np.asarray(layer.moving_variance)
            layer.moving_variance.assign(
                np.full_like(variance, variance.mean()) * random.uniform(0.8, 1.25, variance.shape)
            )


def spread_head(head: keras.layers.Dense, features: np.ndarray) -> None:
    """Set the head so that the images get different and undecided answers."""
    kernel = np.random.default_rng(7).normal(size=(features.shape[1], CLASSES))
    kernel *= 2 / (features @ kernel).std(axis=0)
    head.set_weights([kernel, -(features @ kernel).mean(axis=0)])


def exact(name: str, model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return what Keras answers in float64, with the same weights: what both float32 answers are held to."""
    keras.config.set_dtype_policy("float64")
    try:
        twin = with_head(backbone(name, input_size=images.shape[1:3]), classes=CLASSES)
    finally:
        keras.config.set_dtype_policy("float32")
    twin.set_weights(model.get_weights())
    answers = np.asarray(twin(images))
    assert answers.dtype == np.float64
    return answers


def spread_machine(machine: keras.layers.Layer, inputs: np.ndarray) -> None:
    """Give a kernel machine fixed weights with which the inputs get different decision values."""
    random = np.random.default_rng(8)
    machine.support_vectors.assign(random.random(machine.support_vectors.shape))
    products = inputs @ np.asarray(machine.support_vectors).T
    machine.gamma.assign(1 / products.std())
    machine.coef0.assign(-products.mean() / products.std())
    machine.dual_coefficients.assign(random.normal(size=machine.dual_coefficients.shape))
    decisions = np.asarray(machine(inputs))
    machine.dual_coefficients.assign(machine.dual_coefficients / decisions.std(axis=0))
    machine.intercept.assign(-(decisions / decisions.std(axis=0)).mean(axis=0))


# One of every builder; deeper networks are of the same layers.
BODIES = [
    *("efficientnet-lite0", "efficientnet-lite4", "vgg-a-lrn", "vgg-c", "vgg-e", "resnet18", "resnet50"),
    *("resnet50v2", "resnet20", "plain20", "googlenet", "inceptionv3", "mobilenetv2", "mobilenetv2-0.35"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", BODIES)
def test_keras_and_openvino_agree(name):
    record = ARCHITECTURES[name]
    size = max(64, record.min_size)
    images = different_images(size)
    body = backbone(name, input_size=(size, size))
    assert (
        sum(math.prod(variable.shape) for variable in body.trainable_weights)
        == published_profiles()[name].backbone_parameters
    )
    randomise(body, images)
    model = with_head(body, classes=CLASSES)
    features = np.asarray(body(images))
    spread_head(model.get_layer("head"), features)
    expected = np.asarray(model.get_layer("head")(features))
    assert expected.std(axis=0).mean() > 0.05, "the images should get different answers"
    assert expected.max(axis=1).mean() < 0.95, "the answers should not be certain"
    received = Predictor.compile(model, engine="openvino").predict(images)
    without_rounding = exact(name, model, images)
    np.testing.assert_allclose(expected, without_rounding, rtol=0, atol=1e-4)
    np.testing.assert_allclose(received, without_rounding, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size"),
    [("perceptron", 28), ("mlp", 28), ("lenet5", 32), ("lenet5-paper", 32), ("cifar-net", 32), ("googlenet", 80)],
)
def test_keras_and_openvino_agree_on_whole_networks(name, size):
    model = network(name, input_size=(size, size), dropout=0.3, test_time_flip=True, test_time_shift=1).model
    images = different_images(size)
    expected = np.asarray(model(images))
    np.testing.assert_allclose(Predictor.compile(model, engine="openvino").predict(images), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_keras_and_openvino_agree_on_every_kernel(kernel):
    """Linear and RBF machines do not use all their weights; those must not become outputs."""
    model = network("svm", options={"kernel": kernel, "support_vectors": [60], "degree": [5]}).model
    images = different_images(28)
    machine = model.get_layer("machine")
    spread_machine(machine, np.asarray(keras.Model(model.input, machine.input)(images)))
    expected = np.asarray(model(images))
    assert expected.std(axis=0).mean() > 0.05, "the images should get different answers"
    np.testing.assert_allclose(Predictor.compile(model, engine="openvino").predict(images), expected, rtol=0, atol=1e-4)


def test_the_network_takes_images_only_and_holds_its_own_weights():
    model = backbone("efficientnet-lite0", input_size=(32, 32))
    network = network_of(model)
    assert [list(parameter.shape) for parameter in network.inputs] == [[1, 32, 32, 3]]
    predictor = Predictor.compile(model, engine="openvino")
    images = different_images(32)
    before = predictor.predict(images)
    model.get_layer("head_conv").kernel.assign(model.get_layer("head_conv").kernel * 0)
    np.testing.assert_array_equal(predictor.predict(images), before)
