"""Networks as they are trained: in the precision asked for, with what is computed from the photos in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras
from learnet.data import Part
from learnet.models import network
from learnet.training.feed import photo_feed
from learnet.training.precision import choose_precision, computing_in
from learnet.training.step import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    from numpy.typing import NDArray

    from learnet.models import Network
    from learnet.options.train import TrainConfig
    from learnet.options.training import Precision
    from learnet.training.feed import Batch
    from learnet.training.photos import Photos

_FEW = 8  # photos of a timed sample
_ADAPTED_TO = 5_000  # images


def prepare_network(
    config: TrainConfig, *, classes: int, temperature: float = 1.0, precision: Precision = "float32"
) -> Network:
    """Build a run's network with its seed's random weights."""
    import_keras().utils.set_random_seed(config.seed)
    with computing_in(precision):
        return network(
            config.model,
            classes=classes,
            input_size=config.input_size,
            dropout=config.dropout,
            temperature=temperature,
            test_time_flip=config.test_time_flip,
            test_time_shift=config.test_time_shift,
            options=config.options,
        )


def build_trained(config: TrainConfig, *, classes: int, images: NDArray[np.uint8]) -> Network:
    """Build a run's network as it is trained; layers that are computed from data see ``images``."""
    made = prepare_network(config, classes=classes, precision=config.precision)
    _adapt(made.trainer, images)
    return made


def choose_network_precision(config: TrainConfig, photos: Photos, *, say: Callable[[str], None]) -> Precision:
    """Return the precision in which steps of a run's network are faster, timed on its own photos."""
    examples, classes = photos.part(Part.TRAIN), len(photos.dataset.class_names)

    def build(precision: Precision) -> Trainer:
        made = prepare_network(config, classes=classes, precision=precision)
        return Trainer(made.trainer, config=config.training, auxiliary_weights=made.auxiliary_weights)

    def batch(size: int) -> Batch:
        how = config.training.replace(batch_size=min(size, config.training.batch_size))
        return photo_feed(*examples, classes=classes, config=how).batch(0, 0)

    return choose_precision(build, few=batch(_FEW), whole=lambda: batch(config.training.batch_size), say=say)


def _adapt(model: keras.Model, images: NDArray[np.uint8]) -> None:
    """Let layers that have ``adapt`` compute their weights from what comes into them."""
    keras = import_keras()
    sample = np.ascontiguousarray(images[:: max(1, len(images) // _ADAPTED_TO)][:_ADAPTED_TO])
    for layer in model.layers:
        adapt: Any = getattr(layer, "adapt", None)
        if adapt is not None:
            seen = keras.Model(model.input, layer.input)(sample)
            adapt(np.asarray(keras.ops.cast(seen, "float32")))
