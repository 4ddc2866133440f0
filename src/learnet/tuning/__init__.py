"""Searching for settings: spaces, manual, grid, random, TPE and Hyperband searches, and studies that survive kills."""

from learnet.options.tune import JoinConfig, TuneConfig
from learnet.tuning.builtin import head_space, network_space, partial_space
from learnet.tuning.head_descent import FeatureParts, HeadSettings, TrainedHead, train_head
from learnet.tuning.propose import Proposer
from learnet.tuning.record import TrialRecord, ranking
from learnet.tuning.space import Choice, Range, Space
from learnet.tuning.space_file import read_space, write_space
from learnet.tuning.tune import Tuned, built_in_space, join, tune
from learnet.tuning.worker import Keep

__all__ = [
    "Choice",
    "FeatureParts",
    "HeadSettings",
    "JoinConfig",
    "Keep",
    "Proposer",
    "Range",
    "Space",
    "TrainedHead",
    "TrialRecord",
    "TuneConfig",
    "Tuned",
    "built_in_space",
    "head_space",
    "join",
    "network_space",
    "partial_space",
    "ranking",
    "read_space",
    "train_head",
    "tune",
    "write_space",
]
