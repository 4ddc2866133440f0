"""The families of ``keras.applications``: a table of networks and one builder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.preprocessing import CAFFE, TENSORFLOW, Preprocessing

if TYPE_CHECKING:
    import keras

_VGG = "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015"
_RESNET = "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016"
_RESNET_V2 = "He, Zhang, Ren and Sun, Identity Mappings in Deep Residual Networks, ECCV 2016"
_INCEPTION = "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016"
_MOBILENET_V2 = "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018"


@dataclass(frozen=True, kw_only=True)
class Application:
    """One network of ``keras.applications``.

    Attributes:
        name: learnet's name for it.
        function: The name of the function in ``keras.applications``.
        paper: Where it was published.
        feature_size: Channels of its last feature map.
        parameters: Trainable weights without the 1,000-class layers.
        preprocessing: What the network expects of its pixels.
        size: Side of the square image it was trained on, in pixels.
        min_size: Smallest side it can take, in pixels.
    """

    name: str
    function: str
    paper: str
    feature_size: int
    parameters: int
    preprocessing: Preprocessing
    size: int = 224
    min_size: int = 32


def _vgg(depth: int, parameters: int) -> Application:
    return Application(
        name=f"vgg{depth}",
        function=f"VGG{depth}",
        paper=_VGG,
        feature_size=512,
        parameters=parameters,
        preprocessing=CAFFE,
    )


def _resnet(depth: int, parameters: int) -> Application:
    return Application(
        name=f"resnet{depth}",
        function=f"ResNet{depth}",
        paper=_RESNET,
        feature_size=2048,
        parameters=parameters,
        preprocessing=CAFFE,
    )


def _resnet_v2(depth: int, parameters: int) -> Application:
    return Application(
        name=f"resnet{depth}v2",
        function=f"ResNet{depth}V2",
        paper=_RESNET_V2,
        feature_size=2048,
        parameters=parameters,
        preprocessing=TENSORFLOW,
    )


APPLICATIONS = (
    _vgg(16, 14_714_688),
    _vgg(19, 20_024_384),
    _resnet(50, 23_534_592),
    _resnet(101, 42_552_832),
    _resnet(152, 58_219_520),
    _resnet_v2(50, 23_519_360),
    _resnet_v2(101, 42_528_896),
    _resnet_v2(152, 58_187_904),
    Application(
        name="inceptionv3",
        function="InceptionV3",
        paper=_INCEPTION,
        feature_size=2048,
        parameters=21_768_352,
        preprocessing=TENSORFLOW,
        size=299,
        min_size=75,
    ),
    Application(
        name="mobilenetv2",
        function="MobileNetV2",
        paper=_MOBILENET_V2,
        feature_size=1280,
        parameters=2_223_872,
        preprocessing=TENSORFLOW,
    ),
)


def build(network: Application, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h, w, c)`` for symbolic preprocessed ``images``, with random weights."""
    function = getattr(import_keras().applications, network.function)
    model = function(weights=None, include_top=False, input_tensor=images)
    _name_weighted_layers(model)
    return model.output


def _name_weighted_layers(model: keras.Model) -> None:
    """Give every layer that Keras numbered by itself a name that depends on nothing but its place in the model.

    Keras counts ``conv2d``, ``conv2d_1``, … over the whole process, so a second model of the same kind has other names.
    """
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower()
        if layer.weights and re.fullmatch(rf"{kind}(_\d+)?", layer.name):
            counts[kind] = counts.get(kind, 0) + 1
            layer.name = f"{kind}_{counts[kind]}"
