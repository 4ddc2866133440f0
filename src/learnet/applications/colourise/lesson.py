"""What a colouriser is trained with, the precision of its steps, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.applications.colourise.colouriser import make_colouriser
from learnet.applications.colourise.feeds import checking_feed, training_feed
from learnet.applications.colourise.grid import choose_colours
from learnet.applications.colourise.objectives import RebalancedColours, SquaredColours
from learnet.applications.colourise.photos import ColourPhotos, divide_photos, open_photos
from learnet.applications.forecast import forecast_sentence, step_seconds
from learnet.core import generator, require_backend
from learnet.core import keras as import_keras
from learnet.data import Part
from learnet.training import Trainer
from learnet.training.plan import part_counts
from learnet.training.precision import choose_precision, computing_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from learnet.applications.colourise.colouriser import Colouriser
    from learnet.applications.colourise.grid import ColourGrid
    from learnet.core import Progress
    from learnet.options.colourise import ColouriseConfig
    from learnet.options.training import Precision
    from learnet.training import Feed, Objective

_FEW = 4  # photos of a timed sample
_TIMED_STEPS = 3
_MOST_EPOCHS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """What a network is trained with.

    Attributes:
        config: The options.
        grid: The colours of a classification network; None for regression.
        objective: What is minimised.
        train: The training photos.
        validation: The validation photos.
        few: Some training photos in small batches, to be timed.
    """

    config: ColouriseConfig
    grid: ColourGrid | None
    objective: Objective
    train: Feed
    validation: Feed
    few: Feed

    def colouriser(self, precision: Precision = "float32") -> Colouriser:
        """Return a colouriser with its seed's random weights that computes in a precision."""
        import_keras().utils.set_random_seed(self.config.seed)
        colours = None if self.grid is None else self.grid.colours
        with computing_in(precision):
            return make_colouriser(self.config.network, size=self.config.size, colours=colours)

    def trainer(self, precision: Precision) -> Trainer:
        """Return a network with random weights, ready to be trained in a precision."""
        return Trainer(self.colouriser(precision).model, config=self.config.training, objective=self.objective)

    def chosen_precision(self, *, say: Callable[[str], None]) -> Precision:
        """Return the precision in which steps are faster, timed on the training photos."""
        return choose_precision(self.trainer, few=self.few.batch(0, 0), whole=lambda: self.train.batch(0, 0), say=say)

    def step_seconds(self, precision: Precision) -> float:
        """Return how long a step takes."""
        batches = [self.train.batch(0, min(number, self.train.steps - 1)) for number in range(_TIMED_STEPS)]
        return step_seconds(self.trainer(precision), batches)


def make_lesson(photos: ColourPhotos, config: ColouriseConfig) -> Lesson:
    """Return what a network is trained with."""
    train, validation = photos.part(Part.TRAIN), photos.part(Part.VAL)
    grid = None
    objective: Objective = SquaredColours()
    if config.network == "classification":
        grid = choose_colours(train, kept=config.kept, centres=config.centres)
        objective = RebalancedColours(weights=tuple(grid.weights(config.lam).tolist()))
    training = config.training
    return Lesson(
        config=config,
        grid=grid,
        objective=objective,
        train=training_feed(train, grid=grid, config=training),
        validation=checking_feed(validation, grid=grid, batch_size=training.batch_size),
        few=training_feed(train, grid=grid, config=training.replace(batch_size=min(_FEW, training.batch_size))),
    )


def epoch_seconds(step: float, *, steps: int, checks: int) -> float:
    """Return how long an epoch of ``steps`` steps and ``checks`` validation batches takes."""
    return step * (steps + checks / 3)  # forward only: a third of a step


def epochs_within(seconds: float, epoch: float) -> int:
    """Return how many epochs fit into a time limit, from 1 to 200."""
    return int(np.clip(seconds / epoch, 1, _MOST_EPOCHS))


def plan(config: ColouriseConfig, *, progress: Progress) -> dict[str, Any]:
    """Return what ``train_colouriser`` would do: the sizes of the parts, and how long an epoch would take.

    No photo is decoded: grey photos and copies, which decoding finds, may change the sizes.

    Args:
        config: The options.
        progress: Progress reporter.

    Raises:
        DataError: If there are too few photos.
    """
    require_backend()
    sizes = part_counts(divide_photos(open_photos(config.data, progress=progress), config))
    batch_size, precision = config.batch_size, "float32" if config.precision == "auto" else config.precision
    noise = generator(config.seed, "plan").integers(0, 256, (2 * batch_size, config.size, config.size, 3), np.uint8)
    photos = ColourPhotos(
        name="noise",
        images=noise,
        names=("noise",) * len(noise),
        parts=np.repeat(np.array([Part.TRAIN, Part.VAL], np.int8), batch_size),
        skipped=(),
        fingerprint="",
    )
    steps = -(-sizes["train"] // batch_size)
    step = make_lesson(photos, config).step_seconds(precision)
    epoch = epoch_seconds(step, steps=steps, checks=-(-sizes["validation"] // batch_size))
    epochs = config.training.epochs
    if config.time_limit is not None and config.epochs is None:
        epochs = epochs_within(config.time_limit, epoch)
    return {
        "photos": sizes,
        "forecast": [
            forecast_sentence(steps=steps, seconds=epoch, epochs=epochs),
            "Photos that turn out to be grey or copies of others change these sizes.",
        ],
    }
