"""Networks by name: whole classifiers, and backbones without their head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.models.architectures import ARCHITECTURES, Architecture

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

_MOST_SHIFT = 16  # pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A network as it predicts and as it is trained; both share all layers.

    Attributes:
        model: From uint8 images ``(batch, h, w, 3)`` to what is predicted: probabilities ``(batch, classes)`` of a
            classifier, the bare outputs of other tasks.
        trainer: From the same images to the logits (or outputs); to a list of them where there are auxiliary heads.
        auxiliary_weights: What the loss of each auxiliary head counts.
    """

    model: keras.Model
    trainer: keras.Model
    auxiliary_weights: tuple[float, ...]


def network(
    name: str,
    *,
    classes: int | None = None,
    input_size: tuple[int, int] | None = None,
    dropout: float | None = None,
    temperature: float = 1.0,
    test_time_flip: bool = False,
    test_time_shift: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Network:
    """Build a published network whole, with random weights; nothing is ever downloaded.

    Args:
        name: A name of ``ARCHITECTURES``.
        classes: How many classes (or outputs) it tells apart; as published if not given.
        input_size: Height and width of the images, in pixels; as published if not given.
        dropout: Rate before the last layers, in [0, 1); as published if not given.
        temperature: The logits are divided by it before they become probabilities; greater than 0.
        test_time_flip: Predict from the mean of the logits of each image and its mirror image.
        test_time_shift: Ask each image, too, as it is seen from so many pixels up and left, and down and right; both
            together count as much as the image itself. 0 asks neither; at most 16, and less than the image's side.
        options: What else the architecture's builder takes, e.g. ``{"hidden": [300, 100]}`` of ``"mlp"``.

    Raises:
        UsageError: If there is no such architecture or option, or a value is out of its range.

    Example:
        >>> lenet = network("lenet5-paper", classes=10)
        >>> lenet.model.count_params()
        60000
    """
    architecture = ARCHITECTURES[name]
    classes = architecture.classes if classes is None else classes
    rate = architecture.dropout if dropout is None else dropout
    _check(architecture, classes, rate, temperature)
    images = _images(architecture, input_size)
    try:
        outputs = architecture.classify(architecture.preprocessing.apply(images), classes, rate, **(options or {}))
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        raise UsageError(
            f"{architecture.name} has no such option: received {', '.join(options or {})}. "
            f"'learnet models {architecture.name}' describes it."
        ) from error
    keras = import_keras()
    trainer = keras.Model(images, outputs, name=architecture.name)
    answer = outputs[0]
    if architecture.task == "classification":
        logits = _logits(trainer, images, flip=test_time_flip, shift=test_time_shift)
        answer = _probabilities(logits, temperature=temperature)
    model = keras.Model(images, answer, name=architecture.name)
    return Network(model=model, trainer=trainer, auxiliary_weights=architecture.auxiliary_weights)


def _logits(trainer: keras.Model, images: keras.KerasTensor, *, flip: bool, shift: int) -> keras.KerasTensor:
    """Return the logits of the images, or the mean of those of all views that are asked."""
    logits, layers, ops = trainer.outputs[0], import_keras().layers, import_keras().ops
    most = min(_MOST_SHIFT, min(images.shape[1:3]) - 1)
    if not 0 <= shift <= most:
        raise UsageError(f"test_time_shift must be from 0 to {most} pixels for these images; received {shift}.")
    if not (flip or shift):
        return logits
    plain = import_keras().Model(images, logits)

    def both_sides(view: Any, answer: Any, name: str) -> Any:
        return layers.Average(name=name)([answer, plain(ops.flip(view, axis=2))]) if flip else answer

    logits = both_sides(images, logits, "both_sides")
    if shift:
        moved = [
            both_sides(view, plain(view), f"both_sides_{number}") for number, view in enumerate(_shifted(images, shift))
        ]
        logits = layers.Average(name="all_views")([logits, layers.Average(name="shifted")(moved)])
    return logits


def _shifted(images: keras.KerasTensor, shift: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the images from two other places, what is not seen mirrored at the edge."""
    height, width = images.shape[1:3]
    wide = import_keras().ops.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="reflect")
    return wide[:, :height, :width], wide[:, 2 * shift :, 2 * shift :]


def _probabilities(logits: keras.KerasTensor, *, temperature: float) -> keras.KerasTensor:
    layers = import_keras().layers
    if temperature != 1:
        logits = layers.Rescaling(1 / temperature, name="calibrated")(logits)
    return layers.Activation("softmax", dtype="float32", name="probabilities")(logits)


def backbone(name: str, *, input_size: tuple[int, int] | None = None) -> keras.Model:
    """Build a network without its classification head, with random weights; nothing is ever downloaded.

    Args:
        name: A name of ``ARCHITECTURES``, of a network that can be a backbone.
        input_size: Height and width of the images, in pixels; the architecture's own if not given.

    Returns:
        A model from uint8 RGB images ``(batch, height, width, 3)`` to pooled float32 features ``(batch, d)``, the
        output of its layer ``"features"``. Preprocessing is inside. The names of layers that have weights are fixed.

    Raises:
        UsageError: If there is no such backbone, or the size is too small for it.
    """
    architecture = ARCHITECTURES[name]
    if architecture.build is None:
        able = ", ".join(record.name for record in ARCHITECTURES if record.build is not None)
        raise UsageError(f"{architecture.name} cannot be a backbone: its features are no maps. These can: {able}.")
    images = _images(architecture, input_size)
    keras = import_keras()
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
        model: A model made by ``network``, ``backbone`` or ``with_head``.

    Returns:
        ``layer/variable`` → variable, in the order of the layers.

    Raises:
        ValueError: If two weights have the same key (a model built elsewhere).
    """
    items: dict[str, keras.Variable] = {}
    for layer in _layers(model):
        for variable in layer.weights:
            key = f"{layer.name}/{variable.name}"
            if items.setdefault(key, variable) is not variable:
                raise ValueError(f"Two weights of the model '{model.name}' are called '{key}'.")
    return items


def _layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model, those of models inside it in their place."""
    nested = (_layers(layer) if hasattr(layer, "layers") else [layer] for layer in model.layers)
    return [layer for layers in nested for layer in layers]


def _images(architecture: Architecture, input_size: tuple[int, int] | None) -> keras.KerasTensor:
    height, width = architecture.input_size if input_size is None else input_size
    if min(height, width) < architecture.min_size:
        raise UsageError(
            f"{architecture.name} needs images of at least {architecture.min_size} x {architecture.min_size} pixels, "
            f"but the input size asked for is {height} x {width} (height x width). Ask for a larger one."
        )
    return import_keras().Input((height, width, 3), dtype="uint8", name="images")


def _check(architecture: Architecture, classes: int, rate: float, temperature: float) -> None:
    fewest = 2 if architecture.task == "classification" else 1
    if classes < fewest:
        raise UsageError(f"{architecture.name} needs at least {fewest} classes, but {classes} were asked for.")
    if not 0 <= rate < 1:
        raise UsageError(f"The dropout rate must be at least 0 and less than 1; received {rate!r}.")
    if not 0 < temperature < float("inf"):
        raise UsageError(f"The temperature must be greater than 0; received {temperature!r}.")
