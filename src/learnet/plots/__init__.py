"""Every figure that learnet draws: colour-blind safe, the same in reports, labs and docs (Matplotlib, no pyplot)."""

from learnet.plots.calibration import reliability_figure
from learnet.plots.classes import bars_figure, confusion_figure
from learnet.plots.curves import curves_figure
from learnet.plots.networks import Stage, block_figure, modes_figure
from learnet.plots.pictures import pictures_figure
from learnet.plots.rates import rates_figure
from learnet.plots.style import OKABE_ITO, drawing, new_figure, to_png, to_svg

__all__ = [
    "OKABE_ITO",
    "Stage",
    "bars_figure",
    "block_figure",
    "confusion_figure",
    "curves_figure",
    "drawing",
    "modes_figure",
    "new_figure",
    "pictures_figure",
    "rates_figure",
    "reliability_figure",
    "to_png",
    "to_svg",
]
