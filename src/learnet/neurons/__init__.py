"""From one neuron to back-propagation, in NumPy: what a person can follow line by line."""

from learnet.neurons.activations import ACTIVATIONS, Activation
from learnet.neurons.backpropagation import SmallNetwork
from learnet.neurons.descent import Objective, Trajectory, descend, soft_threshold
from learnet.neurons.gradients import GradientCheck, check_gradients
from learnet.neurons.losses import LOSSES, Loss
from learnet.neurons.perceptron import Perceptron, novikoff_bound

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "GradientCheck",
    "Loss",
    "Objective",
    "Perceptron",
    "SmallNetwork",
    "Trajectory",
    "check_gradients",
    "descend",
    "novikoff_bound",
    "soft_threshold",
]
