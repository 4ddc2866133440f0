"""The visible units of a restricted Boltzmann machine: what they hold, and how they follow from the hidden ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Visible:
    """A kind of visible units.

    Below, ``total`` is what the hidden units send plus the biases, ``sent`` without the biases; both (n, features).

    Attributes:
        name: By which users ask for it.
        mean: From ``total``, which is overwritten, to the mean of the units.
        sample: From ``total``, which is overwritten, to units drawn at random.
        log_base: From units and biases to their part of -energy (n,), float64.
        log_sum: From ``sent`` and biases to the logarithm of the sum (integral) over all visible states (n,), float64.
        base_bias: From the mean of data (features,) to the biases with which independent units have that mean.
    """

    name: str
    mean: Callable[[Array], Array]
    sample: Callable[[Array, np.random.Generator], Array]
    log_base: Callable[[Array, Array], NDArray[np.float64]]
    log_sum: Callable[[Array, Array], NDArray[np.float64]]
    base_bias: Callable[[Array], Array]


def sigmoid(values: Array) -> Array:
    """Overwrite values by 1 / (1 + exp(-values)); through tanh, which cannot overflow."""
    values *= 0.5
    np.tanh(values, out=values)
    values *= 0.5
    values += 0.5
    return values


def softplus(values: Array) -> Array:
    """Return log(1 + exp(values)) without overflow, many times faster than numpy.logaddexp."""
    tail = np.abs(values)
    np.negative(tail, out=tail)
    np.exp(tail, out=tail)
    np.log1p(tail, out=tail)
    tail += np.maximum(values, 0)
    return tail


def bernoulli(means: Array, random: np.random.Generator) -> Array:
    """Return 1 with the probability given by each mean, else 0."""
    return (random.random(means.shape, dtype=np.float32) < means).astype(np.float32)


def _sample_binary(total: Array, random: np.random.Generator) -> Array:
    return bernoulli(sigmoid(total), random)


def _sample_gaussian(total: Array, random: np.random.Generator) -> Array:
    total += random.standard_normal(total.shape, dtype=np.float32)
    return total


def _same(total: Array) -> Array:
    return total


def _log_base_binary(units: Array, bias: Array) -> NDArray[np.float64]:
    part: NDArray[np.float64] = units.astype(np.float64) @ bias.astype(np.float64)
    return part


def _log_base_gaussian(units: Array, bias: Array) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.square(units - bias, dtype=np.float64).sum(axis=1)
    return -0.5 * distance


def _log_sum_binary(sent: Array, bias: Array) -> NDArray[np.float64]:
    total: NDArray[np.float64] = softplus(sent + bias).sum(axis=1, dtype=np.float64)
    return total


def _log_sum_gaussian(sent: Array, bias: Array) -> NDArray[np.float64]:
    wide = sent.astype(np.float64)
    part: NDArray[np.float64] = wide @ bias.astype(np.float64) + 0.5 * (wide**2).sum(axis=1)
    part += sent.shape[1] * 0.5 * np.log(2 * np.pi)
    return part


def _logit(mean: Array) -> Array:
    held = np.clip(mean, 0.01, 0.99)  # a pixel that is never on must not be impossible
    logit: Array = np.log(held / (1 - held))
    return logit


VISIBLE: Registry[Visible] = Registry(
    "kind of visible units",
    (
        Visible(
            name="binary",
            mean=sigmoid,
            sample=_sample_binary,
            log_base=_log_base_binary,
            log_sum=_log_sum_binary,
            base_bias=_logit,
        ),
        Visible(
            name="gaussian",
            mean=_same,
            sample=_sample_gaussian,
            log_base=_log_base_gaussian,
            log_sum=_log_sum_gaussian,
            base_bias=_same,
        ),
    ),
)
