"""What a network looked at while it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learnet.plots.style import INK, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

_TALLEST, _WIDEST = 14.0, 14.0
_SPACE = "\u2581"  # SentencePiece's sign


def attention_figure(source: Sequence[str], target: Sequence[str], looks: ArrayLike, *, title: str = "") -> Figure:
    """Draw, for each piece that was written, which pieces were looked at, as a heat map.

    Args:
        source: The pieces that were read, in the order of the sentence.
        target: The pieces that were written.
        looks: ``(target pieces, source pieces)``, each row a distribution.
        title: What stands above it.

    Returns:
        The figure: the source from left to right, the target from top to bottom, dark where it was looked.

    Raises:
        ValueError: If the looks are of another shape.
    """
    values = np.asarray(looks, np.float64)
    if values.shape != (len(target), len(source)):
        raise ValueError(
            f"Looks must be of shape (target, source) = {(len(target), len(source))}; received {values.shape}."
        )
    with drawing(**{"axes.grid": False}):
        figure = new_figure(
            width=min(_WIDEST, 2.2 + 0.34 * len(source)),
            height=min(_TALLEST, max(3.0, 1.6 + 0.3 * len(target))),
        )
        axes = figure.subplots()
        image = axes.imshow(values, cmap="Blues", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
        axes.set_xticks(range(len(source)), [_shown(piece) for piece in source], rotation=90)
        axes.set_yticks(range(len(target)), [_shown(piece) for piece in target])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.tick_params(length=0)
        axes.set(xlabel="read", ylabel="written")
        axes.spines[:].set_visible(False)
        if len(source) and len(target):
            best = values.argmax(axis=1)
            axes.plot(best, range(len(target)), ".", color=INK, markersize=3)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label("share")
        if title:
            figure.suptitle(title, fontsize=11)
    return figure


def _shown(piece: str) -> str:
    return piece.replace(_SPACE, " ").strip() or "\u2423"
