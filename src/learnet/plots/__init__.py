"""Every figure that learnet draws: colour-blind safe, the same in reports, labs and docs (Matplotlib, no pyplot)."""

from learnet.plots.attention import attention_figure
from learnet.plots.calibration import reliability_figure
from learnet.plots.classes import bars_figure, confusion_figure
from learnet.plots.curves import curves_figure
from learnet.plots.decision import borders_figure, decision_figure
from learnet.plots.descent import slope_figure, surface_figure
from learnet.plots.fits import fit_figure
from learnet.plots.games import beliefs_figure, clouds_figure
from learnet.plots.intervals import Measured, intervals_figure
from learnet.plots.memories import energy_figure, states_figure
from learnet.plots.networks import Stage, block_figure, modes_figure
from learnet.plots.neurons import activations_figure, neuron_figure, weights_figure
from learnet.plots.pictures import pictures_figure
from learnet.plots.rates import rates_figure
from learnet.plots.sequences import states_in_time_figure, surprise_figure
from learnet.plots.series import series_figure
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
    "Measured",
    "SettingAxis",
    "Stage",
    "TrialPoint",
    "activations_figure",
    "attention_figure",
    "bars_figure",
    "beliefs_figure",
    "block_figure",
    "borders_figure",
    "clouds_figure",
    "confusion_figure",
    "curves_figure",
    "decision_figure",
    "drawing",
    "energy_figure",
    "fit_figure",
    "history_figure",
    "importance_figure",
    "intervals_figure",
    "map_figure",
    "modes_figure",
    "neuron_figure",
    "new_figure",
    "parallel_figure",
    "pictures_figure",
    "rates_figure",
    "reliability_figure",
    "series_figure",
    "slices_figure",
    "slope_figure",
    "states_figure",
    "states_in_time_figure",
    "surface_figure",
    "surprise_figure",
    "to_png",
    "to_svg",
    "weights_figure",
]
