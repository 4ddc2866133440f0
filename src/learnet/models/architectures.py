"""The table of networks: of each its family, paper, input, and how it is built."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from learnet.core import Registry
from learnet.core import keras as import_keras
from learnet.models import (
    cifar_net,
    color_unet,
    efficientnet_lite,
    googlenet,
    inception_v3,
    lenet,
    mlp,
    mobilenet_v2,
    pilotnet,
    resnet,
    resnet_cifar,
    svm,
    vgg,
)
from learnet.models.blocks import dropout, head
from learnet.models.preprocessing import CAFFE, TENSORFLOW, Preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras


class MapBuilder(Protocol):
    """Builds the convolutional part of a network."""

    def __call__(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """Return the last feature map ``(batch, h, w, c)`` for preprocessed symbolic images ``(batch, h, w, c)``."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """One network of the table.

    Attributes:
        name: By which users and bundles ask for it.
        family: Which networks it belongs to.
        year: Of the paper.
        paper: Where it was published.
        input_size: Height and width that it was designed for, in pixels.
        min_size: Smallest height and width that it can take, in pixels.
        preprocessing: What happens to the pixels inside the network.
        classify: The builder of the whole network: preprocessed symbolic images, number of classes, dropout rate (and
            options by name) to the logits, then those of auxiliary heads.
        build: The builder of its convolutional part; None for a network that cannot be a backbone.
        feature_size: Length of the pooled feature vector; 0 for a network that cannot be a backbone.
        classes: Outputs of the published network.
        top1: Published top-1 accuracy in [0, 1] on what it was published for; None where there is none.
        dropout: Published rate before the last layer or layers.
        auxiliary_weights: What the loss of each auxiliary head counts.
        task: What its outputs mean.
        most_parameters: For networks with options: classes, input size and options to as many weights as it has, or
            more; None where the published count tells.
        flat_growth: Where a dense layer sees the whole last map, how much faster than the image's area the number of
            weights can grow; 0 where that number does not depend on the image.
        weights: Pretrained weights that learnet can load.
        solved: Whether its weights are solved for from all photos at once, and not found by gradient descent.
    """

    name: str
    family: str
    year: int
    paper: str
    input_size: tuple[int, int]
    min_size: int
    preprocessing: Preprocessing
    classify: Callable[..., list[keras.KerasTensor]]
    build: MapBuilder | None = None
    feature_size: int = 0
    classes: int = 1000
    top1: float | None = None
    dropout: float = 0.0
    auxiliary_weights: tuple[float, ...] = ()
    task: Literal["classification", "colourisation", "steering"] = "classification"
    weights: str = ""
    most_parameters: Callable[..., int] | None = None
    flat_growth: float = 0.0
    solved: bool = False


def _pooled(build: MapBuilder, images: keras.KerasTensor, classes: int, rate: float) -> list[keras.KerasTensor]:
    """Return the logits of what most networks end in: global average pooling and one dense layer."""
    features = import_keras().layers.GlobalAveragePooling2D(name="features")(build(images))
    return [head(dropout(features, rate, "dropout"), classes)]


def _topped(build: Any, top: Any, images: keras.KerasTensor, classes: int, rate: float) -> list[keras.KerasTensor]:
    return [top(build(images), classes, rate)]


def _flat() -> list[Architecture]:
    shared: dict[str, Any] = {
        "family": "MLP",
        "input_size": (28, 28),
        "min_size": 1,
        "preprocessing": Preprocessing(scale=1 / 255, offset=(0.0,), grey=True),
        "classes": 10,
    }
    perceptron = Architecture(
        name="perceptron",
        year=1958,
        paper=mlp.PERCEPTRON_PAPER,
        classify=mlp.classify_perceptron,
        most_parameters=partial(mlp.most_parameters, hidden=()),
        **shared,
    )
    layered = Architecture(
        name="mlp", year=1986, paper=mlp.PAPER, classify=mlp.classify, most_parameters=mlp.most_parameters, **shared
    )
    machine = Architecture(
        name="svm",
        year=1995,
        paper=svm.PAPER,
        classify=svm.classify,
        most_parameters=svm.most_parameters,
        solved=True,
        **{**shared, "family": "SVM"},
    )
    return [perceptron, layered, machine]


def _lenets() -> list[Architecture]:
    made = []
    for name, build, top in (
        ("lenet5", lenet.build, lenet.top),
        ("lenet5-paper", lenet.build_paper, lenet.top_paper),
    ):
        made.append(
            Architecture(
                name=name,
                family="LeNet",
                year=1998,
                paper=lenet.PAPER,
                input_size=(32, 32),
                min_size=32,
                preprocessing=lenet.PREPROCESSING,
                classify=partial(_topped, build, top),
                classes=10,
                top1=0.9905 if build is lenet.build_paper else None,
                flat_growth=12.0,
            )
        )
    return made


def _vgg(variant: vgg.Variant) -> Architecture:
    build = partial(vgg.build, variant)
    return Architecture(
        name=variant.name,
        family="VGG",
        year=2014,
        paper=vgg.PAPER,
        input_size=(224, 224),
        min_size=32,
        preprocessing=CAFFE,
        classify=partial(_topped, build, vgg.top),
        build=build,
        feature_size=512,
        top1=variant.top1,
        dropout=0.5,
        weights="imagenet" if variant.name in {"vgg-d", "vgg-e"} else "",
        flat_growth=1.0,
    )


def _averaged(variant: Any, module: Any, *, size: int, weights: str = "imagenet", **known: Any) -> Architecture:
    """Return a network that ends in global average pooling and one dense layer."""
    build = partial(module.build, variant)
    return Architecture(
        name=variant.name,
        input_size=(size, size),
        min_size=known.pop("min_size", 32),
        classify=partial(_pooled, build),
        build=build,
        top1=variant.top1,
        weights=weights,
        **known,
    )


def _lite(variant: efficientnet_lite.Variant) -> Architecture:
    return _averaged(
        variant,
        efficientnet_lite,
        size=variant.size,
        weights="imagenet" if variant.name == "efficientnet-lite0" else "",
        family="EfficientNet-Lite",
        year=2020,
        paper=efficientnet_lite.PAPER,
        feature_size=efficientnet_lite.FEATURES,
        preprocessing=efficientnet_lite.PREPROCESSING,
        dropout=variant.dropout,
    )


def _resnet(variant: resnet.Variant) -> Architecture:
    second = variant.kind == "v2"
    return _averaged(
        variant,
        resnet,
        size=224,
        weights="" if variant.kind == "basic" else "imagenet",
        family="ResNet v2" if second else "ResNet",
        year=2016 if second else 2015,
        paper=resnet.PAPER_V2 if second else resnet.PAPER,
        feature_size=variant.features,
        preprocessing=TENSORFLOW if second else CAFFE,
    )


def _resnet_cifar(variant: resnet_cifar.Variant) -> Architecture:
    return _averaged(
        variant,
        resnet_cifar,
        size=32,
        weights="",
        min_size=8,
        family="ResNet (CIFAR)",
        year=2015,
        paper=resnet.PAPER,
        feature_size=resnet_cifar.FEATURES,
        preprocessing=TENSORFLOW,
        classes=10,
    )


def _mobilenet(variant: mobilenet_v2.Variant) -> Architecture:
    return _averaged(
        variant,
        mobilenet_v2,
        size=224,
        weights="imagenet" if variant.width == 1 else "",
        family="MobileNetV2",
        year=2018,
        paper=mobilenet_v2.PAPER,
        feature_size=variant.features,
        preprocessing=TENSORFLOW,
    )


def _colorunet(name: str, outputs: int) -> Architecture:
    return Architecture(
        name=name,
        family="U-Net",
        year=2018,
        paper=color_unet.PAPER,
        input_size=(256, 256),
        min_size=8,
        preprocessing=color_unet.PREPROCESSING,
        classify=lambda images, classes, rate: [  # noqa: ARG005
            color_unet.build(images, classes)
        ],
        classes=outputs,
        task="colourisation",
    )


def _singles() -> list[Architecture]:
    return [
        Architecture(
            name="googlenet",
            family="Inception",
            year=2014,
            paper=googlenet.PAPER,
            input_size=(224, 224),
            min_size=80,
            preprocessing=CAFFE,
            classify=googlenet.classify,
            build=googlenet.build,
            feature_size=googlenet.FEATURES,
            top1=0.687,
            dropout=0.4,
            auxiliary_weights=googlenet.AUXILIARY_WEIGHTS,
        ),
        Architecture(
            name="inceptionv3",
            family="Inception",
            year=2015,
            paper=inception_v3.PAPER,
            input_size=(299, 299),
            min_size=75,
            preprocessing=TENSORFLOW,
            classify=partial(_pooled, inception_v3.build),
            build=inception_v3.build,
            feature_size=inception_v3.FEATURES,
            top1=0.788,
            weights="imagenet",
        ),
        Architecture(
            name="cifar-net",
            family="learnet",
            year=2026,
            paper=cifar_net.PAPER,
            input_size=(32, 32),
            min_size=16,
            preprocessing=TENSORFLOW,
            classify=cifar_net.classify,
            classes=10,
            most_parameters=cifar_net.most_parameters,
        ),
        _colorunet("colorunet", color_unet.BINS),
        _colorunet("colorunet-l2", 2),
        Architecture(
            name="pilotnet",
            family="PilotNet",
            year=2016,
            paper=pilotnet.PAPER,
            input_size=(66, 200),
            min_size=61,
            preprocessing=pilotnet.PREPROCESSING,
            classify=lambda images, outputs, rate: [  # noqa: ARG005
                pilotnet.build(images, outputs)
            ],
            classes=1,
            task="steering",
        ),
    ]


ARCHITECTURES: Registry[Architecture] = Registry(
    "architecture",
    [
        *_flat(),
        *_lenets(),
        *map(_vgg, vgg.VARIANTS),
        *map(_resnet, resnet.VARIANTS),
        *map(_resnet_cifar, resnet_cifar.VARIANTS),
        *map(_mobilenet, mobilenet_v2.VARIANTS),
        *map(_lite, efficientnet_lite.VARIANTS),
        *_singles(),
    ],
    aliases={"vgg11": "vgg-a", "vgg13": "vgg-b", "vgg16": "vgg-d", "vgg19": "vgg-e"},
)
