"""Examples to imitate: views from where the car was and from where it could have been, with the steering back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.drive.view import VIEW_SIZE, seen_from, view
from learnet.core import UsageError
from learnet.training import Batch, Feed, Measured, in_order, shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from numpy.typing import NDArray

    from learnet.applications.drive.expert import Expert
    from learnet.applications.drive.recording import Drive

SCALES = np.array([20.0, 1 / 25], np.float32)
"""By which curvature and speed are multiplied for the network, so that both errors count about the same."""
_RIGHT = 0.2  # an answer this near counts as right: 0.01 of curvature, 5 length units a second
_AT_ONCE = 256
_CURVE_BINS = 6
_MOST_WEIGHT = 4.0


@dataclass(frozen=True, kw_only=True)
class Displacement:
    """How far from where it was the car is imagined, each time anew, from a normal distribution.

    Bojarski et al. (2016) drew with twice the standard deviation that they measured of human drivers.

    Attributes:
        shift: Standard deviation to the side, in length units, 0 or greater.
        rotation: Standard deviation in degrees, 0 or greater.
        limit: The largest draw, in standard deviations, greater than 0.

    Raises:
        UsageError: If a value is out of its range.
    """

    shift: float = 1.8
    rotation: float = 7.0
    limit: float = 2.5

    def __post_init__(self) -> None:
        for name in ("shift", "rotation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UsageError(f"The displacement's {name} must be at least 0; received {getattr(self, name)!r}.")
        if not 0 < self.limit < math.inf:
            raise UsageError(f"The displacement's limit must be greater than 0; received {self.limit!r}.")

    def draw(self, random: np.random.Generator) -> tuple[float, float]:
        """Return a shift in length units and a rotation in radians, to the left."""
        shift, rotation = np.clip(random.standard_normal(2), -self.limit, self.limit)
        return float(shift) * self.shift, math.radians(float(rotation) * self.rotation)


NOWHERE_ELSE = Displacement(shift=0.0, rotation=0.0)
"""No displacement: what the camera saw, and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Imitation:
    """The objective: squared errors of curvature and speed."""

    def target_spec(self, model: keras.Model) -> tuple[tuple[int | None, ...], str]:
        """Return the shape of what the network should say."""
        return (model.outputs[0].shape[-1],), "float32"

    def measure(self, targets: Any, output: Any) -> Measured:
        """Measure outputs ``(b, 2)``."""
        import tensorflow as tf

        errors = output - targets
        near = tf.cast(tf.abs(errors) < _RIGHT, tf.float32)
        return Measured(
            losses=tf.reduce_sum(tf.square(errors), axis=-1),
            hits=tf.reduce_sum(near, axis=-1),
            answers=tf.reduce_sum(tf.ones_like(errors), axis=-1),
        )


class Examples:
    """Recorded moments, each of which can be seen from anywhere near by.

    Args:
        drives: At least one, with at least one moment.
        expert: Who says how to steer from there.
    """

    def __init__(self, drives: Sequence[Drive], *, expert: Expert) -> None:
        self._frames = np.concatenate([drive.frames for drive in drives])
        self._zooms = np.concatenate([drive.zooms for drive in drives])
        self._ahead = np.concatenate([drive.ahead for drive in drives])
        self._speeds = np.concatenate([drive.speeds for drive in drives])
        self._expert = expert
        self.weights = curve_weights(np.array([self._command(row, 0.0, 0.0)[0] for row in range(len(self))]))

    def __len__(self) -> int:
        return len(self._speeds)

    def at(self, row: int, *, shift: float = 0.0, rotation: float = 0.0) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        """Return the view ``(66, 200, 3)`` from beside where the car was, and the expert's curvature and speed there.

        The speed stays what it was: the road ahead bends no less. The curvature is that of the arc that leads from
        there back to the line, within half a second; Bojarski et al. (2016) steered back within two.
        """
        seen = view(self._frames[row], shift=shift, rotation=rotation, zoom=float(self._zooms[row]))
        return seen, self._command(row, shift, rotation)

    def _command(self, row: int, shift: float, rotation: float) -> NDArray[Any]:
        speed = float(self._speeds[row])
        ahead = seen_from(self._ahead[row].astype(np.float64), shift=shift, rotation=rotation)
        return np.array([self._expert.curvature(ahead, speed=speed), speed])

    def batch(self, rows: NDArray[np.int64], random: np.random.Generator, *, displacement: Displacement) -> Batch:
        """Return moments, each seen from somewhere near."""
        images = np.empty((len(rows), *VIEW_SIZE, 3), np.uint8)
        targets = np.empty((len(rows), 2), np.float32)
        for place, row in enumerate(rows):
            shift, rotation = displacement.draw(random)
            images[place], targets[place] = self.at(int(row), shift=shift, rotation=rotation)
        return Batch(inputs=images, targets=targets * SCALES, weights=self.weights[rows], rows=rows)


def curve_weights(curvatures: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what each moment counts: the root of how rare its curvature is, so that curves weigh more than straights.

    Args:
        curvatures: ``(n,)``.

    Returns:
        float32 ``(n,)``, at most 4 times the smallest, with a mean of 1.

    Example:
        >>> weights = curve_weights(np.array([0.0] * 90 + [0.1] * 10))
        >>> float(weights.mean()), float((weights[-1] / weights[0]).round(3))
        (1.0, 3.0)
    """
    bends = np.abs(curvatures)
    bins = np.minimum((_CURVE_BINS * bends / max(float(bends.max()), 1e-9)).astype(int), _CURVE_BINS - 1)
    weights = 1 / np.sqrt(np.bincount(bins, minlength=_CURVE_BINS)[bins])
    weights = np.minimum(weights, _MOST_WEIGHT * weights.min())
    return np.asarray(weights / weights.mean(), np.float32)


def training_feed(examples: Examples, *, displacement: Displacement, batch_size: int, seed: int) -> Feed:
    """Return all moments in each epoch, each time from elsewhere."""
    return Feed(
        plan=shuffled(len(examples), batch_size=batch_size, seed=seed),
        make=lambda rows, random, _: examples.batch(rows, random, displacement=displacement),
        seed=seed,
    )


def validation_feed(examples: Examples, *, displacement: Displacement, seed: int) -> Feed:
    """Return all moments in order, each from one place that is always the same."""
    return Feed(
        plan=in_order(len(examples), batch_size=_AT_ONCE),
        make=lambda rows, random, _: examples.batch(rows, random, displacement=displacement),
        seed=seed,
    )
