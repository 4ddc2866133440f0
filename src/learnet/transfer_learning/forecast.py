"""What a run will take, told before it begins, and how much of it fits into a limit."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core.text import format_duration
from learnet.data import Part
from learnet.training import Batch, Trainer
from learnet.transfer_learning.budget import (
    FIRST_BUNDLE,
    GUESSED,
    LEAVING,
    MEASURED,
    SECOND_BUNDLE,
    SOLVING,
    TESTING,
    TIMED,
    Budget,
)
from learnet.transfer_learning.cut import find_cut, freeze_statistics, upper_part
from learnet.transfer_learning.fine_tuning import CHECKED_SHARE, classifier_logits, training_of
from learnet.transfer_learning.timing import BASELINES_SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import keras

    from learnet.data import Dataset
    from learnet.options.transfer import TransferConfig
    from learnet.training import TrainingConfig
    from learnet.transfer_learning.timing import Speeds
    from learnet.transfer_learning.weights import LoadedBackbone

_FROZEN = "what stays frozen"
_TIMED_STEPS = 3
_FORWARD = 0.4  # of a step, for validation
_AGAIN = 1 / (1 - CHECKED_SHARE)  # a second training, on all training photos
_SELDOM_ENOUGH = 3  # epochs, with less of which a training seldom beats the head
_FEW = 100  # training photos a class, with less of which the head alone is rarely beaten
_LEAVING = 0.7  # seconds in which a process ends
_COMPUTING_SHARE = 0.5  # of the time that is left may go into computing activations


@dataclass(frozen=True, kw_only=True)
class TrainingCost:
    """What training more than the head takes.

    Attributes:
        step: Seconds of one step.
        starting: Seconds before the first step of a training.
        batch_size: Photos a step.
        epochs: How many there are.
    """

    step: float
    starting: float
    batch_size: int
    epochs: int

    def epoch(self, *, learnt: int, checked: int) -> float:
        """Return the seconds of one epoch and its validation."""
        return self.step * (math.ceil(learnt / self.batch_size) + _FORWARD * checked / self.batch_size)

    def whole(self, *, learnt: int, checked: int, epochs: int | None = None) -> float:
        """Return the seconds of a training, and of the one on all training photos after it."""
        return (1 + _AGAIN) * self.once(learnt=learnt, checked=checked, epochs=epochs)

    def once(self, *, learnt: int, checked: int, epochs: int | None = None) -> float:
        """Return the seconds of a training, of which it is not yet known whether it helps."""
        count = self.epochs if epochs is None else epochs
        return self.starting + count * self.epoch(learnt=learnt, checked=checked)

    def affordable_epochs(self, seconds: float, *, learnt: int, checked: int) -> int:
        """Return how many epochs fit into ``seconds``, both trainings counted, at most as many as there are."""
        left = seconds / (1 + _AGAIN) - self.starting
        return max(0, min(self.epochs, int(left / self.epoch(learnt=learnt, checked=checked))))


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Seconds by stage.

    Attributes:
        stages: Everything that there may be to do.
        costs: Of training more than the head, by mode.
        limit: Seconds that are allowed, or None.
        expected: What is most likely done, and fits into the limit.
        stays: The head alone will most likely be kept, so that much is not done.
        unaffordable: Modes for which there is no time; they are not tried, so that the forecast is kept.
    """

    stages: dict[str, float]
    costs: dict[str, TrainingCost]
    limit: float | None
    expected: float
    stays: bool = False
    unaffordable: frozenset[str] = frozenset()

    @property
    def whole(self) -> float:
        """Everything together, were there no limit."""
        return sum(self.stages.values())

    def describe(self) -> str:
        """Return the forecast as a sentence."""
        parts = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in self.stages.items())
        said = f"Forecast: about {format_duration(self.expected)}."
        if self.limit is not None and self.whole > self.limit:
            said += f" Everything is more than the limit of {format_duration(self.limit)}; what fits into it is done."
        if self.stays:
            said += " With so few photos a class, training more than the head seldom helps; it is tried once."
        return f"{said} Everything: about {format_duration(self.whole)} ({parts})."


