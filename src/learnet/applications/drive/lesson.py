"""What a network learns to drive with, the precision of its steps, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.applications.drive.driver import new_network
from learnet.applications.drive.imitation import (
    NOWHERE_ELSE,
    Displacement,
    Examples,
    Imitation,
    training_feed,
    validation_feed,
)
from learnet.applications.drive.recording import open_recording, tracks_apart
from learnet.applications.forecast import forecast_sentence, step_seconds
from learnet.core import keras as import_keras
from learnet.training import Trainer
from learnet.training.precision import choose_precision, computing_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from learnet.applications.drive.recording import Recording
    from learnet.options.drive import ImitationConfig
    from learnet.options.training import Precision
    from learnet.training import Feed

_FEW = 8  # moments of a small timed batch
_TIMED_STEPS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """What a network learns from.

    Attributes:
        config: The options.
        train: The training moments.
        validation: The validation moments.
        few: The training moments in small batches, to be timed.
    """

    config: ImitationConfig
    train: Feed
    validation: Feed
    few: Feed

    def network(self, precision: Precision) -> keras.Model:
        """Return PilotNet with the seed's random weights that computes in a precision."""
        import_keras().utils.set_random_seed(self.config.seed)
        with computing_in(precision):
            return new_network()

    def trainer(self, precision: Precision) -> Trainer:
        """Return a network with random weights, ready to be trained in a precision."""
        return Trainer(self.network(precision), config=self.config.training, objective=Imitation())

    def chosen_precision(self, *, say: Callable[[str], None]) -> Precision:
        """Return the precision in which steps are faster, timed on the training moments."""
        return choose_precision(self.trainer, few=self.few.batch(0, 0), whole=lambda: self.train.batch(0, 0), say=say)


def displacement_of(config: ImitationConfig) -> Displacement:
    """Return how far from where it was the car is imagined."""
    if not config.augment:
        return NOWHERE_ELSE
    return Displacement(shift=config.view_shift, rotation=config.view_rotation, limit=config.view_limit)


def make_lesson(recording: Recording, config: ImitationConfig) -> Lesson:
    """Return what a network learns from.

    Raises:
        DataError: If there are too few tracks, or a file is damaged.
    """
    parts = tracks_apart(recording.tracks, share=config.validation_fraction)
    examples, held = (
        Examples([recording.drive(track) for track in tracks], expert=recording.expert) for tracks in parts
    )
    moved, seed, batch_size = displacement_of(config), config.seed, config.batch_size
    return Lesson(
        config=config,
        train=training_feed(examples, displacement=moved, batch_size=batch_size, seed=seed),
        validation=validation_feed(held, displacement=moved, seed=seed),
        few=training_feed(examples, displacement=moved, batch_size=min(_FEW, batch_size), seed=seed),
    )


def plan(config: ImitationConfig) -> dict[str, Any]:
    """Return what ``train_driver`` would do: the sizes of the parts, and how long an epoch would take.

    Args:
        config: The options.

    Raises:
        DataError: If the recording is damaged or too small.
    """
    lesson = make_lesson(open_recording(config.recording), config)
    train, validation = lesson.train, lesson.validation
    batches = [train.batch(0, min(number, train.steps - 1)) for number in range(_TIMED_STEPS)]
    step = step_seconds(lesson.trainer("float32" if config.precision == "auto" else config.precision), batches)
    epoch = step * (train.steps + validation.size / config.batch_size / 3)  # forward only: a third of a step
    return {
        "photos": {"train": train.size, "validation": validation.size},
        "forecast": [forecast_sentence(steps=train.steps, seconds=epoch, epochs=config.epochs)],
    }
