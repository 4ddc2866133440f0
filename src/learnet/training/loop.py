"""The training loop: epochs, validation, best weights, early stopping, checkpoints, and going on after a kill."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from learnet.core import LearnetError, Silent, UsageError
from learnet.core.runs import write_table
from learnet.training.checkpoint import (
    Checkpoint,
    has_checkpoint,
    load_best,
    load_checkpoint,
    save_best,
    save_checkpoint,
)
from learnet.training.schedules import learning_rate
from learnet.training.step import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.options.training import TrainingConfig
    from learnet.training.feed import Batch, Feed
    from learnet.training.objective import Objective

_FED = "feed/"  # before the names of its arrays in a checkpoint
_CHECKPOINT_SHARE = 0.02  # of the time may go into checkpoints


@dataclass(frozen=True, kw_only=True)
class EpochRow:
    """One line of the history.

    Attributes:
        epoch: From 1.
        loss: Mean loss of an answer in the epoch's steps, with penalties.
        accuracy: Share of right answers to the training examples that were taken, as augmented.
        val_loss: Mean loss of an answer to the validation examples, without penalties.
        val_accuracy: Share of right answers to the validation examples.
        learning_rate: Of the epoch's last step.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What training gave; the model holds the best weights.

    Attributes:
        history: One row an epoch, those of interrupted processes included.
        best_epoch: The epoch, from 1, whose weights were kept: the smallest validation loss.
        reason: Why training stopped, as a sentence.
        seconds: Of this process.
        waited_share: Share of that time in which a step waited for its batch.
        jit: Whether XLA was used.
    """

    history: tuple[EpochRow, ...]
    best_epoch: int
    reason: str
    seconds: float
    waited_share: float
    jit: bool


@dataclass(kw_only=True)
class _Position:
    """Where the training stands; with the states of ``Trainer`` and ``Feed`` it is all that there is to know."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    right: int = 0
    seen: int = 0
    best_epoch: int = 0
    jit: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


class NotANumberError(LearnetError):
    """The loss became NaN or infinite.

    Attributes:
        rows: Which training examples the batch held.
    """

    def __init__(self, sentence: str, rows: NDArray[np.int64]) -> None:
        super().__init__(sentence)
        self.rows = rows


