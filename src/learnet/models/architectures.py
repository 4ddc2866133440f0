"""Every network that learnet can build by name: pixels in, pooled features or class probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from learnet.core import Registry, UsageError
from learnet.core import keras as import_keras
from learnet.models import applications, efficientnet_lite

if TYPE_CHECKING:
    import keras

    from learnet.models.preprocessing import Preprocessing


class Builder(Protocol):
    """Builds the convolutional part of a network."""

    def __call__(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """Return the last feature map ``(batch, h, w, c)`` for preprocessed symbolic images ``(batch, h, w, 3)``."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """One network of the table.

    Attributes:
        name: By which users and bundles ask for it.
        paper: Where it was published.
        feature_size: Length of the pooled feature vector.
        input_size: Height and width that it was designed for, in pixels.
        min_size: Smallest height and width that it can take, in pixels.
        parameters: Trainable weights of the backbone.
        preprocessing: What happens to the pixels inside the network.
        build: The builder of the convolutional part.
    """

    name: str
    paper: str
    feature_size: int
    input_size: tuple[int, int]
    min_size: int
    parameters: int
    preprocessing: Preprocessing
    build: Builder


def _lite(variant: efficientnet_lite.Variant) -> Architecture:
    return Architecture(
        name=variant.name,
        paper=efficientnet_lite.PAPER,
        feature_size=efficientnet_lite.FEATURES,
        input_size=(variant.size, variant.size),
        min_size=32,
        parameters=variant.parameters,
        preprocessing=efficientnet_lite.PREPROCESSING,
        build=partial(efficientnet_lite.build, variant),
    )


def _application(network: applications.Application) -> Architecture:
    return Architecture(
        name=network.name,
        paper=network.paper,
        feature_size=network.feature_size,
        input_size=(network.size, network.size),
        min_size=network.min_size,
        parameters=network.parameters,
        preprocessing=network.preprocessing,
        build=partial(applications.build, network),
    )


ARCHITECTURES: Registry[Architecture] = Registry(
    "architecture",
    [*map(_lite, efficientnet_lite.VARIANTS), *map(_application, applications.APPLICATIONS)],
)


def backbone(name: str, *, input_size: tuple[int, int] | None = None) -> keras.Model:
    """Build a network without its classification head, with random weights; nothing is ever downloaded.

    Args:
        name: A name of ``ARCHITECTURES``.
        input_size: Height and width of the images, in pixels; the architecture's own if not given.

    Returns:
        A model from uint8 RGB images ``(batch, height, width, 3)`` to pooled float32 features ``(batch, d)``, the
        output of its layer ``"features"``. Preprocessing is inside. The names of layers that have weights are fixed.

    Raises:
        UsageError: If there is no such architecture, or the size is too small for it.
    """
    architecture = ARCHITECTURES[name]
    height, width = architecture.input_size if input_size is None else input_size
    if min(height, width) < architecture.min_size:
        raise UsageError(
            f"{architecture.name} needs images of at least {architecture.min_size} x {architecture.min_size} pixels, "
            f"but the input size asked for is {height} x {width} (height x width). Ask for a larger one."
        )
    keras = import_keras()
    images = keras.Input((height, width, 3), dtype="uint8", name="images")
    maps = architecture.build(architecture.preprocessing.apply(images))
    features = keras.layers.GlobalAveragePooling2D(name="features")(maps)
    return keras.Model(images, features, name=architecture.name)


def with_head(backbone: keras.Model, *, classes: int) -> keras.Model:
    """Put a softmax layer named ``"head"`` on a backbone.

    Args:
        backbone: A model from images to features ``(batch, d)``. Its layers are shared, not copied.
        classes: How many classes there are, at least 2.

    Returns:
        A model from uint8 images to class probabilities ``(batch, classes)``.

    Raises:
        UsageError: If there are fewer than 2 classes.
    """
    if classes < 2:
        raise UsageError(f"A classifier needs at least 2 classes, but {classes} were asked for.")
    keras = import_keras()
    probabilities = keras.layers.Dense(classes, activation="softmax", name="head")(backbone.output)
    return keras.Model(backbone.input, probabilities, name=backbone.name)


def weight_items(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the weights of a model by keys that are the same in every process, e.g. ``"block1a_project_bn/gamma"``.

    Args:
        model: A model made by ``backbone`` or ``with_head``.

    Returns:
        ``layer/variable`` → variable, in the order of the layers.

    Raises:
        ValueError: If two weights have the same key (a model built elsewhere).
    """
    items: dict[str, keras.Variable] = {}
    for layer in model.layers:
        for variable in layer.weights:
            key = f"{layer.name}/{variable.name}"
            if key in items:
                raise ValueError(f"Two weights of the model '{model.name}' are called '{key}'.")
            items[key] = variable
    return items
