"""Pictures in rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.plots.style import drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure


def pictures_figure(images: np.ndarray, *, rows: Sequence[str] = (), columns: Sequence[str] = ()) -> Figure:
    """Draw a grid of pictures.

    Args:
        images: uint8 ``(rows, columns, h, w, 3)``, or ``(rows, columns, h, w)`` of any number type, drawn in greys
            from its smallest to its largest value.
        rows: What each row is called.
        columns: What each column is called.

    Returns:
        The figure, each picture an inch and a bit wide.
    """
    down, across, height, width = images.shape[:4]
    tall = max(1.25 * height / width + 0.1, 0.7 if rows else 0.0)  # a row's name is written upwards
    with drawing(**{"axes.grid": False}):
        figure = new_figure(width=1.3 * across + 0.6, height=tall * down + 0.3)
        grid = figure.subplots(down, across, squeeze=False)
        for row in range(down):
            for column in range(across):
                axes = grid[row, column]
                axes.imshow(images[row, column], cmap="gray", interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                for spine in axes.spines.values():
                    spine.set_visible(False)
                if row == 0 and column < len(columns):
                    axes.set_title(columns[column], fontsize=9)
                if column == 0 and row < len(rows):
                    axes.set_ylabel(rows[row], fontsize=9)
    return figure
