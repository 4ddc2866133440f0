"""Mixtures of round Gaussians: what generators of points are tried on, and how much of one they cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """Gaussians of one width, drawn from equally often.

    Attributes:
        centres: float ``(modes, d)``.
        sigma: The standard deviation in each direction, greater than 0.

    Raises:
        UsageError: If there are no centres, or sigma is out of its range.
    """

    centres: NDArray[np.float64]
    sigma: float

    def __post_init__(self) -> None:
        if self.centres.ndim != 2 or not len(self.centres) or not self.sigma > 0:
            raise UsageError(
                "A mixture needs centres of shape (modes, dimensions) and a sigma greater than 0; received centres of "
                f"shape {self.centres.shape} and {self.sigma!r}."
            )

    @classmethod
    def ring(cls, *, modes: int = 8, radius: float = 2.0, sigma: float = 0.02) -> Mixture:
        """Return Gaussians at equal distances on a circle.

        Source:
            Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.1: eight modes, radius 2, and a
            width of 0.02.
        """
        angles = 2 * np.pi * np.arange(modes) / modes
        return cls(centres=radius * np.column_stack([np.cos(angles), np.sin(angles)]), sigma=sigma)

    def draw(self, count: int, *, seed: int) -> NDArray[np.float32]:
        """Return points, float32 ``(count, d)``."""
        random = generator(seed, "mixture")
        modes = random.integers(len(self.centres), size=count)
        points = self.centres[modes] + self.sigma * random.standard_normal((count, self.centres.shape[1]))
        return points.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of a mixture samples cover.

    Attributes:
        modes: How many modes have enough samples near them.
        near: Share of the samples within 3 sigma of a mode's centre, in [0, 1].
        shares: Share of all samples that is near each mode; their sum is ``near``.
    """

    modes: int
    near: float
    shares: tuple[float, ...]


def mode_coverage(samples: ArrayLike, mixture: Mixture, *, least: float = 0.0) -> Coverage:
    """Count the modes that samples hit, and the samples that hit one.

    Args:
        samples: float ``(n, d)``, at least one.
        mixture: What they should be samples of.
        least: A mode counts only if more than this share of all samples is near it, in [0, 1). With 0, one sample is
            enough.

    Raises:
        UsageError: If the samples have another number of dimensions than the mixture, or there are none.

    Source:
        Lin et al., PacGAN: The Power of Two Samples in Generative Adversarial Networks, 2018, section 4.1: a mode is
        found if a sample lies within 3 standard deviations of its centre; the share of such samples is their quality.

    Example:
        >>> mixture = Mixture(centres=np.array([[0.0], [1.0]]), sigma=0.1)
        >>> mode_coverage([[0.0], [0.2], [0.5], [7.0]], mixture)
        Coverage(modes=1, near=0.5, shares=(0.5, 0.0))
    """
    points = np.asarray(samples, np.float64)
    if points.ndim != 2 or not len(points) or points.shape[1] != mixture.centres.shape[1]:
        raise UsageError(
            f"Samples should be of shape (n, {mixture.centres.shape[1]}), at least one; received {points.shape}."
        )
    squares = ((points[:, None] - mixture.centres[None]) ** 2).sum(axis=-1)
    nearest = squares.argmin(axis=1)
    near = squares.min(axis=1) <= (3 * mixture.sigma) ** 2
    counts = np.bincount(nearest[near], minlength=len(mixture.centres))
    return Coverage(
        modes=int((counts > least * len(points)).sum()),
        near=float(near.mean()),
        shares=tuple((counts / len(points)).tolist()),
    )
