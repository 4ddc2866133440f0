"""Two networks against each other: epochs, history, pictures of samples, checkpoints, and going on after a kill."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Silent, UsageError
from learnet.core.runs import write_table
from learnet.gan.check import check_networks
from learnet.gan.feed import GanFeed
from learnet.gan.pictures import can_be_drawn, write_samples
from learnet.gan.samples import draw_samples
from learnet.gan.step import GanTrainer
from learnet.training import NotANumberError
from learnet.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.gan.feed import GanBatch
    from learnet.gan.step import GanStep
    from learnet.options.gan import GanConfig

_CHECKPOINT_SHARE = 0.02  # of the time may go into checkpoints
_PICTURED = {2: 1000, 4: 64}  # samples of a picture, by the rank of their array


@dataclass(frozen=True, kw_only=True)
class GanRow:
    """One line of the history: means over an epoch's steps.

    Attributes:
        epoch: From 1.
        discriminator_loss: 2 log 2 = 1.386 where the discriminator can only guess.
        generator_loss: log 2 = 0.693 there, or -0.693 with the saturating loss.
        real: Mean D(x) of examples, the discriminator's belief that they are examples.
        fake: Mean D(G(z)) of samples.
    """

    epoch: int
    discriminator_loss: float
    generator_loss: float
    real: float
    fake: float


@dataclass(frozen=True, kw_only=True)
class FittedGan:
    """What training gave; the networks hold the last weights.

    Attributes:
        history: One row an epoch, those of interrupted processes included.
        seconds: Of this process.
        pictures: The pictures of samples in the run's folder, oldest first.
    """

    history: tuple[GanRow, ...]
    seconds: float
    pictures: tuple[Path, ...]


@dataclass(kw_only=True)
class _Position:
    """Where the training stands; with the arrays of ``GanTrainer.state`` it is all that there is to know."""

    epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0] * 4)
    history: list[dict[str, Any]] = field(default_factory=list)


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    examples: NDArray[Any],
    *,
    config: GanConfig,
    folder: Path,
    resume: bool = False,
    on_epoch: Callable[[GanRow], None] | None = None,
    progress: Progress | None = None,
) -> FittedGan:
    """Train a generator to make what a discriminator cannot tell from the examples.

    Killed at any moment and called again with ``resume=True``, it ends with the same weights and the same history, bit
    for bit, as if it had not been killed, on the same machine and libraries.

    Args:
        generator: From noise ``(b, latent)`` to samples ``(b, ...)``. One without trainable weights is never changed:
            the discriminator then comes near to p(x) / (p(x) + p_G(x)).
        discriminator: From samples to logits ``(b, 1)``, without a sigmoid.
        examples: float ``(n, ...)``, or uint8 images ``(n, h, w, c)``, which are scaled to [-1, 1].
        config: How they are trained.
        folder: Of the run; gets ``checkpoint.safetensors``, ``history.csv`` and ``samples/epoch-NNNN.png``.
        resume: Go on from the checkpoint in ``folder``.
        on_epoch: Called after each epoch; the networks hold its weights then.
        progress: Where to tell how it goes.

    Returns:
        What came of it.

    Raises:
        UsageError: If networks, examples and configuration do not fit each other; nothing has been trained then.
        NotANumberError: If a loss, a sample or a weight becomes NaN or infinite, in the step in which it does.
        LearnetError: If there is nothing to resume from.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, algorithm 1, with Adam in place of momentum.
    """
    check_networks(generator, discriminator, examples)
    feed = GanFeed(examples, latent_size=int(generator.inputs[0].shape[1]), config=config)
    trainer = GanTrainer(generator, discriminator, config=config)
    folder.mkdir(parents=True, exist_ok=True)
    loop = _Loop(trainer, feed, generator, config=config, folder=folder, progress=progress or Silent())
    loop.on_epoch = on_epoch
    loop.told = {**config.to_json(), "examples": list(examples.shape)}
    if resume:
        loop.go_back(load_checkpoint(folder))
    return loop.run()


class _Loop:
    def __init__(
        self,
        trainer: GanTrainer,
        feed: GanFeed,
        generator: keras.Model,
        *,
        config: GanConfig,
        folder: Path,
        progress: Progress,
    ) -> None:
        self._trainer, self._feed, self._generator = trainer, feed, generator
        self._config, self._folder, self._progress = config, folder, progress
        self._at = _Position()
        self._saved = time.perf_counter()
        self._interval = config.checkpoint_seconds
        self.told: dict[str, Any] = {}
        self.on_epoch: Callable[[GanRow], None] | None = None

    def go_back(self, checkpoint: Checkpoint) -> None:
        """Stand where ``checkpoint`` stood."""
        begun, now = (_comparable(told) for told in (checkpoint.notes.get("gan", {}), self.told))
        if begun != now:
            changed = [name for name, value in now.items() if begun.get(name) != value]
            raise UsageError(
                f"The run was begun with another {', '.join(changed)}. Resume it with the same arguments, or begin a "
                "new one."
            )
        self._trainer.restore(checkpoint.arrays)
        self._at = _Position(**checkpoint.notes["position"])

    def run(self) -> FittedGan:
        """Train until the epochs are done."""
        start, at = time.perf_counter(), self._at
        while at.epoch < self._config.epochs:
            title = f"Epoch {at.epoch + 1}/{self._config.epochs}"
            with self._progress.stage(title, self._feed.steps - at.step) as task:
                for batch in self._feed.epoch(at.epoch, start=at.step):
                    self._step(batch)
                    task.advance()
            self._end_epoch()
        return FittedGan(
            history=tuple(GanRow(**row) for row in at.history),
            seconds=time.perf_counter() - start,
            pictures=tuple(sorted((self._folder / "samples").glob("epoch-*.png"))),
        )

    def _step(self, batch: GanBatch) -> None:
        at, result = self._at, self._trainer.step(batch)
        values = [result.discriminator_loss, result.generator_loss, result.real, result.fake]
        if not result.finite:
            raise self._not_a_number(result, batch)
        at.sums = [total + value for total, value in zip(at.sums, values, strict=True)]
        at.step += 1
        if at.step < self._feed.steps:
            self._save_if_due()

    def _end_epoch(self) -> None:
        at, config = self._at, self._config
        at.epoch += 1
        means = [total / self._feed.steps for total in at.sums]
        row = GanRow(epoch=at.epoch, discriminator_loss=means[0], generator_loss=means[1], real=means[2], fake=means[3])
        at.history.append(asdict(row))
        at.step, at.sums = 0, [0.0] * 4
        write_table(self._folder / "history.csv", tuple(at.history[0]), (tuple(row.values()) for row in at.history))
        last = at.epoch == config.epochs
        if config.samples_every and can_be_drawn(self._generator) and (last or at.epoch % config.samples_every == 0):
            self._picture()
        self._progress.say(
            f"Epoch {row.epoch}: discriminator {row.discriminator_loss:.4f}, generator {row.generator_loss:.4f}; "
            f"D of examples {row.real:.3f}, of samples {row.fake:.3f}"
        )
        self._save_if_due(always=last)
        if self.on_epoch is not None:
            self.on_epoch(row)

    def _picture(self) -> None:
        """Draw samples of the same noise each time."""
        count = _PICTURED.get(len(self._generator.outputs[0].shape), 64)
        samples = draw_samples(self._generator, count, seed=self._config.seed, latent=self._config.latent)
        write_samples(self._folder / "samples" / f"epoch-{self._at.epoch:04d}.png", samples)

    def _save_if_due(self, *, always: bool = False) -> None:
        start = time.perf_counter()
        if not always and start - self._saved < self._interval:
            return
        notes = {"position": asdict(self._at), "gan": self.told}
        save_checkpoint(self._folder, Checkpoint(arrays=self._trainer.state(), notes=notes))
        self._saved = time.perf_counter()
        if self._config.checkpoint_seconds:
            self._interval = max(self._config.checkpoint_seconds, (self._saved - start) / _CHECKPOINT_SHARE)

    def _not_a_number(self, result: GanStep, batch: GanBatch) -> NotANumberError:
        return NotANumberError(
            f"In step {self._at.step + 1} of epoch {self._at.epoch + 1} a loss, a sample or a weight became NaN or "
            f"infinite (the discriminator's loss is {result.discriminator_loss:g}, the generator's "
            f"{result.generator_loss:g}). Usually the learning rate is too large: try "
            f"{self._config.learning_rate / 10:g}.",
            np.asarray(batch.rows),
        )


def _comparable(told: dict[str, Any]) -> dict[str, Any]:
    """Return what must not differ between a run and its resumption."""
    return {name: value for name, value in told.items() if name not in ("checkpoint_seconds", "samples_every")}
