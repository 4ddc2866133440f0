"""The experiments with recurrent networks: Elman's four, and three of long short-term memory."""

from learnet.experiments.recurrent_elman import letter_sequences, word_boundaries, word_classes, xor_in_time
from learnet.experiments.recurrent_lstm import adding_problem, order_in_time, reber_grammar
from learnet.experiments.recurrent_record import RecurrentOutcome

__all__ = [
    "RecurrentOutcome",
    "adding_problem",
    "letter_sequences",
    "order_in_time",
    "reber_grammar",
    "word_boundaries",
    "word_classes",
    "xor_in_time",
]