def forecast(
    dataset: Dataset, loaded: LoadedBackbone, speeds: Speeds, *, config: TransferConfig, begun: Callable[[], float]
) -> Forecast:
    """Return what a run will take, from timed photos and a few timed steps of training.

    Args:
        dataset: The photos.
        loaded: The backbone; its weights are what they were afterwards.
        speeds: What was timed.
        config: What was asked.
        begun: Returns the seconds since the run's start.
    """
    classes = len(dataset.class_names)
    train, test = part_sizes(dataset, config)
    learnt, checked = divided_training(train)
    costs, trainings = {}, dict[str, float]()
    for mode in {"head": (), "auto": ("partial", "full")}.get(config.mode, (config.mode,)):
        costs[mode] = cost = _cost(mode, loaded, classes=classes, config=config)
        trainings[f"training, {mode}"] = cost.whole(learnt=learnt, checked=checked)
        if mode == "partial":
            trainings[_FROZEN] = speeds.compiling + speeds.computing * train * config.versions
    first = {
        "starting": begun(),
        "looking at the photos": speeds.photos(len(dataset)),
        "the head": speeds.head(),
        "bundle and report": speeds.publishing(),
    }
    last = {}
    if costs:
        first["comparing it with the head"] = speeds.solving()
        last = {"testing what was trained": speeds.testing(test), "its bundle and report": speeds.publishing()}
    few = _FEW * classes
    rehearsal = _Rehearsal(speeds, sizes=_Sizes(photos=len(dataset), train=train, test=test), config=config, few=few)
    expected = rehearsal.run(costs, begun=begun())
    stages = {**first, **trainings, **last}
    return Forecast(
        stages=stages,
        costs=costs,
        limit=config.time_limit,
        expected=expected,
        stays=rehearsal.stays and bool(costs),
        unaffordable=frozenset(rehearsal.unaffordable),
    )


def set_aside(budget: Budget, speeds: Speeds, *, photos: int) -> int:
    """Set time aside for what every run must do after it has looked at its photos; return for how many there is time.

    The fewer photos, the sooner the head is solved: both together take all the time that there is for them.
    """
    budget.expect(FIRST_BUNDLE, speeds.publishing(), doubt=GUESSED)
    budget.expect(LEAVING, _LEAVING, doubt=GUESSED)
    however_few = (1 + GUESSED) * speeds.solving(share=0.0)
    all_of_them = speeds.photos(photos) + (1 + GUESSED) * speeds.solving() - however_few
    share = min(1.0, max(0.0, (budget.left() - however_few) / max(all_of_them, 1e-9)))
    budget.expect(SOLVING, speeds.solving(share=share), doubt=GUESSED)
    return math.ceil(share * photos)


def needed(speeds: Speeds, *, photos: int, few: int) -> float:
    """Return the seconds that a run may take from now on if it looks at so few of its photos, and trains the head."""
    after = speeds.solving(share=few / photos) + speeds.publishing() + _LEAVING
    return speeds.photos(few) + (1 + GUESSED) * after


def versions_in_time(
    budget: Budget,
    cost: TrainingCost,
    *,
    wanted: int,
    learnt: int,
    checked: int,
    photo_seconds: float,
    starting: float,
    again: float,
) -> int:
    """Return how many versions of each photo the time allows, at least one epoch of training on them counted.

    Args:
        budget: What is left.
        cost: Of the training.
        wanted: At most so many.
        learnt: Photos that are learnt from.
        checked: Photos that choose between modes.
        photo_seconds: What computing one takes.
        starting: Seconds before the first of them.
        again: Seconds of training once more what was trained before.
    """
    if budget.limit is None:
        return wanted
    training = (1 + TIMED) * (again + cost.whole(learnt=learnt, checked=checked, epochs=1))
    left = min(_COMPUTING_SHARE * budget.left(), budget.left() - training) - starting
    return max(0, min(wanted, int(left / ((1 + TIMED) * (learnt + checked) * photo_seconds + 1e-9))))


def epochs_in_time(budget: Budget, cost: TrainingCost, *, again: float, learnt: int, checked: int) -> int:
    """Return how many epochs the time allows, ``again`` seconds of training once more what was trained counted."""
    if budget.limit is None:
        return cost.epochs
    return cost.affordable_epochs(budget.left() / (1 + TIMED) - again, learnt=learnt, checked=checked)


@dataclass(frozen=True, kw_only=True)
class _Sizes:
    """How many photos there are in all, how many train, and how many test."""

    photos: int
    train: int
    test: int

    def cut(self, share: float) -> _Sizes:
        return _Sizes(photos=int(share * self.photos), train=int(share * self.train), test=int(share * self.test))


