"""The colours that a network chooses from: cells of a grid over U and V, the most frequent of the training photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.colour import chroma
from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIDE = 10
KEPT = 32
U_RANGE, V_RANGE = (-0.45, 0.45), (-0.65, 0.65)
_PHOTOS_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class ColourGrid:
    """Which of the 100 cells are kept, and the colour that each one stands for.

    Attributes:
        cells: int ``(n,)``: the kept cells, the most frequent first; a cell's number is 10 times its row (U) plus its
            column (V).
        colours: float64 ``(n, 2)``: U and V that a kept cell stands for.
        shares: float64 ``(n,)``: the share of the training pixels that each kept cell is the answer for; the rarer
            cells' pixels count for the kept one nearest to them.

    Source: Billaut, de Rochemonteix and Thibault, ColorUNet, 2018, section 3.2.
    """

    cells: NDArray[np.int64]
    colours: Floats
    shares: Floats

    def __len__(self) -> int:
        return len(self.cells)

    def answers(self, colours: NDArray[Any]) -> NDArray[np.uint8]:
        """Return which kept cell each colour ``(…, 2)`` belongs to, uint8 ``(…)``: its own, or the nearest kept one."""
        return self._table()[cell_of(colours)]

    def weights(self, lam: float) -> Floats:
        """Return what a pixel of each kept cell counts, float64 ``(n,)``, so that rare colours are learnt as well.

        The weights are proportional to ((1 - lam) P + lam / n)^-1 and their mean over the training pixels is 1.

        Args:
            lam: In [0, 1]: 1 gives equal weights; the smaller, the more a rare colour counts.

        Raises:
            UsageError: If ``lam`` is out of its range, or 0 where a kept cell is empty.

        Source: Zhang, Isola and Efros, Colorful Image Colorization, 2016, section 2.2.
        """
        return rebalancing_weights(self.shares, lam)

    def _table(self) -> NDArray[np.uint8]:
        return _nearest_kept(self.cells)


def rebalancing_weights(shares: NDArray[Any], lam: float) -> Floats:
    """Return ``((1 - lam) shares + lam / n)^-1``, scaled so that ``sum(weights * shares)`` is 1.

    Args:
        shares: ``(n,)``, which sum to 1.
        lam: In [0, 1].

    Raises:
        UsageError: If ``lam`` is out of its range, or 0 where a share is 0.

    Example:
        >>> rebalancing_weights(np.array([0.9, 0.1]), 1.0).tolist()
        [1.0, 1.0]
        >>> weights = rebalancing_weights(np.array([0.9, 0.1]), 0.2)
        >>> bool(weights[1] > weights[0]), round(float(weights @ [0.9, 0.1]), 12)
        (True, 1.0)
    """
    mixed = (1 - lam) * np.asarray(shares, np.float64) + lam / len(shares)
    if not 0 <= lam <= 1 or mixed.min() <= 0:
        raise UsageError(
            f"The rebalancing's lambda must be greater than 0 and at most 1 (0 only if no colour is missing); received "
            f"{lam!r}."
        )
    weights: Floats = 1 / mixed
    return weights / float(weights @ shares)


def cell_of(colours: NDArray[Any]) -> NDArray[np.int64]:
    """Return the grid's cell of each colour ``(…, 2)``, int ``(…)``; what lies outside belongs to the rim.

    Example:
        >>> cell_of(np.array([[-0.45, -0.65], [0.001, 0.001], [0.9, 0.9]])).tolist()
        [0, 55, 99]
    """
    places = np.empty((*colours.shape[:-1], 2), np.int64)
    for axis, (low, high) in enumerate((U_RANGE, V_RANGE)):
        steps = (colours[..., axis] - low) * (SIDE / (high - low))
        places[..., axis] = np.clip(np.floor(steps), 0, SIDE - 1)
    return SIDE * places[..., 0] + places[..., 1]


def cell_centres() -> Floats:
    """Return U and V in the middle of each cell, float64 ``(100, 2)``."""
    axes = [low + (high - low) / SIDE * (np.arange(SIDE) + 0.5) for low, high in (U_RANGE, V_RANGE)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def choose_colours(images: NDArray[np.uint8], *, kept: int = KEPT, centres: bool = False) -> ColourGrid:
    """Choose the colours that a network may answer with, from the training photos.

    Args:
        images: uint8 RGB ``(n, h, w, 3)``.
        kept: How many cells to keep, at least 2; fewer where the photos have fewer.
        centres: Let a cell stand for its middle, as published. Otherwise it stands for the mean colour of the pixels
            that fall into it, which is nearer to them: no cell of the grid has grey in its middle.

    Raises:
        UsageError: If ``kept`` is out of its range.
    """
    if not 2 <= kept <= SIDE**2:
        raise UsageError(f"Of the grid's {SIDE**2} colours at least 2 are kept; received {kept}.")
    counts, sums = np.zeros(SIDE**2), np.zeros((SIDE**2, 2))
    for start in range(0, len(images), _PHOTOS_AT_ONCE):
        colours = chroma(images[start : start + _PHOTOS_AT_ONCE]).reshape(-1, 2)
        cells = cell_of(colours)
        counts += np.bincount(cells, minlength=SIDE**2)
        for axis in range(2):
            sums[:, axis] += np.bincount(cells, colours[:, axis], minlength=SIDE**2)
    order = np.argsort(-counts, kind="stable")[: min(kept, max(2, np.count_nonzero(counts)))]
    pixels = np.bincount(_nearest_kept(order), counts, minlength=len(order))
    filled = np.maximum(counts[order], 1)[:, None]
    means = np.where(counts[order, None] > 0, sums[order] / filled, cell_centres()[order])
    chosen: Floats = cell_centres()[order] if centres else means
    return ColourGrid(cells=order, colours=chosen, shares=pixels / max(1.0, pixels.sum()))


def _nearest_kept(cells: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return for each of the grid's cells the position of the kept one that is nearest, uint8 ``(100,)``."""
    middles = cell_centres()
    distances = ((middles[:, None] - middles[None, cells]) ** 2).sum(axis=-1)
    nearest: NDArray[np.uint8] = distances.argmin(axis=1).astype(np.uint8)
    return nearest
