"""Learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from learnet.plots.style import LINE, OKABE_ITO, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


class Epoch(Protocol):
    """One row of a history."""

    @property
    def epoch(self) -> int:
        """From 1."""

    @property
    def loss(self) -> float:
        """Of the training images."""

    @property
    def accuracy(self) -> float:
        """Of the training images."""

    @property
    def val_loss(self) -> float:
        """Of the validation images."""

    @property
    def val_accuracy(self) -> float:
        """Of the validation images."""


def curves_figure(history: Sequence[Epoch], *, best_epoch: int | None = None, training: str = "training") -> Figure:
    """Draw loss and accuracy by epoch, of training and validation images.

    Args:
        history: One row an epoch, at least one.
        best_epoch: The epoch whose weights were kept, marked by a line.
        training: What the training images are called.

    Returns:
        The figure, 10 by 3.8 inches, with two panels.
    """
    epochs = [row.epoch for row in history]
    marker = "o" if len(history) < 40 else None
    panels = (
        ("loss", [row.loss for row in history], [row.val_loss for row in history]),
        ("accuracy, %", [100 * row.accuracy for row in history], [100 * row.val_accuracy for row in history]),
    )
    with drawing():
        figure = new_figure(width=10, height=3.8)
        for axes, (label, train, validation) in zip(figure.subplots(1, 2), panels, strict=True):
            if best_epoch is not None:
                axes.axvline(best_epoch, color=LINE, linewidth=4, zorder=0, label=f"kept: epoch {best_epoch}")
            axes.plot(epochs, train, marker=marker, markersize=3, color=OKABE_ITO["orange"], label=training)
            axes.plot(epochs, validation, marker=marker, markersize=3, color=OKABE_ITO["blue"], label="validation")
            axes.set(xlabel="epoch", ylabel=label)
            axes.xaxis.get_major_locator().set_params(integer=True)
        figure.axes[0].legend()
    return figure
