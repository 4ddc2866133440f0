"""The sequence tasks on which recurrent networks were first shown, each drawn from a seed."""

from learnet.sequences.lexicon import CLASSES, TEMPLATES, WORDS, lexical_classes, successor_likelihoods
from learnet.sequences.long_lags import (
    ADDING_TOLERANCE,
    ORDER_SYMBOLS,
    ORDER_TOLERANCE,
    FinalTargets,
    adding,
    adding_target,
    temporal_order,
)
from learnet.sequences.reber import REBER_SYMBOLS, ReberStrings, embedded_reber, legal_successors, reber
from learnet.sequences.streams import LETTERS, SymbolStream, letters, temporal_xor, words

__all__ = [
    "ADDING_TOLERANCE",
    "CLASSES",
    "LETTERS",
    "ORDER_SYMBOLS",
    "ORDER_TOLERANCE",
    "REBER_SYMBOLS",
    "TEMPLATES",
    "WORDS",
    "FinalTargets",
    "ReberStrings",
    "SymbolStream",
    "adding",
    "adding_target",
    "embedded_reber",
    "legal_successors",
    "letters",
    "lexical_classes",
    "reber",
    "successor_likelihoods",
    "temporal_order",
    "temporal_xor",
    "words",
]
