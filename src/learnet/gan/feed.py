"""What a step is fed: shuffled examples and fresh noise, both made again at will from seed, epoch and step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from learnet.options.gan import GanConfig, LatentName


@dataclass(frozen=True, kw_only=True, eq=False)
class GanBatch:
    """What one step sees: k steps of the discriminator, then one of the generator.

    Attributes:
        examples: float32 ``(k, b, ...)``.
        noise: float32 ``(k + 1, b, latent)``; the last one is the generator's.
        rows: int ``(k * b,)``, which examples they are.
    """

    examples: NDArray[np.float32]
    noise: NDArray[np.float32]
    rows: NDArray[np.int64]


class GanFeed:
    """Examples and noise in batches of one size; what is left over at the end of an epoch waits for the next order.

    Args:
        examples: float ``(n, ...)``, or uint8 images ``(n, h, w, c)``, which are scaled to [-1, 1]; never changed.
        latent_size: How many numbers the generator is fed for a sample.
        config: Batch size, steps of the discriminator, kind of noise, seed.

    Attributes:
        steps: Of an epoch.

    Raises:
        UsageError: If there are too few examples for one step.
    """

    def __init__(self, examples: NDArray[Any], *, latent_size: int, config: GanConfig) -> None:
        self._examples, self._latent_size, self._config = examples, latent_size, config
        self._taken = config.batch_size * config.discriminator_steps
        self.steps = len(examples) // self._taken
        if not self.steps:
            raise UsageError(
                f"A step takes {config.discriminator_steps} x {config.batch_size} examples, but there are only "
                f"{len(examples)}. Give more of them, or a smaller batch_size."
            )

    def epoch(self, epoch: int, *, start: int = 0) -> Iterator[GanBatch]:
        """Yield the batches of an epoch in order, from step ``start`` on."""
        order = generator(self._config.seed, f"order {epoch}").permutation(len(self._examples))
        for step in range(start, self.steps):
            rows = order[step * self._taken : (step + 1) * self._taken]
            yield self._make(rows, number=epoch * self.steps + step)

    def _make(self, rows: NDArray[np.int64], *, number: int) -> GanBatch:
        config, k = self._config, self._config.discriminator_steps
        examples = scaled(self._examples[rows])
        noise = draw_noise(
            (k + 1) * config.batch_size,
            self._latent_size,
            latent=config.latent,
            random=generator(config.seed, f"noise {number}"),
        )
        return GanBatch(
            examples=examples.reshape(k, config.batch_size, *examples.shape[1:]),
            noise=noise.reshape(k + 1, config.batch_size, self._latent_size),
            rows=rows,
        )


def draw_noise(count: int, size: int, *, latent: LatentName, random: np.random.Generator) -> NDArray[np.float32]:
    """Return what a generator is fed, float32 ``(count, size)``."""
    if latent == "uniform":
        return random.random((count, size), np.float32) * 2 - 1
    return random.standard_normal((count, size), np.float32)


def scaled(examples: NDArray[Any]) -> NDArray[np.float32]:
    """Return examples as the discriminator sees them: float32, pixels of 0 … 255 as -1 … 1."""
    values = examples.astype(np.float32)
    return values / np.float32(127.5) - np.float32(1) if examples.dtype == np.uint8 else values
