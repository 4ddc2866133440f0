"""The options of ``learnet translate``."""

from __future__ import annotations

from typing import ClassVar, Literal

from learnet.options.common import (
    DATA,
    NETWORK,
    OUTPUT,
    RUN,
    BundleOptions,
    LabelOptions,
    OutOption,
    SplitOptions,
    TimeOptions,
    ValidationOptions,
)
from learnet.options.schema import Schema, like, option
from learnet.options.text import Paths, PathText, Text
from learnet.options.train import TrainConfig
from learnet.options.training import Precision, TrainingConfig

ModelName = Literal["attention", "plain", "transformer"]
CellName = Literal["gru", "lstm"]
MOST_EPOCHS = 30


class TextOptions(Schema):
    """How text files are read."""

    encoding: Text | None = option(None, group=DATA, usual="its byte-order mark, else UTF-8")
    """Encoding of the text, such as cp1252."""


class TranslateConfig(TimeOptions, ValidationOptions, TextOptions):
    """Train a network to translate: train, test, report, and a bundle that proves itself.

    Raises:
        UsageError: If a value is out of its range.
    """

    verb: ClassVar[str] = "translate train"

    data: Paths = like(
        LabelOptions,
        "data",
        ...,
        metavar="PAIRS",
        missing="From which pairs? Give two text files, a table with tabs, or multi30k, or --resume RUN.",
    )
    """Two text files whose lines belong together (also .gz), or one with a tab between sentence and translation, or
    multi30k.
    """
    swap: bool = option(False, group=DATA)
    """Translate from the second language to the first."""
    lowercase: bool = option(False, group=DATA)
    """Read capitals as small letters."""
    longest: int = option(100, group=DATA, unit="pieces", ge=1)
    """Longest pairs to train on."""
    vocabulary: int = option(4000, group=NETWORK, ge=30, le=2**17)
    """Pieces of words of each language."""
    model: ModelName = like(TrainConfig, "model", "attention")
    """Family: attention looks back at the sentence, plain remembers it, transformer has no recurrence."""
    cell: CellName = option("gru", group=NETWORK, only={"model": ("attention", "plain")})
    """Cell of the recurrent networks."""
    reverse: bool = option(False, group=NETWORK)
    """Read sentences backwards (Sutskever and others, 2014, section 3.3)."""
    embedding: int = option(256, group=NETWORK, ge=1, le=4096)
    """Numbers that describe a piece."""
    units: int = option(384, group=NETWORK, ge=1, le=4096)
    """Units of each recurrent layer."""
    layers: int = option(1, group=NETWORK, ge=1, le=24)
    """Layers of encoder and decoder."""
    heads: int = option(4, group=NETWORK, ge=1, le=64, only={"model": ("transformer",)})
    """Attention heads of the transformer."""
    dropout: float = like(TrainConfig, "dropout", 0.3, usual="")
    """Dropout rate between layers."""
    label_smoothing: float = like(TrainingConfig, "label_smoothing", 0.1)
    learning_rate: float = like(TrainingConfig, "learning_rate", 0.002)
    ema: float | None = like(TrainingConfig, "ema", 0.999)
    pieces: int = like(TrainingConfig, "batch_size", 2048, ge=16)
    """Target pieces per step, about."""
    epochs: int | None = like(TrainingConfig, "epochs", None, usual="30, or as many as fit into --time-limit")
    precision: Precision = like(TrainConfig, "precision", "auto")
    beam: int = option(5, group=RUN, ge=1, le=100)
    """Width of the beam search; 1 is greedy and fastest."""
    validation_fraction: float = like(ValidationOptions, "validation_fraction", 0.05)
    test_fraction: float = like(SplitOptions, "test_fraction", 0.05)
    seed: int = like(TrainingConfig, "seed", 0)

    @property
    def training(self) -> TrainingConfig:
        """How the network is trained."""
        return TrainingConfig(
            epochs=self.epochs or MOST_EPOCHS,
            batch_size=max(1, self.pieces // 16),
            learning_rate=self.learning_rate,
            warmup_epochs=0.5,
            label_smoothing=self.label_smoothing,
            ema=self.ema,
            clip_norm=1.0,
            seed=self.seed,
        )


class TranslateApplyConfig(TextOptions, BundleOptions):
    """Translate a sentence, or each line of a file or of standard input."""

    verb: ClassVar[str] = "translate apply"

    text: Text | None = option(None, positional=True, metavar="[TEXT]")
    """A sentence, or a text file with one per line; standard input if not given."""
    beam: int = like(TranslateConfig, "beam", 5)
    attention: PathText | None = option(None, group=OUTPUT, metavar="PNG")
    """Draw what the network attended to in the first sentence."""
    out: PathText | None = like(OutOption, "out", None, usual="standard output")
    """Text file for the translations, one per line."""
