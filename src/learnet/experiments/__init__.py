"""Each published experiment as one function: the paper's number beside ours."""

from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Row, Threshold
from learnet.experiments.reproduce import reproduce
from learnet.experiments.table import EXPERIMENTS

__all__ = ["EXPERIMENTS", "Experiment", "Line", "Outcome", "Row", "Threshold", "lines_figure", "reproduce"]