class _Rehearsal:
    """A run played beforehand by the rules of its budget, on a clock that only expectations move.

    Args:
        speeds: What was timed.
        sizes: How much there is to do.
        config: What was asked.
        few: Photos with less of which the head alone will most likely be kept, where modes are chosen.

    Attributes:
        unaffordable: Modes for which there is no time.
    """

    def __init__(self, speeds: Speeds, *, sizes: _Sizes, config: TransferConfig, few: int) -> None:
        self._speeds, self._sizes, self._config, self._few = speeds, sizes, config, few
        self._now = 0.0
        self.unaffordable: set[str] = set()
        self._budget = Budget(start=0.0, limit=config.time_limit, clock=lambda: self._now)

    @property
    def stays(self) -> bool:
        """Whether the head alone will most likely be kept."""
        return self._config.mode == "auto" and self._sizes.train < self._few

    def run(self, costs: Mapping[str, TrainingCost], *, begun: float) -> float:
        """Return the seconds that the run most likely takes, those until now included."""
        speeds, budget = self._speeds, self._budget
        self._now = begun
        share = set_aside(budget, speeds, photos=self._sizes.photos) / self._sizes.photos
        self._now += share * speeds.photos(self._sizes.photos)
        self._sizes = self._sizes.cut(share)
        solving = speeds.solving(share=share)
        with budget.measuring(SOLVING):
            self._now += solving
        if budget.allows(BASELINES_SHARE * solving, doubt=GUESSED):
            self._now += BASELINES_SHARE * solving
        with budget.measuring(FIRST_BUNDLE):
            self._now += speeds.publishing()
        if costs:
            self._train(costs, solving=solving)
        return self._now + _LEAVING

    def _train(self, costs: Mapping[str, TrainingCost], *, solving: float) -> None:
        """Pass the time for what is trained besides the head; all of it is kept, or nothing."""
        budget, speeds, sizes = self._budget, self._speeds, self._sizes
        budget.expect(SECOND_BUNDLE, speeds.publishing(), doubt=MEASURED)
        budget.expect(TESTING, speeds.testing(sizes.test), doubt=TIMED)
        if not budget.allows(solving, doubt=MEASURED):
            self.unaffordable |= costs.keys()
            return
        self._now += (1 - CHECKED_SHARE) * solving
        again, (learnt, checked) = 0.0, divided_training(sizes.train)
        for mode, cost in costs.items():
            epochs = self._epochs(mode, cost, again=again)
            if not epochs:
                self.unaffordable.add(mode)
                break
            once = cost.once(learnt=learnt, checked=checked, epochs=epochs)
            self._now += once
            if self.stays or (self._config.mode == "auto" and epochs < _SELDOM_ENOUGH):
                break
            again += _AGAIN * once
        if not again:
            return
        if budget.allows(again, doubt=MEASURED):
            self._now += again
        self._now += speeds.testing(sizes.test) + speeds.publishing()

    def _epochs(self, mode: str, cost: TrainingCost, *, again: float) -> int:
        """Pass the time for what a training is fed; return how many epochs there is time for."""
        speeds, train = self._speeds, self._sizes.train
        learnt, checked = divided_training(train)
        versions = versions_in_time(
            self._budget,
            cost,
            wanted=self._config.versions if mode == "partial" else 1,
            learnt=learnt,
            checked=checked,
            photo_seconds=speeds.computing,
            starting=speeds.compiling,
            again=again,
        )
        if not (train and versions):
            return 0
        self._now += versions * train * speeds.computing + (speeds.compiling if mode == "partial" else 0.0)
        return epochs_in_time(self._budget, cost, again=again, learnt=learnt, checked=checked)


def divided_training(train: int) -> tuple[int, int]:
    """Return how many of the photos that train are learnt from, and how many choose between modes."""
    return round(train * (1 - CHECKED_SHARE)), round(train * CHECKED_SHARE)


def part_sizes(dataset: Dataset, config: TransferConfig) -> tuple[int, int]:
    """Return roughly how many photos train and test."""
    given = np.isin(dataset.parts, (Part.TEST, Part.VAL))
    if given.any():
        return int((~given).sum()), int(given.sum())
    count = len(dataset)
    if config.train_per_class is None:
        return round(count * (1 - config.test_fraction)), round(count * config.test_fraction)
    train = int(np.minimum(np.bincount(dataset.labels), config.train_per_class).sum())
    return train, count - train


def _cost(mode: str, loaded: LoadedBackbone, *, classes: int, config: TransferConfig) -> TrainingCost:
    if mode == "partial":
        cut = find_cut(loaded.model, config.unfreeze)
        model = classifier_logits(upper_part(loaded.model, cut), classes=classes)
        shape, kind = cut.tensor.shape[1:], "float16"
    else:
        model = classifier_logits(loaded.model, classes=classes)
        shape, kind = loaded.model.input.shape[1:], "uint8"
    how = training_of(mode, config, spec=loaded.input_spec)
    freeze_statistics(model)
    fed = np.ones((how.batch_size, *(int(side) for side in shape)), kind)
    starting, step = time_steps(model, fed, how, classes=classes)
    return TrainingCost(step=step, starting=starting, batch_size=how.batch_size, epochs=how.epochs)


def time_steps(
    model: keras.Model, fed: np.ndarray[Any, Any], how: TrainingConfig, *, classes: int
) -> tuple[float, float]:
    """Return the seconds before a training's first step, and of a step; no weight changes."""
    begin = time.perf_counter()
    trainer = Trainer(model, config=how, fed=str(fed.dtype))
    targets = np.full((len(fed), classes), 1 / classes, np.float32)
    batch = Batch(inputs=fed, targets=targets, weights=np.ones(len(fed), np.float32), rows=np.arange(len(fed)))
    trainer.step(batch, number=0, learning_rate=0.0)
    starting = time.perf_counter() - begin
    seconds = []
    for number in range(1, 1 + _TIMED_STEPS):
        begin = time.perf_counter()
        trainer.step(batch, number=number, learning_rate=0.0)
        seconds.append(time.perf_counter() - begin)
    return starting, float(np.median(seconds))
