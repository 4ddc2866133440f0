"""What associative memories remember: codings, random patterns, pictures of two tones, corruption, overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError, Registry, UsageError, generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class Coding:
    """How a unit's two states are written as numbers.

    Attributes:
        name: By which users ask for it.
        low: The number of a unit that is off.
        high: The number of a unit that is on.
    """

    name: str
    low: int
    high: int

    @property
    def span(self) -> int:
        """The distance between the two states."""
        return self.high - self.low

    def spins(self, states: ArrayLike, *, what: str = "patterns") -> NDArray[np.float32]:
        """Return states as -1 and +1.

        Args:
            states: Any shape; only this coding's two numbers, or booleans.
            what: What they are, for the error.

        Raises:
            DataError: If another number is found.
        """
        array = np.asarray(states)
        if array.dtype == bool:
            return np.where(array, np.float32(1), np.float32(-1))
        strange = array[(array != self.low) & (array != self.high)]
        if strange.size:
            raise DataError(
                f"The {what} must hold only {self.low} and {self.high} ('{self.name}' coding); found {strange[0]!s}. "
                f"Choose the other coding, or turn pictures into two tones with learnet.energy.two_tones."
            )
        return np.where(array == self.high, np.float32(1), np.float32(-1))

    def states(self, spins: NDArray[np.floating[Any]]) -> NDArray[np.int8]:
        """Return what ``spins`` of -1 and +1 are in this coding."""
        return np.where(spins > 0, np.int8(self.high), np.int8(self.low))

    def levels(self, spins: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the numbers that enter the fields: like ``states``, as float32."""
        return spins if self.low == -self.high else (spins + 1) * np.float32(0.5)


CODINGS: Registry[Coding] = Registry(
    "coding", (Coding(name="bipolar", low=-1, high=1), Coding(name="binary", low=0, high=1))
)


def random_patterns(
    count: int, units: int, *, networks: int | None = None, coding: str = "bipolar", seed: int = 0
) -> NDArray[np.int8]:
    """Return random patterns, every unit on with probability 1/2.

    Args:
        count: Patterns of each network, at least 1.
        units: Units of a pattern, at least 1.
        networks: Draw for so many independent networks; None for one without the leading axis.
        coding: ``"bipolar"`` (-1, +1) or ``"binary"`` (0, 1).
        seed: The run's seed.

    Returns:
        int8 (count, units), or (networks, count, units).

    Raises:
        UsageError: If a number is below 1 or the coding is unknown.

    Example:
        >>> random_patterns(2, 5, seed=0).shape, sorted(set(random_patterns(3, 9, coding="binary").flat))
        ((2, 5), [np.int8(0), np.int8(1)])
    """
    shape = (count, units) if networks is None else (networks, count, units)
    if min(shape) < 1:
        raise UsageError(f"Patterns need at least one network, pattern and unit; received the shape {shape}.")
    spins = generator(seed, "hopfield patterns").integers(0, 2, shape, dtype=np.int8)
    return CODINGS[coding].states(2.0 * spins - 1)


def corrupt(
    patterns: ArrayLike, *, flips: int, units_axes: int = 1, coding: str = "bipolar", seed: int = 0
) -> NDArray[np.int8]:
    """Turn over exactly ``flips`` units of every pattern, chosen at random.

    Args:
        patterns: (..., units), or (..., height, width) with ``units_axes=2``.
        flips: Units to turn over in each pattern, in [0, units].
        units_axes: How many of the last axes are a pattern's units.
        coding: ``"bipolar"`` or ``"binary"``.
        seed: The run's seed.

    Returns:
        int8, the shape of ``patterns``, at Hamming distance ``flips`` from it.

    Raises:
        UsageError: If there are fewer units than ``flips``.
        DataError: If the patterns are not in the coding.

    Example:
        >>> cue = corrupt(np.ones((3, 10), np.int8), flips=4)
        >>> (cue == -1).sum(axis=1).tolist()
        [4, 4, 4]
    """
    code = CODINGS[coding]
    spins = code.spins(patterns)
    flat = spins.reshape(*spins.shape[: spins.ndim - units_axes], -1)
    if not 0 <= flips <= flat.shape[-1]:
        raise UsageError(f"A pattern of {flat.shape[-1]} units can have 0 to that many flips; received {flips}.")
    order = generator(seed, "hopfield corruption").random(flat.shape, dtype=np.float32).argsort(axis=-1)
    chosen = order[..., :flips]
    np.put_along_axis(flat, chosen, -np.take_along_axis(flat, chosen, axis=-1), axis=-1)
    return code.states(flat.reshape(spins.shape))


def overlap(states: ArrayLike, patterns: ArrayLike, *, coding: str = "bipolar") -> NDArray[np.float64]:
    """Return how alike states and patterns are: 1 if equal, 0 if unrelated, -1 if opposite.

    Args:
        states: (..., units).
        patterns: (..., units), of a shape that broadcasts against ``states``.
        coding: ``"bipolar"`` or ``"binary"``, of both.

    Returns:
        The mean product of the spins, float64 (...): 1 - 2 x Hamming distance / units.

    Example:
        >>> overlap([[1, 1, -1, 1], [1, 1, 1, 1]], [1, 1, 1, 1]).tolist()
        [0.5, 1.0]
    """
    code = CODINGS[coding]
    product = code.spins(states, what="states") * code.spins(patterns)
    alike: NDArray[np.float64] = product.mean(axis=-1, dtype=np.float64)
    return alike


def two_tones(pictures: ArrayLike, *, coding: str = "bipolar") -> NDArray[np.int8]:
    """Turn pictures into patterns: a pixel is on where it is brighter than its picture's median.

    The median balances on and off, which Hebb's rule needs: pictures that are mostly dark all look alike to it.

    Args:
        pictures: (n, height, width) grey or (n, height, width, channels), any real numbers.
        coding: ``"bipolar"`` or ``"binary"``.

    Returns:
        int8 (n, height, width).

    Raises:
        DataError: If the shape is another one.

    Example:
        >>> two_tones(np.array([[[0, 9], [200, 255]]])).tolist()
        [[[-1, -1], [1, 1]]]
    """
    array = np.asarray(pictures, dtype=np.float64)
    if array.ndim not in (3, 4):
        raise DataError(f"Pictures must have the shape (n, height, width) or with channels; received {array.shape}.")
    grey = array.mean(axis=3) if array.ndim == 4 else array
    bright = grey > np.median(grey, axis=(1, 2), keepdims=True)
    return CODINGS[coding].states(np.where(bright, 1.0, -1.0))


def bars_and_stripes(side: int) -> NDArray[np.float32]:
    """Return every picture of full rows or of full columns, each once.

    Args:
        side: Pixels of a side, in [1, 10].

    Returns:
        float32 (2 x 2**side - 2, side x side) of 0 and 1 (two for a side of 1).

    Raises:
        UsageError: If the side is out of range.

    Source:
        MacKay, Information Theory, Inference, and Learning Algorithms, 2003, section 43.

    Example:
        >>> len(bars_and_stripes(3)), len(bars_and_stripes(4))
        (14, 30)
    """
    if not 1 <= side <= 10:
        raise UsageError(f"Bars and stripes need a side of 1 to 10 pixels; received {side}.")
    lines = (np.arange(2**side)[:, None] >> np.arange(side)) & 1
    stripes = np.repeat(lines[:, :, None], side, axis=2)
    both = np.concatenate([stripes, stripes.transpose(0, 2, 1)]).reshape(-1, side * side)
    return np.unique(both, axis=0).astype(np.float32)
