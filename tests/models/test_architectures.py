import math

import keras
import numpy as np
import pytest

from learnet.core import UsageError
from learnet.models import ARCHITECTURES, backbone, published_profiles, weight_items, with_head

STOCK_LAYERS = {
    "Activation", "Add", "AveragePooling2D", "Concatenate", "Conv2D", "Dense", "DepthwiseConv2D", "Flip",
    "FusedBatchNormalization", "GlobalAveragePooling2D", "InputLayer", "MaxPooling2D", "ReLU", "Rescaling",
    "WinogradConv2D", "ZeroPadding2D",
}  # fmt: skip


FAMILIES = [
    *(f"efficientnet-lite{number}" for number in range(5)),
    "vgg16",
    "resnet50",
    "resnet50v2",
    "inceptionv3",
    "mobilenetv2",
]


@pytest.mark.parametrize("name", FAMILIES)
def test_contract_of_every_family(name):
    """Deeper variants are rows for the same builders; their parameters are counted where engines are compared."""
    record = ARCHITECTURES[name]
    size = max(64, record.min_size)
    model = backbone(name, input_size=(size, size))
    assert model.input.dtype == "uint8"
    assert model.input.shape == (None, size, size, 3)
    assert model.output.shape == (None, record.feature_size)
    assert model.layers[-1].name == "features"
    assert {type(layer).__name__ for layer in model.layers} <= STOCK_LAYERS
    assert (
        sum(math.prod(variable.shape) for variable in model.trainable_weights)
        == published_profiles()[record.name].backbone_parameters
    )
    items = weight_items(model)
    assert {id(variable) for variable in items.values()} == {id(variable) for variable in model.weights}


@pytest.mark.parametrize("name", ["efficientnet-lite0", "inceptionv3", "mobilenetv2"])
def test_weight_names_do_not_depend_on_what_was_built_before(name):
    size = ARCHITECTURES[name].min_size
    first, second = (weight_items(backbone(name, input_size=(size, size))) for _ in range(2))
    assert [(key, tuple(variable.shape)) for key, variable in first.items()] == [
        (key, tuple(variable.shape)) for key, variable in second.items()
    ]
    if name == "inceptionv3":
        assert list(first)[:2] == ["conv2d_1/kernel", "batch_normalization_1/beta"]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("vgg16", "vgg16"),
        ("resnet50", "resnet"),
        ("resnet50v2", "resnet_v2"),
        ("inceptionv3", "inception_v3"),
        ("mobilenetv2", "mobilenet_v2"),
    ],
)
def test_preprocessing_equals_keras_applications(name, module):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), np.uint8)
    images = keras.Input((5, 7, 3), dtype="uint8")
    ours = keras.Model(images, ARCHITECTURES[name].preprocessing.apply(images))
    expected = getattr(keras.applications, module).preprocess_input(pixels.astype(np.float32))
    np.testing.assert_allclose(np.asarray(ours(pixels)), expected, atol=2e-5)


def test_head_is_a_softmax_of_the_features():
    body = backbone("efficientnet-lite0", input_size=(32, 32))
    model = with_head(body, classes=3)
    kernel, bias = np.random.default_rng(0).normal(size=(1280, 3)).astype(np.float32), np.float32([0, 1, 2])
    model.get_layer("head").set_weights([kernel, bias])
    pixels = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), np.uint8)
    logits = np.asarray(body(pixels)) @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.asarray(model(pixels)), expected, atol=1e-6)
    assert set(weight_items(model)) == {*weight_items(body), "head/kernel", "head/bias"}


def test_too_small_an_image_is_refused_with_a_sentence():
    with pytest.raises(UsageError, match=r"inceptionv3 needs images of at least 75 x 75 pixels, .* 64 x 80"):
        backbone("inceptionv3", input_size=(64, 80))


def test_unknown_name_gets_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'resnet50'"):
        backbone("resnett50")


def test_one_class_is_refused():
    with pytest.raises(UsageError, match="at least 2 classes, but 1"):
        with_head(backbone("vgg16", input_size=(32, 32)), classes=1)


def test_two_weights_of_one_name_are_refused():
    class Twice(keras.layers.Layer):
        def build(self, _shape):
            self.first = self.add_weight(shape=(1,), name="kernel")
            self.second = self.add_weight(shape=(1,), name="kernel")

        def call(self, x):
            return x + self.first + self.second

    images = keras.Input((1,))
    with pytest.raises(ValueError, match="Two weights"):
        weight_items(keras.Model(images, Twice(name="twice")(images)))