def fit_feed(
    model: keras.Model,
    train: Feed,
    validation: Feed,
    *,
    config: TrainingConfig,
    folder: Path,
    objective: Objective | None = None,
    names: Sequence[str] = (),
    auxiliary_weights: Sequence[float] = (),
    fed: str | None = None,
    resume: bool = False,
    deadline: float | None = None,
    on_epoch: Callable[[EpochRow], None] | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Train a network on what a feed makes and leave the weights of its best epoch in it; ``fit`` is its commonest use.

    Killed at any moment and called again with ``resume=True``, it ends with the same weights and the same history, bit
    for bit, as if it had not been killed, on the same machine and libraries.

    Args:
        model: From inputs to an output that ``objective`` measures, or to a list whose first entry is the answer.
        train: Training examples.
        validation: For choosing the best epoch; never trained on. Its epoch 0 is used.
        config: How it is trained. What concerns batches (their size, augmentation, smoothing, class weights) is the
            feed's affair.
        folder: Of the run; gets ``checkpoint.safetensors``, ``best.safetensors`` and ``history.csv``.
        objective: What is minimised; the loss of ``config`` of a classifier's logits if not given.
        names: What the training examples are called, for errors; their numbers if not given.
        auxiliary_weights: What the loss of each further output counts.
        fed: The type of what the network is fed with; its inputs' own types if not given.
        resume: Go on from the checkpoint in ``folder``.
        deadline: The reading of ``time.perf_counter`` by which training is to have ended, its last validation
            included; what was not trained by then is left out.
        on_epoch: Called after each epoch.
        progress: Where to tell how it goes.

    Returns:
        What came of it.

    Raises:
        UsageError: If the network has nothing to train, or the run was begun with another configuration.
        NotANumberError: If the loss is NaN or infinite; the batch is named.
        LearnetError: If there is nothing to resume from.
    """
    progress = Silent() if progress is None else progress
    trainer = Trainer(model, config=config, objective=objective, auxiliary_weights=auxiliary_weights, fed=fed)
    folder.mkdir(parents=True, exist_ok=True)
    loop = _Loop(trainer, train, validation, config=config, folder=folder, names=names, progress=progress)
    loop.on_epoch, loop.deadline = on_epoch, deadline
    if resume:
        loop.go_back(load_checkpoint(folder))
    elif config.jit == "auto":
        trainer.choose_jit(train.batch(0, 0), say=progress.say)
    return loop.run(model)


class _Loop:
    def __init__(
        self,
        trainer: Trainer,
        feed: Feed,
        validation: Feed,
        *,
        config: TrainingConfig,
        folder: Path,
        names: Sequence[str],
        progress: Progress,
    ) -> None:
        self._trainer, self._feed, self._validation = trainer, feed, validation
        self._config, self._folder, self._names, self._progress = config, folder, names, progress
        self._at = _Position(jit=trainer.jit)
        self._saved = time.perf_counter()
        self._interval = config.checkpoint_seconds
        self._validating = 0.0  # seconds that it took the last time
        self._step_seconds = 0.0
        self.on_epoch: Callable[[EpochRow], None] | None = None
        self.deadline: float | None = None

    def go_back(self, checkpoint: Checkpoint) -> None:
        """Stand where ``checkpoint`` stood."""
        begun = checkpoint.notes["config"]
        if begun != _comparable(self._config):
            changed = [name for name, value in _comparable(self._config).items() if begun.get(name) != value]
            raise UsageError(
                f"The run was begun with another {', '.join(changed)}. Resume it with the same arguments, or begin a "
                "new one."
            )
        fed = {name: array for name, array in checkpoint.arrays.items() if name.startswith(_FED)}
        self._feed.restore({name.removeprefix(_FED): array for name, array in fed.items()})
        self._trainer.restore({name: array for name, array in checkpoint.arrays.items() if name not in fed})
        self._at = _Position(**checkpoint.notes["position"])
        self._trainer.fix_jit(jit=self._at.jit)

    def run(self, model: keras.Model) -> Fitted:
        """Train until the epochs are done or the validation loss falls no more."""
        start = time.perf_counter()
        self._at.jit = self._trainer.jit
        while (reason := self._reason_to_stop()) is None:
            self._epoch()
        seconds = time.perf_counter() - start
        model.set_weights(load_best(self._folder))
        return Fitted(
            history=tuple(EpochRow(**row) for row in self._at.history),
            best_epoch=self._at.best_epoch,
            reason=reason,
            seconds=seconds,
            waited_share=self._feed.waited / max(seconds, 1e-9),
            jit=self._trainer.jit,
        )

    def _reason_to_stop(self) -> str | None:
        done, patience = len(self._at.history), self._config.patience
        if done >= self._config.epochs:
            return f"All {done} epochs were trained."
        if done and self._time_is_up():
            return f"The time was up after {done} of {self._config.epochs} epochs."
        if patience is not None and done and done - self._lowest_epoch() >= patience:
            return f"The validation loss has not fallen for {patience} epochs."
        return None

    def _lowest_epoch(self) -> int:
        """Return the epoch, from 1, with the smallest validation loss; with ``keep_last`` another one is kept."""
        losses = [row["val_loss"] for row in self._at.history]
        return losses.index(min(losses)) + 1

    def _epoch(self) -> None:
        at, steps = self._at, self._feed.steps
        with self._progress.stage(f"Epoch {at.epoch + 1}/{self._config.epochs}", steps - at.step) as task:
            for batch in self._feed.epoch(at.epoch, start=at.step):
                self._step(batch)
                task.advance()
                if self._time_is_up():
                    break
        self._end_epoch()
        self._save()

    def _time_is_up(self) -> bool:
        return self.deadline is not None and time.perf_counter() + self._ahead() > self.deadline

    def _ahead(self) -> float:
        """Return the seconds that one more step and the validation after it will take."""
        steps = self._validation.size / self._feed.size * self._feed.steps
        unknown = self._step_seconds * steps  # a bound: forward only
        return self._step_seconds + (self._validating or unknown)

    def _step(self, batch: Batch) -> None:
        at, steps, start = self._at, self._feed.steps, time.perf_counter()
        number = at.epoch * steps + at.step
        rate = learning_rate(self._config, number, steps_per_epoch=steps)
        result = self._trainer.step(batch, number=number, learning_rate=rate)
        if not math.isfinite(result.loss):
            raise self._not_a_number(batch, result.loss)
        self._feed.note(batch, result.losses)
        at.loss_sum += result.loss * result.answers
        at.right += result.right
        at.seen += result.answers
        at.step += 1
        self._step_seconds = time.perf_counter() - start
        if at.step < steps and time.perf_counter() - self._saved >= self._interval:
            self._save()

    def _end_epoch(self) -> None:
        at = self._at
        best_weights = self._trainer.weights()
        val_loss, val_accuracy = self._validate(best_weights)
        rate = learning_rate(self._config, at.epoch * self._feed.steps + at.step - 1, steps_per_epoch=self._feed.steps)
        row = EpochRow(
            epoch=at.epoch + 1,
            loss=at.loss_sum / at.seen,
            accuracy=at.right / at.seen,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            learning_rate=rate,
        )
        if self._config.keep_last or not at.best_epoch or val_loss < at.history[at.best_epoch - 1]["val_loss"]:
            at.best_epoch = row.epoch
            save_best(self._folder, best_weights)
        at.history.append(asdict(row))
        at.epoch, at.step, at.loss_sum, at.right, at.seen = at.epoch + 1, 0, 0.0, 0, 0
        write_table(self._folder / "history.csv", tuple(at.history[0]), (tuple(row.values()) for row in at.history))
        self._progress.say(
            f"Epoch {row.epoch}: loss {row.loss:.4f}, accuracy {row.accuracy:.1%}; validation loss {val_loss:.4f}, "
            f"accuracy {val_accuracy:.1%}; rate {rate:.2g}"
        )
        if self.on_epoch is not None:
            self.on_epoch(row)

    def _validate(self, weights: list[NDArray[Any]]) -> tuple[float, float]:
        """Return mean loss and accuracy on the validation part, with ``weights`` for as long as that takes."""
        loss, weight, right, answers, began = 0.0, 0.0, 0, 0, time.perf_counter()
        with self._trainer.using(weights):
            for batch in self._validation.epoch(0):
                said = self._trainer.evaluate(batch)
                loss, weight = loss + said.loss, weight + said.weight
                right, answers = right + said.right, answers + said.answers
        self._validating = time.perf_counter() - began
        return loss / weight, right / answers

    def _save(self) -> None:
        start = time.perf_counter()
        notes = {"position": asdict(self._at), "config": _comparable(self._config)}
        fed = {f"{_FED}{name}": array for name, array in self._feed.state().items()}
        save_checkpoint(self._folder, Checkpoint(arrays=self._trainer.state() | fed, notes=notes))
        self._saved = time.perf_counter()
        if self._config.checkpoint_seconds:
            self._interval = max(self._config.checkpoint_seconds, (self._saved - start) / _CHECKPOINT_SHARE)

    def _not_a_number(self, batch: Batch, loss: float) -> NotANumberError:
        called = [self._names[row] if len(self._names) else f"example {row}" for row in batch.rows[:5]]
        return NotANumberError(
            f"The loss became {loss} in step {self._at.step + 1} of epoch {self._at.epoch + 1}. The batch held "
            f"{', '.join(called)}{' and others' if len(batch.rows) > 5 else ''}. Usually the learning rate is too "
            f"large: try {self._config.learning_rate / 10:g}; otherwise look at these examples.",
            batch.rows,
        )


def can_resume(folder: Path, config: TrainingConfig) -> bool:
    """Return whether a folder holds a checkpoint of a training with this configuration."""
    return has_checkpoint(folder) and load_checkpoint(folder).notes["config"] == _comparable(config)


def _comparable(config: TrainingConfig) -> dict[str, Any]:
    """Return the configuration as it comes back from JSON, without what may differ between a run and its resumption."""
    values = config.to_json()
    del values["checkpoint_seconds"]
    return values
