"""How an associative memory learns its weights from its patterns: a table of rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LearningRule:
    """A rule.

    Attributes:
        name: By which users ask for it.
        learn: From spins of -1 and +1, float32 (networks, patterns, units), to symmetric weights with a zero diagonal,
            float32 or float64 (networks, units, units).
        capacity: Random patterns that N units hold, in words.
        source: Where it was published.
    """

    name: str
    learn: Callable[[NDArray[np.float32]], NDArray[np.floating]]
    capacity: str
    source: str


def _without_diagonal(weights: NDArray[np.floating]) -> NDArray[np.floating]:
    unit = np.arange(weights.shape[-1])
    weights[:, unit, unit] = 0
    return weights


def _hebb(spins: NDArray[np.float32]) -> NDArray[np.floating]:
    # Not divided by N, as in the paper: the sums are whole numbers, so that a field of 0 is 0 and a tie is a tie.
    return _without_diagonal(spins.transpose(0, 2, 1) @ spins)


def _clipped(spins: NDArray[np.float32]) -> NDArray[np.floating]:
    signs: NDArray[np.floating] = np.sign(_hebb(spins))
    return signs


def _storkey(spins: NDArray[np.float32]) -> NDArray[np.floating]:
    networks, patterns, units = spins.shape
    weights = np.zeros((networks, units, units))
    for number in range(patterns):
        spin = spins[:, number].astype(np.float64)
        row, column = spin[:, :, None], spin[:, None, :]
        local = weights @ row - weights * column  # h_ij, to which neither unit i nor unit j contributes
        back = row * local.transpose(0, 2, 1)
        weights += (row * column - back - back.transpose(0, 2, 1)) / units
        _without_diagonal(weights)
    return weights


def _pseudo_inverse(spins: NDArray[np.float32]) -> NDArray[np.floating]:
    wide = spins.astype(np.float64)
    turned = wide.transpose(0, 2, 1)
    weights = turned @ np.linalg.pinv(wide @ turned, hermitian=True) @ wide
    return _without_diagonal((weights + weights.transpose(0, 2, 1)) / 2)


RULES: Registry[LearningRule] = Registry(
    "learning rule",
    (
        LearningRule(
            name="hebb",
            learn=_hebb,
            capacity="0.138 N with a few wrong units; N / (2 ln N) without",
            source="Hopfield, 1982, equation 2; Amit, Gutfreund and Sompolinsky, 1985",
        ),
        LearningRule(
            name="clipped",
            learn=_clipped,
            capacity="2 / pi of Hebb's rule",
            source="Hopfield, 1982: Hebb's weights of which only the sign is kept",
        ),
        LearningRule(
            name="storkey",
            learn=_storkey,
            capacity="N / sqrt(2 ln N) without wrong units",
            source="Storkey, Increasing the capacity of a Hopfield network without sacrificing functionality, 1997",
        ),
        LearningRule(
            name="pseudo-inverse",
            learn=_pseudo_inverse,
            capacity="every linearly independent pattern, up to N",
            source="Personnaz, Guyon and Dreyfus, 1985",
        ),
    ),
    aliases={"projection": "pseudo-inverse"},
)
