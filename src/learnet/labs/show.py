"""Pictures in a notebook, and learning curves that grow while a network learns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from learnet.plots import curves_figure, to_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from learnet.training import EpochRow


class Picture:
    """A picture that a notebook shows.

    Attributes:
        png: The file's bytes.
    """

    def __init__(self, png: bytes) -> None:
        self.png = png

    def _repr_png_(self) -> bytes:
        return self.png


def show(figure: Figure, *, dots_per_inch: int = 96) -> Picture:
    """Return a figure as something that a notebook shows."""
    return Picture(to_png(figure, dots_per_inch=dots_per_inch))


class LiveCurves:
    """Draws the learning curves anew after each epoch; to be given to ``fit`` as ``on_epoch``.

    In a notebook there is one picture that changes; elsewhere nothing is drawn.

    Attributes:
        history: The epochs so far.
    """

    def __init__(self) -> None:
        self.history: list[EpochRow] = []
        self._handle: Any = None

    def __call__(self, row: EpochRow) -> None:
        """Take one more epoch."""
        self.history.append(row)
        if "ipykernel" not in sys.modules:
            return
        from IPython.display import display

        picture = show(curves_figure(self.history))
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)
