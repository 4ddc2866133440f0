"""From one neuron to back-propagation, in NumPy: what a person can follow line by line."""

from learnet.neurons.activations import ACTIVATIONS, Activation
from learnet.neurons.backpropagation import SmallNetwork
from learnet.neurons.descent import Objective, Trajectory, descend, soft_threshold
from learnet.neurons.gradients import GradientCheck, check_gradients
from learnet.neurons.losses import LOSSES, Loss
from learnet.neurons.perceptron import Perceptron, novikoff_bound
from learnet.neurons.support_vectors import (
    SupportVectors,
    dual_objective,
    kkt_gap,
    polynomial_kernel,
    support_vectors,
)

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "GradientCheck",
    "Loss",
    "Objective",
    "Perceptron",
    "SmallNetwork",
    "SupportVectors",
    "Trajectory",
    "check_gradients",
    "descend",
    "dual_objective",
    "kkt_gap",
    "novikoff_bound",
    "polynomial_kernel",
    "soft_threshold",
    "support_vectors",
]
