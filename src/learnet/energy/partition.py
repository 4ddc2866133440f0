"""The partition function of a restricted Boltzmann machine: exact where small, by annealed importance sampling else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError
from learnet.energy.enumeration import LARGEST, all_states, log_sum_exp
from learnet.energy.visible import bernoulli, sigmoid, softplus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.energy.visible import Array, Visible

_CHUNK = 1 << 14


@dataclass(frozen=True, kw_only=True, eq=False)
class PartitionEstimate:
    """The logarithm of a partition function, as annealed importance sampling sees it.

    Attributes:
        log_z: The estimate, in nats.
        low: The estimate of a partition function smaller by three standard errors; -inf if none is left.
        high: Of one larger by three.
        log_weights: Of each chain, float64 (chains,); ``log_z`` is the logarithm of the mean of their exponentials.
    """

    log_z: float
    low: float
    high: float
    log_weights: NDArray[np.float64]


def exact_log_partition(kind: Visible, weights: Array, visible_bias: Array, hidden_bias: Array) -> float:
    """Return log Z by summing over all states of the smaller side, the other side being summed in closed form.

    Args:
        kind: Of the visible units.
        weights: (hidden, features).
        visible_bias: (features,).
        hidden_bias: (hidden,).

    Raises:
        UsageError: If no side is small enough.
    """
    hidden, features = weights.shape
    over_visible = kind.name == "binary" and features < hidden
    if min(hidden, features if kind.name == "binary" else hidden) > LARGEST:
        raise UsageError(
            f"An exact partition function needs a side of at most {LARGEST} binary units; this machine has {features} "
            f"visible and {hidden} hidden ones. Use estimate_log_partition."
        )
    states = all_states(features if over_visible else hidden)
    parts = []
    for start in range(0, len(states), _CHUNK):
        some = states[start : start + _CHUNK]
        if over_visible:
            called = softplus(some @ weights.T + hidden_bias).sum(axis=1, dtype=np.float64)
            parts.append(kind.log_base(some, visible_bias) + called)
        else:
            own = some.astype(np.float64) @ hidden_bias.astype(np.float64)
            parts.append(kind.log_sum(some @ weights, visible_bias) + own)
    return float(log_sum_exp(np.concatenate(parts)))


def annealed_log_partition(
    kind: Visible,
    weights: Array,
    visible_bias: Array,
    hidden_bias: Array,
    *,
    base: Array,
    temperatures: int,
    chains: int,
    random: np.random.Generator,
) -> PartitionEstimate:
    """Estimate log Z on the way from independent units to the machine.

    The distribution on the way, at beta from 0 to 1, has the visible biases (1 - beta) x base + beta x visible_bias,
    the weights beta x W and the hidden biases beta x c. At 0 its partition function is known.

    Args:
        kind: Of the visible units.
        weights: (hidden, features).
        visible_bias: (features,).
        hidden_bias: (hidden,).
        base: Visible biases at 0, (features,).
        temperatures: Steps, at least 1.
        chains: Independent runs, at least 2.
        random: Where chance comes from.

    Returns:
        The estimate.

    Raises:
        UsageError: If a number is too small.

    Source:
        Neal, Annealed importance sampling, 2001; Salakhutdinov and Murray, 2008, section 4.
    """
    if temperatures < 1 or chains < 2:
        raise UsageError(
            f"Annealed importance sampling needs at least 1 temperature and 2 chains; "
            f"received {temperatures} and {chains}."
        )
    betas = np.linspace(0, 1, temperatures + 1, dtype=np.float64)
    start = np.zeros((1, weights.shape[1]), np.float32)
    log_z = float(kind.log_sum(start, base)[0]) + len(weights) * np.log(2)
    bias, units = base, kind.sample(np.repeat(base[None], chains, axis=0), random)
    gained = np.zeros(chains)
    for before, beta in itertools.pairwise(betas):
        field = units @ weights.T + hidden_bias
        warmer = ((1 - beta) * base + beta * visible_bias).astype(np.float32)
        gained += kind.log_base(units, warmer) - kind.log_base(units, bias)
        cooled = softplus(np.float32(beta) * field)
        gained += (cooled - softplus(np.float32(before) * field)).sum(axis=1, dtype=np.float64)
        bias = warmer
        hidden = bernoulli(sigmoid(np.float32(beta) * field), random)
        units = kind.sample(np.float32(beta) * (hidden @ weights) + bias, random)
    return _summary(log_z + gained)


def _summary(log_weights: NDArray[np.float64]) -> PartitionEstimate:
    chains, top = len(log_weights), log_weights.max()
    shares = np.exp(log_weights - top)
    mean, error = shares.mean(), shares.std(ddof=1) / np.sqrt(chains)
    low = top + np.log(mean - 3 * error) if mean > 3 * error else -np.inf
    return PartitionEstimate(
        log_z=float(top + np.log(mean)),
        low=float(low),
        high=float(top + np.log(mean + 3 * error)),
        log_weights=log_weights,
    )
