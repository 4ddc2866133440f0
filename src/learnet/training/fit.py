"""Training a classifier of images: what does not fit is told before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.training.feed import Views, check_examples, photo_feed, validation_feed
from learnet.training.loop import fit_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.options.training import TrainingConfig
    from learnet.training.loop import EpochRow, Fitted

    Examples = tuple[NDArray[np.uint8] | Views, NDArray[np.integer[Any]]]


def fit(
    model: keras.Model,
    train: Examples,
    validation: Examples,
    *,
    config: TrainingConfig,
    folder: Path,
    names: Sequence[str] = (),
    auxiliary_weights: Sequence[float] = (),
    resume: bool = False,
    deadline: float | None = None,
    on_epoch: Callable[[EpochRow], None] | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Train a network and leave the weights of its best epoch in it.

    Killed at any moment and called again with ``resume=True``, it ends with the same weights and the same history, bit
    for bit, as if it had not been killed, on the same machine and libraries.

    Args:
        model: From uint8 images to logits ``(b, classes)``, or to a list of them, the first one being the answer.
        train: uint8 ``(n, height, width, 3)`` and int ``(n,)``; in the place of images also ``Views`` of what the
            network takes.
        validation: The same, for choosing the best epoch; never trained on. Of ``Views``, the first version is used.
        config: How it is trained.
        folder: Of the run; gets ``checkpoint.safetensors``, ``best.safetensors`` and ``history.csv``.
        names: What the training images are called, for errors; their numbers if not given.
        auxiliary_weights: What the loss of each further output counts.
        resume: Go on from the checkpoint in ``folder``.
        deadline: The reading of ``time.perf_counter`` by which training is to have ended, its last validation
            included; what was not trained by then is left out.
        on_epoch: Called after each epoch.
        progress: Where to tell how it goes.

    Returns:
        What came of it.

    Raises:
        UsageError: If images, labels, network and configuration do not fit each other; nothing has been trained then.
        NotANumberError: If the loss is NaN or infinite; the batch is named.
        LearnetError: If there is nothing to resume from.
    """
    classes = _check(model, train, validation)
    return fit_feed(
        model,
        photo_feed(*train, classes=classes, config=config),
        validation_feed(*validation, classes=classes),
        config=config,
        folder=folder,
        names=names or [f"image {row}" for row in range(len(train[1]))],
        auxiliary_weights=auxiliary_weights,
        fed=str(train[0].dtype),
        resume=resume,
        deadline=deadline,
        on_epoch=on_epoch,
        progress=progress,
    )


def _check(model: keras.Model, train: Examples, validation: Examples) -> int:
    """Return the number of classes; refuse what does not fit before the first step is taken."""
    outputs = model.outputs[0]
    if len(outputs.shape) != 2 or outputs.shape[-1] is None or outputs.shape[-1] < 2:
        raise UsageError(
            f"The network '{model.name}' should end in logits (batch, classes) of at least 2 classes; its output has "
            f"the shape {tuple(outputs.shape)}. End it with a Dense layer."
        )
    if _ends_in_softmax(model):
        raise UsageError(
            f"The network '{model.name}' should end in logits, but its last layer is a softmax: the loss applies one "
            "itself. Leave out activation='softmax'."
        )
    classes = int(outputs.shape[-1])
    for what, (images, labels) in (("training", train), ("validation", validation)):
        try:
            check_examples(images, labels, classes=classes)
        except UsageError as error:
            raise UsageError(f"The {what} part cannot be used. {error}") from None
        wanted = tuple(model.inputs[0].shape[1:])
        if any(size is not None and size != got for size, got in zip(wanted, images.shape[1:], strict=True)):
            raise UsageError(
                f"The network '{model.name}' takes images of shape {wanted}, but those of the {what} part are "
                f"{images.shape[1:]}. Build the network with input_size={images.shape[1:3]}, or resize the images."
            )
    if train[0].dtype != validation[0].dtype:
        raise UsageError(
            f"Training and validation part must be of one type; received {train[0].dtype} and {validation[0].dtype}."
        )
    return classes


def _ends_in_softmax(model: keras.Model) -> bool:
    activation = getattr(model.layers[-1], "activation", None)
    return getattr(activation, "__name__", "") == "softmax" or type(model.layers[-1]).__name__ == "Softmax"
