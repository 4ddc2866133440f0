"""Exact sums over all states, for networks small enough to write them all down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 20  # 2**20 states of 20 units are 84 MB


def all_states(units: int) -> NDArray[np.float32]:
    """Return every state of binary units, counting up with the first unit changing fastest.

    Args:
        units: In [0, 20].

    Returns:
        float32 (2**units, units) of 0 and 1.

    Raises:
        UsageError: If there are too many.

    Example:
        >>> all_states(2).tolist()
        [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    if not 0 <= units <= LARGEST:
        raise UsageError(
            f"Exact results sum over all states of {units} units, which is possible for {LARGEST} at most; "
            f"use sampling (or annealed importance sampling) for larger networks."
        )
    return ((np.arange(2**units)[:, None] >> np.arange(units)) & 1).astype(np.float32)


def log_sum_exp(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return log(sum(exp(values))) over the last axis, float64, without overflow.

    Example:
        >>> round(float(log_sum_exp(np.array([1000.0, 1000.0]))), 4)
        1000.6931
    """
    top = values.max(axis=-1, keepdims=True)
    total = np.exp((values - top).astype(np.float64)).sum(axis=-1)
    result: NDArray[np.float64] = np.log(total) + top[..., 0]
    return result
