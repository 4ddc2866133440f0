"""The training loop: epochs, validation, best weights, early stopping, checkpoints, and going on after a kill."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import LearnetError, Silent, UsageError
from learnet.core.runs import write_table
from learnet.training.checkpoint import Checkpoint, load_best, load_checkpoint, save_best, save_checkpoint
from learnet.training.feed import Feed, Views, check_examples
from learnet.training.losses import summed_loss
from learnet.training.schedules import learning_rate
from learnet.training.step import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.training.config import TrainingConfig
    from learnet.training.feed import Batch

    Examples = tuple[NDArray[np.uint8] | Views, NDArray[np.integer[Any]]]

_CHECKPOINT_SHARE = 0.02  # of the time may go into checkpoints
_EVALUATED_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class EpochRow:
    """One line of the history.

    Attributes:
        epoch: From 1.
        loss: Mean loss of the epoch's steps, with penalties.
        accuracy: Share of training images, as augmented, that were answered rightly.
        val_loss: Mean loss of the validation images, without penalties.
        val_accuracy: Share of validation images answered rightly.
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
    """Where the training stands; with the arrays of ``Trainer.state`` it is all that there is to know."""

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
        rows: Which training images the batch held.
    """

    def __init__(self, sentence: str, rows: NDArray[np.int64]) -> None:
        super().__init__(sentence)
        self.rows = rows


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
    progress = Silent() if progress is None else progress
    classes = _check(model, train, validation)
    feed = Feed(*train, classes=classes, config=config)
    trainer = Trainer(model, config=config, auxiliary_weights=auxiliary_weights, fed=str(train[0].dtype))
    folder.mkdir(parents=True, exist_ok=True)
    loop = _Loop(trainer, feed, validation, config=config, folder=folder, names=names, progress=progress)
    loop.on_epoch, loop.deadline = on_epoch, deadline
    if resume:
        loop.go_back(load_checkpoint(folder))
    elif config.jit == "auto":
        trainer.choose_jit(feed.batch(0, 0), say=progress.say)
    return loop.run(model)


class _Loop:
    def __init__(
        self,
        trainer: Trainer,
        feed: Feed,
        validation: Examples,
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
        self._trainer.restore(checkpoint.arrays)
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
        if patience is not None and done - self._at.best_epoch >= patience and done:
            return f"The validation loss has not fallen for {patience} epochs."
        return None

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
        unknown = self._step_seconds * len(self._validation[1]) / self._config.batch_size  # a bound: forward only
        return self._step_seconds + (self._validating or unknown)

    def _step(self, batch: Batch) -> None:
        at, steps, start = self._at, self._feed.steps, time.perf_counter()
        number = at.epoch * steps + at.step
        rate = learning_rate(self._config, number, steps_per_epoch=steps)
        result = self._trainer.step(batch, number=number, learning_rate=rate)
        if not math.isfinite(result.loss):
            raise self._not_a_number(batch, result.loss)
        at.loss_sum += result.loss * len(batch.rows)
        at.right += result.right
        at.seen += len(batch.rows)
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
        images, labels = self._validation
        values = images.values[:, 0] if isinstance(images, Views) else images
        loss, right, began = 0.0, 0, time.perf_counter()
        with self._trainer.using(weights):
            for start in range(0, len(labels), _EVALUATED_AT_ONCE):
                span = slice(start, start + _EVALUATED_AT_ONCE)
                logits = self._trainer.logits(np.ascontiguousarray(values[span]))
                loss += summed_loss(self._config.loss, logits, labels[span])
                right += int((logits.argmax(axis=1) == labels[span]).sum())
        self._validating = time.perf_counter() - began
        return loss / len(labels), right / len(labels)

    def _save(self) -> None:
        start = time.perf_counter()
        notes = {"position": asdict(self._at), "config": _comparable(self._config)}
        save_checkpoint(self._folder, Checkpoint(arrays=self._trainer.state(), notes=notes))
        self._saved = time.perf_counter()
        if self._config.checkpoint_seconds:
            self._interval = max(self._config.checkpoint_seconds, (self._saved - start) / _CHECKPOINT_SHARE)

    def _not_a_number(self, batch: Batch, loss: float) -> NotANumberError:
        called = [self._names[row] if len(self._names) else f"image {row}" for row in batch.rows[:5]]
        return NotANumberError(
            f"The loss became {loss} in step {self._at.step + 1} of epoch {self._at.epoch + 1}. The batch held "
            f"{', '.join(called)}{' and others' if len(batch.rows) > 5 else ''}. Usually the learning rate is too "
            f"large: try {self._config.learning_rate / 10:g}; otherwise look at these images.",
            batch.rows,
        )


def _comparable(config: TrainingConfig) -> dict[str, Any]:
    """Return the configuration as it comes back from JSON, without what may differ between a run and its resumption."""
    values = asdict(config)
    del values["checkpoint_seconds"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


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
