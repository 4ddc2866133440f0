"""The experiments with recurrent networks: Elman's four, and three of long short-term memory."""

from __future__ import annotations

from learnet.experiments.record import Experiment, Threshold
from learnet.experiments.recurrent_elman import letter_sequences, word_boundaries, word_classes, xor_in_time
from learnet.experiments.recurrent_lstm import adding_problem, order_in_time, reber_grammar

_ELMAN = "Elman, Finding Structure in Time, Cognitive Science 14, 1990"
_LSTM = "Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9, 1997"

EXPERIMENTS = (
    Experiment(
        name="elman-xor",
        title="Exclusive or in time, by a network of two hidden units",
        paper="the error is low at every third bit, which can be predicted, and high elsewhere",
        reference=f"{_ELMAN}, experiment 1",
        thresholds=(
            Threshold(of="Elman: error at predictable bits / at others", at_most=0.5, share=0.8),
            Threshold(of="feed-forward: error at predictable bits / at others", at_least=0.5),
        ),
        run=xor_in_time,
        seeds=10,
        quick_reaches=False,
    ),
    Experiment(
        name="elman-letters",
        title="Letters that depend on those before: ba, dii, guuu",
        paper="the error is high at consonants and low at vowels; that a consonant comes is known",
        reference=f"{_ELMAN}, experiment 2",
        thresholds=(
            Threshold(of="Elman: error at vowels / at consonants", at_most=0.2),
            Threshold(of="Elman: error of the consonant bit", at_most=0.1),
            Threshold(of="feed-forward: error of the consonant bit", at_least=0.1),
        ),
        run=letter_sequences,
    ),
    Experiment(
        name="elman-words",
        title="Where words begin in a stream of letters",
        paper="the error is high at the first letter of a word and falls within it",
        reference=f"{_ELMAN}, experiment 3",
        thresholds=(Threshold(of="Elman: error at first letters / at third and later ones", at_least=1.5),),
        run=word_boundaries,
    ),
    Experiment(
        name="elman-classes",
        title="Nouns, verbs and their kinds, from the order of words",
        paper="cosine 0.916 with the likelihoods of successors; hidden units fall into verbs and nouns",
        reference=f"{_ELMAN}, experiment 4",
        thresholds=(
            Threshold(of="Elman: cosine with the likelihoods", at_least=0.9),
            Threshold(of="Elman: first split is nouns and verbs", at_least=1),
            Threshold(of="feed-forward: cosine with the likelihoods", at_most=0.9),
        ),
        run=word_classes,
        seeds=3,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="lstm-reber",
        title="The embedded Reber grammar, whose last choice repeats the first",
        paper="97 to 100 % of trials solved after 8,440 or more sequences; Elman's network never",
        reference=f"{_LSTM}, experiment 1",
        thresholds=(
            Threshold(of="LSTM: strings right at every step", at_least=0.99, share=0.9),
            Threshold(of="Elman: last choices right", at_most=0.99),
        ),
        run=reber_grammar,
        first_seed=10,
        seeds=10,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="lstm-adding",
        title="Adding two marked numbers among a hundred",
        paper="1 of 2,560 sequences wrong after 74,000; other recurrent networks fail",
        reference=f"{_LSTM}, experiment 4",
        thresholds=(
            Threshold(of="LSTM: sequences wrong by 0.04 or more", at_most=0.01),
            Threshold(of="plain network: squared error / the best constant's", at_least=0.5),
        ),
        run=adding_problem,
        seeds=3,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="lstm-order",
        title="In which order two symbols came, fifty steps apart",
        paper="1 of 2,560 sequences wrong after 31,390",
        reference=f"{_LSTM}, experiment 6a",
        thresholds=(
            Threshold(of="LSTM: right", at_least=0.995),
            Threshold(of="plain network: right", at_most=0.4),
        ),
        run=order_in_time,
        seeds=3,
        quick_seeds=1,
        quick_reaches=False,
    ),
)
