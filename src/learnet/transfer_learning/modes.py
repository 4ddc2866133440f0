"""How much of a network is trained: as asked for, or as far as photos held back show that it helps."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError
from learnet.data import Part, stream_photos
from learnet.evaluation import (
    BaselineRow,
    choose_threshold,
    fit_temperature,
    measure,
    paired_test,
    softmax,
)
from learnet.inference import Predictor
from learnet.transfer_learning.fine_tuning import (
    AllLayers,
    State,
    UpperLayers,
    divide_training,
    readable,
    training_of,
    tune,
)
from learnet.transfer_learning.head import solve_head

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.evaluation import Paired
    from learnet.runs import Study
    from learnet.training import Fitted
    from learnet.transfer_learning.config import TransferConfig
    from learnet.transfer_learning.fine_tuning import Inner, Trainable, Tuned
    from learnet.transfer_learning.forecast import TrainingCost
    from learnet.transfer_learning.head import HeadResult
    from learnet.transfer_learning.study import Divided
    from learnet.transfer_learning.weights import LoadedBackbone

_COMPUTING_SHARE = 0.5  # of the time that is left may go into computing activations


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen:
    """What came of training more than the head.

    Attributes:
        mode: ``"head"`` if nothing else was better.
        reason: Why, with its numbers, as sentences.
        state: The network; None for ``"head"``.
        check_logits: float32 ``(m, k)`` of the photos that calibrate it.
        check: int ``(m,)``, their rows.
        facts: What the report should say.
        details: What the run's record should say.
    """

    mode: str
    reason: str
    state: State | None = None
    check_logits: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    check: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    facts: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Step:
    """One mode that was tried."""

    trainable: Trainable
    tuned: Tuned
    comparison: Paired


class Climb:
    """Head first, then the upper layers, then all.

    Args:
        divided: The photos.
        loaded: The backbone, with its pretrained weights.
        solved: The head on the whole training part.
        config: What was asked.
        limit_bytes: What cached activations may take.
        folder: Of the run.
        progress: Where to tell how it goes.
        costs: Of each mode's training.
        photo_seconds: What computing a photo's activations takes.
        deadline: When the last training is to have ended, by ``time.perf_counter``; None for no limit.
    """

    def __init__(
        self,
        divided: Divided,
        loaded: LoadedBackbone,
        solved: HeadResult,
        *,
        config: TransferConfig,
        limit_bytes: int,
        folder: Path,
        progress: Progress,
        costs: Mapping[str, TrainingCost],
        photo_seconds: float,
        deadline: float | None = None,
    ) -> None:
        self._divided, self._loaded, self._config = divided, loaded, config
        self._limit, self._folder, self._progress = limit_bytes, folder, progress
        self._costs, self._photo_seconds, self._deadline = costs, photo_seconds, deadline
        self._pretrained = loaded.model.get_weights()
        self._final_head = self._state(solved)
        self._said: list[str] = []

    def run(self) -> Chosen:
        """Try what was asked for; return what is kept."""
        config = self._config
        try:
            inner = divide_training(self._divided, seed=config.seed)
        except DataError as error:
            return self._stay(str(error))
        head = self._head_on(inner)
        right = head.measured_probabilities.argmax(axis=1) == self._divided.labels[inner.check]
        self._say(f"The head alone answers {right.mean():.1%} of {len(right)} held-back training photos rightly.")
        begin = self._state(head)
        kept: list[_Step] = []
        for mode in ("partial", "full") if config.mode == "auto" else (config.mode,):
            versions, epochs = self._affordable(mode, inner)
            if not versions or not epochs:
                self._say(f"There is no time left for --mode {mode}.")
                break
            step = self._try(mode, inner, begin, right, versions=versions, epochs=epochs)
            if config.mode == "auto" and not step.comparison.better:
                self._say("That is no significant rise: nothing more is trained.")
                break
            kept.append(step)
            begin = step.tuned.state
            right = step.tuned.check_logits.argmax(axis=1) == self._divided.labels[inner.check]
        return self._keep(kept, inner) if kept else self._stay("")

    def _head_on(self, inner: Inner) -> HeadResult:
        divided = self._divided
        return solve_head(
            divided.values,
            divided.labels,
            classes=divided.classes,
            rows=inner.learn,
            validation_rows=inner.check,
            groups=divided.groups,
            balance=self._config.balance,
            seed=self._config.seed,
            progress=self._progress,
        )

    def _affordable(self, mode: str, inner: Inner) -> tuple[int, int]:
        """Return how many versions of each photo, and how many epochs, the time that is left allows."""
        cost, wanted = self._costs[mode], self._config.versions if mode == "partial" else 1
        if self._deadline is None:
            return wanted, cost.epochs
        left, taught = self._deadline - time.perf_counter(), self._taught(inner)
        versions = max(0, min(wanted, int(_COMPUTING_SHARE * left / (taught * self._photo_seconds + 1e-9))))
        left -= (versions if mode == "partial" else 0) * taught * self._photo_seconds
        return versions, cost.affordable_epochs(left, learnt=len(inner.learn), checked=len(inner.check))

    def _try(
        self, mode: str, inner: Inner, begin: State, right: NDArray[np.bool_], *, versions: int, epochs: int
    ) -> _Step:
        trainable = self._trainable(mode, versions=versions)
        how = replace(training_of(mode, self._config, spec=self._loaded.input_spec), epochs=epochs)
        tuned = tune(
            trainable,
            self._divided,
            self._loaded,
            inner,
            begin=begin,
            how=how,
            folder=self._folder / mode,
            progress=self._progress,
            deadline=self._deadline,
        )
        now = tuned.check_logits.argmax(axis=1) == self._divided.labels[inner.check]
        comparison = paired_test(right, now, seed=self._config.seed)
        self._say(f"--mode {mode}: {now.mean():.1%}, which is {comparison.describe()}.")
        return _Step(trainable=trainable, tuned=tuned, comparison=comparison)

    def _keep(self, steps: list[_Step], inner: Inner) -> Chosen:
        kept, tuned = steps[-1], steps[-1].tuned
        fitted, state, mode = [tuned.fitted], tuned.state, kept.trainable.mode
        again = sum(step.tuned.fitted.seconds for step in steps) * self._taught(inner) / len(inner.learn)
        if not inner.given and self._time_for(1.15 * again):
            last = self._on_everything(steps, inner)
            fitted.append(last.fitted)
            state = last.state
        return Chosen(
            mode=mode,
            reason=" ".join(self._said),
            state=state,
            check_logits=tuned.check_logits,
            check=inner.check,
            facts={**kept.trainable.facts(), "Epochs": _told(fitted)},
            details={
                "epochs": len(tuned.fitted.history),
                "best_epoch": tuned.fitted.best_epoch,
                "trained_on_everything": len(fitted) > 1,
                "train_seconds": round(sum(each.seconds for each in fitted), 3),
                "epoch_seconds": round(tuned.fitted.seconds / len(tuned.fitted.history), 3),
                "waited_share": round(tuned.fitted.waited_share, 5),
                "comparison": kept.comparison.to_json(),
            },
        )

    def _on_everything(self, steps: list[_Step], inner: Inner) -> Tuned:
        """Go the same way once more, now on all training photos, as many epochs as there were."""
        begin = self._final_head
        for step in steps:
            mode = step.trainable.mode
            how = training_of(mode, self._config, spec=self._loaded.input_spec)
            last = tune(
                step.trainable,
                self._divided,
                self._loaded,
                inner,
                begin=begin,
                how=replace(how, epochs=len(step.tuned.fitted.history)),
                folder=self._folder / f"{mode}-all",
                progress=self._progress,
                deadline=self._deadline,
                everything=True,
            )
            begin = last.state
        return last

    def _trainable(self, mode: str, *, versions: int) -> Trainable:
        if mode == "full":
            return AllLayers(self._divided, self._loaded, progress=self._progress)
        return UpperLayers(
            self._divided,
            self._loaded,
            config=replace(self._config, versions=versions),
            limit_bytes=self._limit,
            progress=self._progress,
        )

    def _stay(self, reason: str) -> Chosen:
        if reason:
            self._say(reason)
        self._loaded.model.set_weights(self._pretrained)
        return Chosen(mode="head", reason=" ".join(self._said))

    def _state(self, head: HeadResult) -> State:
        return State(weights=self._pretrained, kernel=head.head.kernel, bias=head.head.bias)

    def _taught(self, inner: Inner) -> int:
        return len(inner.learn) + len(inner.check)

    def _time_for(self, seconds: float) -> bool:
        return self._deadline is None or time.perf_counter() + seconds < self._deadline

    def _say(self, sentence: str) -> None:
        self._said.append(sentence)
        self._progress.say(sentence)


def measure_chosen(
    chosen: Chosen, made: Study, divided: Divided, loaded: LoadedBackbone, *, config: TransferConfig, progress: Progress
) -> tuple[Study, Any]:
    """Calibrate a trained network and measure it on the test part.

    Args:
        chosen: With a network.
        made: The head's study, of which everything that is not about the network is kept.
        divided: The photos.
        loaded: The backbone; gets the network's weights.
        config: What was asked.
        progress: Where to tell how it goes.

    Returns:
        What was measured, and the network from images to calibrated probabilities.
    """
    if chosen.state is None:
        raise AssertionError("only a trained network is measured")
    loaded.model.set_weights(chosen.state.weights)
    known = divided.labels[chosen.check]
    temperature = fit_temperature(chosen.check_logits, known)
    held = softmax(chosen.check_logits, temperature=temperature)
    model = loaded.classifier(
        chosen.state.kernel / np.float32(temperature), chosen.state.bias / np.float32(temperature)
    )
    test = divided.rows(Part.TEST)
    probabilities = np.empty((len(test), divided.classes), np.float32)
    photos = stream_photos(divided.dataset.source, divided.order[test].tolist(), spec=loaded.input_spec)
    with progress.stage("Testing", len(test)) as task:
        images = (readable(photo, divided.dataset) for photo in photos)
        for row, answer in zip(probabilities, Predictor.compile(model).stream(images), strict=True):
            row[:] = answer
            task.advance()
    metrics = measure(probabilities, divided.labels[test], seed=config.seed, class_count=divided.classes)
    head = BaselineRow(
        name="the head alone, on frozen features",
        accuracy=made.metrics.accuracy,
        mean_class_recall=made.metrics.mean_class_recall,
        accuracy_interval=made.metrics.accuracy_interval,
    )
    study = replace(
        made,
        temperature=temperature,
        threshold=choose_threshold(held.max(axis=1), held.argmax(axis=1) == known),
        foreign_auroc=None,
        probabilities=probabilities,
        metrics=metrics,
        baselines=(*made.baselines, head),
    )
    return study, model


def _told(fitted: list[Fitted]) -> str:
    first = fitted[0]
    told = f"{len(first.history)}, of which epoch {first.best_epoch} was the best. {first.reason}"
    return told + (" Then as many on all training photos." if len(fitted) > 1 else "")
