"""Every figure that learnet draws: colour-blind safe, the same in reports, labs and docs (Matplotlib, no pyplot)."""

from learnet.plots.calibration import reliability_figure
from learnet.plots.classes import bars_figure, confusion_figure
from learnet.plots.curves import curves_figure
from learnet.plots.pictures import pictures_figure
from learnet.plots.rates import rates_figure
from learnet.plots.style import OKABE_ITO, drawing, new_figure, to_png, to_svg
from learnet.plots.tuning import (
    SettingAxis,
    TrialPoint,
    history_figure,
    importance_figure,
    map_figure,
    parallel_figure,
    slices_figure,
)

__all__ = [
    "OKABE_ITO",
    "SettingAxis",
    "TrialPoint",
    "bars_figure",
    "confusion_figure",
    "curves_figure",
    "drawing",
    "history_figure",
    "importance_figure",
    "map_figure",
    "new_figure",
    "parallel_figure",
    "pictures_figure",
    "rates_figure",
    "reliability_figure",
    "slices_figure",
    "to_png",
    "to_svg",
]
