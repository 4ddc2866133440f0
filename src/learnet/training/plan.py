"""What a training would do, without doing it: how the photos would be divided, and about how long it would take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Silent, require_backend
from learnet.core.text import format_duration
from learnet.data import Part, open_dataset
from learnet.models import ARCHITECTURES
from learnet.options.training import Augmentation
from learnet.runs import kept_together
from learnet.training.build import build_trained
from learnet.training.feed import photo_feed
from learnet.training.photos import divide
from learnet.training.step import Trainer
from learnet.training.train import input_spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.options.train import TrainConfig
    from learnet.options.tune import TuneConfig

_TIMED_STEPS = 2
_FORWARD = 1 / 3  # of a step, for validation


def plan(
    config: TrainConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what ``train`` would do with the same arguments.

    Args:
        config: The options.
        data: As for ``train``.
        progress: Progress reporter; silent if not given.

    Returns:
        ``"photos"``: how many would train, validate and test (copies of photos, which are found by decoding, move a few
        of them); ``"forecast"``: sentences.
    """
    require_backend()
    progress = progress or Silent()
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
    sizes = split_sizes(dataset, config, progress=progress)
    if ARCHITECTURES[config.model].solved:
        return {"photos": sizes, "forecast": [f"{config.model} is solved for at once; how long is not known before."]}
    seconds = _step_seconds(config, classes=len(dataset.class_names))
    steps = -(-sizes["train"] // config.training.batch_size)
    epoch = seconds * (steps + _FORWARD * sizes["validation"] / config.training.batch_size)
    whole = config.training.hardest * epoch * config.training.epochs
    told = (
        f"About {format_duration(whole)} of training: {config.training.epochs} epochs of {steps:,} steps, "
        f"{seconds * 1e3:.0f} ms each in float32, decoding and testing not counted."
    )
    return {"photos": sizes, "forecast": [told]}


def split_sizes(dataset: Dataset, config: TrainConfig | TuneConfig, *, progress: Progress) -> dict[str, int]:
    """Return how many photos would train, validate and test, were there no copies among them."""
    parts = divide(dataset, groups=kept_together(dataset, np.arange(len(dataset))), config=config, progress=progress)
    return part_counts(parts)


def part_counts(parts: NDArray[np.int8]) -> dict[str, int]:
    """Return how many photos are in each part."""
    counts = np.bincount(parts, minlength=len(Part))
    names: Mapping[str, Part] = {"train": Part.TRAIN, "validation": Part.VAL, "test": Part.TEST}
    return {name: int(counts[part]) for name, part in names.items()}


def _step_seconds(config: TrainConfig, *, classes: int) -> float:
    """Return the time of a step, on noise."""
    spec, size = input_spec(config), config.training.batch_size
    images = np.random.default_rng(0).integers(0, 256, (size, spec.height, spec.width, 3), dtype=np.uint8)
    plain = config.replace(**Augmentation().values(), precision="float32", jit=False)
    network = build_trained(plain, classes=classes, images=images)
    batch = photo_feed(images, np.arange(size) % classes, classes=classes, config=plain.training).batch(0, 0)
    trainer = Trainer(network.trainer, config=plain.training, auxiliary_weights=network.auxiliary_weights)
    trainer.step(batch, number=0, learning_rate=0.0)  # compiles
    start = time.perf_counter()
    for number in range(_TIMED_STEPS):
        trainer.step(batch, number=number, learning_rate=0.0)
    return (time.perf_counter() - start) / _TIMED_STEPS
