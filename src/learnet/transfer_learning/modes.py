"""How much of a network is trained: as asked for, or as far as photos held back show that it helps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError
from learnet.evaluation import paired_test
from learnet.training.checkpoint import Checkpoint, has_checkpoint
from learnet.transfer_learning.budget import MEASURED, SOLVING, OutOfTime
from learnet.transfer_learning.fine_tuning import (
    AllLayers,
    State,
    UpperLayers,
    divide_training,
    faster_precision,
    outcome_of,
    restore,
    training_of,
    tune,
)
from learnet.transfer_learning.forecast import epochs_in_time, versions_in_time
from learnet.transfer_learning.head import solve_head
from learnet.transfer_learning.timing import LAST_SOLUTION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.evaluation import Paired
    from learnet.options.training import Precision
    from learnet.options.transfer import TransferConfig
    from learnet.training import Fitted, TrainingConfig
    from learnet.transfer_learning.budget import Budget
    from learnet.transfer_learning.fine_tuning import Inner, Trainable, Tuned
    from learnet.transfer_learning.forecast import TrainingCost
    from learnet.transfer_learning.head import HeadResult
    from learnet.transfer_learning.journal import Journal
    from learnet.transfer_learning.study import Divided
    from learnet.transfer_learning.weights import LoadedBackbone


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen:
    """What came of training more than the head.

    Attributes:
        mode: ``"head"`` if nothing else was better.
        reason: Why, with its numbers, as sentences.
        state: The network; None for ``"head"``.
        check_logits: float32 ``(m, k)`` of the photos that calibrate it.
        check: int ``(m,)``, their rows.
        finding: What the owner should know: that what was asked for was not the best; else empty.
        facts: What the report should say.
        details: What the run's record should say.
    """

    mode: str
    reason: str
    state: State | None = None
    check_logits: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    check: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    finding: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Step:
    """One mode that was tried."""

    trainable: Trainable
    tuned: Tuned
    facts: dict[str, str]
    accuracy: float
    comparison: Paired


class Climb:
    """Head first, then the upper layers, then all.

    Args:
        divided: The photos.
        loaded: The backbone, with its pretrained weights.
        solved: The head on the whole training part.
        config: What was asked.
        limit_bytes: What cached activations may take.
        journal: Of the run: what an earlier process has done is taken over, and what is done is noted.
        progress: Where to tell how it goes.
        costs: Of each mode's training.
        unaffordable: Modes for which the forecast has found no time.
        photo_seconds: What computing a photo's activations takes.
        starting: Seconds before the first of them.
        budget: All that must follow the last training is set aside.
    """

    def __init__(
        self,
        divided: Divided,
        loaded: LoadedBackbone,
        solved: HeadResult,
        *,
        config: TransferConfig,
        limit_bytes: int,
        journal: Journal,
        progress: Progress,
        costs: Mapping[str, TrainingCost],
        unaffordable: Collection[str] = (),
        photo_seconds: float,
        starting: float,
        budget: Budget,
    ) -> None:
        self._divided, self._loaded, self._config = divided, loaded, config
        self._limit, self._journal, self._progress = limit_bytes, journal, progress
        self._costs, self._photo_seconds, self._starting = costs, photo_seconds, starting
        self._budget, self._unaffordable = budget, unaffordable
        self._pretrained = loaded.model.get_weights()
        self._solved = solved
        self._said: list[str] = []

    def run(self) -> Chosen:
        """Try what was asked for; return what is kept."""
        config = self._config
        try:
            inner = divide_training(self._divided, seed=config.seed)
        except DataError as error:
            return self._stay(str(error))
        if not self._budget.allows(self._budget.took(SOLVING), doubt=MEASURED):
            return self._stay("There is no time left to train more than the head.")
        begin, right = self._head_on(inner)
        self._say(f"The head alone answers {right.mean():.1%} of {len(right)} held-back training photos rightly.")
        kept: list[_Step] = []
        for mode in ("partial", "full") if config.mode == "auto" else (config.mode,):
            step = self._try(mode, inner, begin, right, before=kept)
            if step is None:
                break
            if config.mode != "auto":
                return self._judge(step, inner, head=float(right.mean()))
            if not step.comparison.better:
                self._say("That is no significant rise: nothing more is trained.")
                break
            kept.append(step)
            begin = step.tuned.state
            right = step.tuned.check_logits.argmax(axis=1) == self._divided.labels[inner.check]
        return self._keep(kept, inner) if kept else self._stay("")

    def _judge(self, step: _Step, inner: Inner, *, head: float) -> Chosen:
        """Keep what was asked for, unless the head alone is better on what was held back."""
        if step.accuracy >= head:
            return self._keep([step], inner)
        numbers = f"{step.accuracy:.1%} of the held-back training photos against {head:.1%} of the head alone"
        if self._config.keep_mode:
            return self._keep([step], inner, finding=f"What --mode {self._config.mode} trained is worse: {numbers}.")
        return self._stay(
            f"The head alone is saved, as what --mode {self._config.mode} trained is worse: {numbers}. --keep-mode "
            "saves it all the same.",
            finding=True,
        )

    def _head_on(self, inner: Inner) -> tuple[State, NDArray[np.bool_]]:
        """Return the network with a head that has not learnt the rows to check, and which of them it answers rightly.

        Both heads, of these rows and of all, are kept for a resumption.
        """
        kept = self._journal.kept("compared", lambda: self._solve(inner))
        self._final_head = self._state(kept.arrays["final_kernel"], kept.arrays["final_bias"])
        begin = self._state(kept.arrays["kernel"], kept.arrays["bias"])
        return begin, kept.arrays["answers"] == self._divided.labels[inner.check]

    def _solve(self, inner: Inner) -> Checkpoint:
        divided = self._divided
        solved = solve_head(
            divided.values,
            divided.labels,
            classes=divided.classes,
            rows=inner.learn,
            validation_rows=inner.check,
            groups=divided.groups,
            balance=self._config.balance,
            seed=self._config.seed,
            progress=self._progress,
            is_late=lambda: self._budget.left() < LAST_SOLUTION * self._budget.expected(SOLVING),
        )
        arrays = {
            "kernel": solved.head.kernel,
            "bias": solved.head.bias,
            "answers": solved.measured_probabilities.argmax(axis=1),
            "final_kernel": self._solved.head.kernel,
            "final_bias": self._solved.head.bias,
        }
        return Checkpoint(arrays=arrays, notes={})

    def _try(
        self, mode: str, inner: Inner, begin: State, right: NDArray[np.bool_], *, before: list[_Step]
    ) -> _Step | None:
        """Train in one mode; return None if there is no time for it."""
        versions = self._decided(f"{mode}, versions", lambda: self._versions(mode, inner, before))
        if not versions:
            self._no_time(mode)
            return None
        trainable = self._trainable(mode, versions=versions)
        done = self._journal.outcome(mode)
        if done is not None:
            folder = self._journal.folder / mode
            tuned = restore(trainable, self._loaded, begin=begin, folder=folder, outcome=done)
            facts = dict(done.notes["facts"])
        else:
            try:
                trainable.examples(np.concatenate([inner.learn, inner.check]))
            except OutOfTime as error:
                self._say(str(error))
                return None
            epochs = self._decided(f"{mode}, epochs", lambda: self._epochs(mode, inner, before))
            if not epochs:
                self._no_time(mode)
                return None
            tuned = self._tuned(mode, trainable, inner, begin=begin, epochs=epochs)
            facts = trainable.facts()
        now = tuned.check_logits.argmax(axis=1) == self._divided.labels[inner.check]
        comparison = paired_test(right, now, seed=self._config.seed)
        self._say(f"--mode {mode}: {now.mean():.1%}, which is {comparison.describe()}.")
        return _Step(trainable=trainable, tuned=tuned, facts=facts, accuracy=float(now.mean()), comparison=comparison)

    def _tuned(
        self, mode: str, trainable: Trainable, inner: Inner, *, begin: State, epochs: int, everything: bool = False
    ) -> Tuned:
        """Train, going on from what an earlier process has trained; what came of it is noted."""
        stage = f"{mode}-all" if everything else mode
        folder = self._journal.folder / stage
        done = self._journal.outcome(stage)
        if done is not None:
            return restore(trainable, self._loaded, begin=begin, folder=folder, outcome=done)
        tuned = tune(
            trainable,
            self._divided,
            self._loaded,
            inner,
            begin=begin,
            how=self._training(mode).replace(epochs=epochs),
            folder=folder,
            progress=self._progress,
            deadline=self._budget.until(),
            everything=everything,
            resume=has_checkpoint(folder),
        )
        outcome = outcome_of(tuned)
        notes = {**outcome.notes, "facts": trainable.facts()}
        self._journal.close(stage, replace(outcome, notes=notes))
        return tuned

    def _versions(self, mode: str, inner: Inner, before: list[_Step]) -> int:
        """Return how many versions of each photo the time that is left allows; of ``"full"`` whether one is decoded."""
        wanted = self._config.versions if mode == "partial" else 1
        if mode in self._unaffordable:
            return 0
        return versions_in_time(
            self._budget,
            self._costs[mode],
            wanted=wanted,
            learnt=len(inner.learn),
            checked=len(inner.check),
            photo_seconds=self._photo_seconds,
            starting=self._starting,
            again=self._again_all(before, inner),
        )

    def _epochs(self, mode: str, inner: Inner, before: list[_Step]) -> int:
        """Return how many epochs the time that is left allows, what is to be trained again counted."""
        return epochs_in_time(
            self._budget,
            self._costs[mode],
            again=self._again_all(before, inner),
            learnt=len(inner.learn),
            checked=len(inner.check),
        )

    def _decided(self, name: str, decide: Callable[[], int]) -> int:
        """Return what an earlier process decided; else decide now, and note it unless it is nothing."""
        known = self._journal.known(name)
        if known is not None:
            return int(known)
        value = decide()
        if value:
            self._journal.decide(name, value)
        return value

    def _keep(self, steps: list[_Step], inner: Inner, *, finding: str = "") -> Chosen:
        kept, tuned = steps[-1], steps[-1].tuned
        if finding:
            self._say(f"{finding} It is saved, as --keep-mode asks for it.")
        fitted, state = [tuned.fitted], tuned.state
        if not inner.given and self._decided("again", lambda: self._has_time_again(steps, inner)):
            try:
                last = self._on_everything(steps, inner)
            except OutOfTime as error:
                self._say(str(error))
            else:
                fitted.append(last.fitted)
                state = last.state
        return Chosen(
            mode=kept.trainable.mode,
            reason=" ".join(self._said),
            state=state,
            check_logits=tuned.check_logits,
            check=inner.check,
            finding=finding,
            facts={**kept.facts, "Epochs": _told(fitted)},
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
        self._progress.say(
            "Now the same on all training photos, those held back included: what is said of the validation below is of "
            "photos that are learnt."
        )
        for step in steps:
            epochs, mode = len(step.tuned.fitted.history), step.trainable.mode
            last = self._tuned(mode, step.trainable, inner, begin=begin, epochs=epochs, everything=True)
            begin = last.state
        return last

    def _has_time_again(self, steps: list[_Step], inner: Inner) -> bool:
        return self._budget.allows(self._again_all(steps, inner), doubt=MEASURED)

    def _again_all(self, steps: list[_Step], inner: Inner) -> float:
        """Return the seconds of training once more what was trained, on all training photos."""
        more = (len(inner.learn) + len(inner.check)) / len(inner.learn)
        return more * sum(step.tuned.fitted.seconds for step in steps)

    def _training(self, mode: str) -> TrainingConfig:
        return training_of(mode, self._config, spec=self._loaded.input_spec)

    def _trainable(self, mode: str, *, versions: int) -> Trainable:
        made: Trainable
        if mode == "full":
            precision = self._precision()
            made = AllLayers(self._divided, self._loaded, precision=precision, progress=self._progress)
        else:
            made = UpperLayers(
                self._divided,
                self._loaded,
                config=self._config.replace(versions=versions),
                limit_bytes=self._limit,
                progress=self._progress,
            )
        made.is_late = lambda: self._budget.left() < 0
        return made

    def _precision(self) -> Precision:
        """Return in which numbers all layers are trained; a resumption takes what was decided."""
        if self._config.precision != "auto":
            return self._config.precision
        chosen: Precision | None = self._journal.known("precision")
        if chosen is None:
            how = self._training("full")
            chosen = faster_precision(self._divided, self._loaded, how=how, progress=self._progress)
            self._journal.decide("precision", chosen)
        return chosen

    def _stay(self, reason: str, *, finding: bool = False) -> Chosen:
        if reason:
            self._say(reason)
        self._loaded.model.set_weights(self._pretrained)
        return Chosen(mode="head", reason=" ".join(self._said), finding=reason if finding else "")

    def _no_time(self, mode: str) -> None:
        self._say(f"There is no time left for --mode {mode}.")

    def _state(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> State:
        return State(weights=self._pretrained, kernel=kernel, bias=bias)

    def _say(self, sentence: str) -> None:
        self._said.append(sentence)
        self._progress.say(sentence)


def _told(fitted: list[Fitted]) -> str:
    first = fitted[0]
    told = f"{len(first.history)}, of which epoch {first.best_epoch} was the best. {first.reason}"
    return told + (" Then as many on all training photos." if len(fitted) > 1 else "")
