"""Networks with an energy: Hopfield's associative memory, the Boltzmann machine and the restricted one; NumPy only."""

from learnet.energy.annealing import Annealing
from learnet.energy.boltzmann import BoltzmannMachine, Learning, Noise
from learnet.energy.connectivity import connectivity, distinct_codes, encoder
from learnet.energy.hopfield import Hopfield, Recall
from learnet.energy.modern import ModernHopfield, ModernRecall
from learnet.energy.partition import PartitionEstimate
from learnet.energy.patterns import CODINGS, Coding, bars_and_stripes, corrupt, overlap, random_patterns, two_tones
from learnet.energy.rbm import RestrictedBoltzmannMachine
from learnet.energy.rules import RULES, LearningRule
from learnet.energy.visible import VISIBLE, Visible

__all__ = [
    "CODINGS",
    "RULES",
    "VISIBLE",
    "Annealing",
    "BoltzmannMachine",
    "Coding",
    "Hopfield",
    "Learning",
    "LearningRule",
    "ModernHopfield",
    "ModernRecall",
    "Noise",
    "PartitionEstimate",
    "Recall",
    "RestrictedBoltzmannMachine",
    "Visible",
    "bars_and_stripes",
    "connectivity",
    "corrupt",
    "distinct_codes",
    "encoder",
    "overlap",
    "random_patterns",
    "two_tones",
]
