"""The tasks of long time lags: a sequence, most of it noise, and one target at its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learnet.core import UsageError, generator

ADDING_TOLERANCE = 0.04  # a sum is right if it is nearer than this
ORDER_TOLERANCE = 0.3  # a class is right if every output is nearer than this
ORDER_SYMBOLS = "abcdXYEB"
_RELEVANT = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}  # where X and Y may stand, from 0
_SHORTEST, _LONGEST = 100, 110


@dataclass(frozen=True, eq=False)
class FinalTargets:
    """Sequences with a target at the end, padded with zeros behind.

    Args:
        inputs: float32 ``(n, steps, width)``.
        lengths: Steps of each sequence, int64 ``(n,)``.
        targets: float32 ``(n, outputs)``.
    """

    inputs: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray


def adding(count: int, *, length: int = 100, seed: int) -> FinalTargets:
    """Return sequences of pairs (value, marker), and the sum of the two values that are marked, scaled to [0, 1].

    Values are uniform in [-1, 1]. One of the first ten pairs is marked by 1, and one of the first ``length / 2 - 1``
    that are left; the first and the last pair have the marker -1, all others 0. If the first pair is the marked one,
    its value is set to 0. The length is uniform in ``[length, 1.1 length]``.

    Args:
        count: Sequences, at least 1.
        length: The shortest sequence, at least 22.
        seed: The run's seed.

    Raises:
        UsageError: If the sequences are too short for two marks.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, section 5.4.

    Example:
        >>> some = adding(5, seed=0)
        >>> some.inputs.shape, bool(((some.targets >= 0) & (some.targets <= 1)).all())
        ((5, 110, 2), True)
    """
    if length < 22:
        raise UsageError(f"The adding problem needs sequences of at least 22 steps, but {length} are asked for.")
    random = generator(seed, "adding")
    steps = length + length // 10
    lengths = random.integers(length, steps + 1, count)
    rows = np.arange(count)
    first = random.integers(0, 10, count)
    second = random.integers(0, length // 2 - 1, count)
    second += second >= first  # one of those left
    values = random.uniform(-1, 1, (count, steps)).astype(np.float32)
    values[np.minimum(first, second) == 0, 0] = 0
    values[np.arange(steps) >= lengths[:, None]] = 0
    markers = np.zeros((count, steps), np.float32)
    markers[:, 0] = markers[rows, lengths - 1] = -1
    markers[rows, first] = markers[rows, second] = 1
    targets = adding_target(values[rows, first], values[rows, second])
    return FinalTargets(np.stack([values, markers], axis=-1), lengths, targets[:, None])


def adding_target(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return ``0.5 + (first + second) / 4``, in [0, 1] for values in [-1, 1].

    Example:
        >>> adding_target(np.array([1.0, -1.0]), np.array([1.0, 0.0])).tolist()
        [1.0, 0.25]
    """
    return np.asarray(0.5 + (first + second) / 4)


def temporal_order(count: int, *, relevant: int = 2, seed: int) -> FinalTargets:
    """Return sequences of symbols, and the class that the order of their X and Y makes.

    A sequence begins with E, ends with B, and has X or Y at two (task 6a) or three (6b) places of random position;
    the rest is drawn from a, b, c and d. Length 100 to 110; places 10 to 20 and 50 to 60, or 10 to 20, 33 to 43 and
    66 to 76. Classes are numbered with X as 0, Y as 1, the first symbol being the highest digit.

    Args:
        count: Sequences, at least 1.
        relevant: 2 or 3.
        seed: The run's seed.

    Raises:
        UsageError: If ``relevant`` is neither 2 nor 3.

    Returns:
        Inputs of 8 units, in the order of ``ORDER_SYMBOLS``; targets of 4 or 8 classes, one unit each.

    Source:
        Hochreiter and Schmidhuber, 1997, section 5.6.

    Example:
        >>> temporal_order(5, seed=0).targets.shape, temporal_order(5, relevant=3, seed=0).targets.shape
        ((5, 4), (5, 8))
    """
    if relevant not in _RELEVANT:
        raise UsageError(f"The temporal order task has 2 or 3 relevant symbols, but {relevant} are asked for.")
    random = generator(seed, f"temporal order of {relevant}")
    lengths = random.integers(_SHORTEST, _LONGEST + 1, count)
    symbols = random.integers(0, 4, (count, _LONGEST))
    rows = np.arange(count)
    classes = np.zeros(count, np.int64)
    for lowest, highest in _RELEVANT[relevant]:
        bit = random.integers(0, 2, count)
        symbols[rows, random.integers(lowest, highest + 1, count)] = ORDER_SYMBOLS.index("X") + bit
        classes = 2 * classes + bit
    symbols[:, 0] = ORDER_SYMBOLS.index("E")
    symbols[rows, lengths - 1] = ORDER_SYMBOLS.index("B")
    inputs = np.eye(len(ORDER_SYMBOLS), dtype=np.float32)[symbols]
    inputs[np.arange(_LONGEST) >= lengths[:, None]] = 0
    return FinalTargets(inputs, lengths, np.eye(2**relevant, dtype=np.float32)[classes])
