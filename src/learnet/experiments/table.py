"""The table of experiments: one file a family, one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import Registry
from learnet.experiments import (
    backpropagation,
    colourise,
    driving,
    energy,
    gan,
    lenet,
    optimisers,
    perceptron,
    recurrent,
    regularisation,
    svm,
    translation,
)

if TYPE_CHECKING:
    from learnet.experiments.record import Experiment

EXPERIMENTS: Registry[Experiment] = Registry(
    "experiment",
    [
        *perceptron.EXPERIMENTS,
        *backpropagation.EXPERIMENTS,
        *optimisers.EXPERIMENTS,
        *regularisation.EXPERIMENTS,
        *lenet.EXPERIMENTS,
        *energy.EXPERIMENTS,
        *svm.EXPERIMENTS,
        *gan.EXPERIMENTS,
        *recurrent.EXPERIMENTS,
        *colourise.EXPERIMENTS,
        *translation.EXPERIMENTS,
        *driving.EXPERIMENTS,
    ],
)
