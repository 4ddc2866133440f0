"""Everything that decides how a translator is made, checked before a sentence is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from learnet.applications.translate.network import CellName, ModelName, NetworkConfig
from learnet.core import UsageError
from learnet.training import TrainingConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

PrecisionName = Literal["float32", "bfloat16"]
_MOST_EPOCHS = 30


@dataclass(frozen=True, kw_only=True)
class TranslateConfig:
    """How a translator is made.

    Attributes:
        data: Files of pairs, or ``"multi30k"``.
        encoding: How files are written; what they say themselves, else UTF-8, if not given.
        swap: Translate from the second to the first.
        model: The family of the network, see ``NetworkConfig``.
        cell: Of the recurrent families.
        embedding: See ``NetworkConfig``.
        units: See ``NetworkConfig``.
        layers: See ``NetworkConfig``.
        heads: See ``NetworkConfig``.
        dropout: See ``NetworkConfig``.
        reverse: Read sources backwards, which helps a plain network (Sutskever et al., 2014, section 3.3).
        vocabulary: Pieces of each language at most, at least 30.
        lowercase: Read capitals as small letters, on both sides.
        pieces: About how many pieces of the target a training batch has.
        longest: Pieces; longer pairs are not trained on.
        label_smoothing: See ``NextPiece``.
        learning_rate: The largest of the schedule.
        epochs: Passes over the training pairs; at most 30, or as many as fit in the time limit, if not given.
        ema: Decay of the moving average of the weights; None for none.
        precision: Of training; the bundle is float32.
        beam: Of the test, at least 1.
        validation_fraction: Share of pairs that chooses the best epoch.
        test_fraction: Share of pairs to test with.
        seed: Every random choice comes from it.

    Raises:
        UsageError: If a value is out of its range.
    """

    data: tuple[str, ...]
    encoding: str | None = None
    swap: bool = False
    model: ModelName = "attention"
    cell: CellName = "gru"
    embedding: int = 256
    units: int = 384
    layers: int = 1
    heads: int = 4
    dropout: float = 0.3
    reverse: bool = False
    vocabulary: int = 4000
    lowercase: bool = False
    pieces: int = 2048
    longest: int = 100
    label_smoothing: float = 0.1
    learning_rate: float = 2e-3
    epochs: int | None = None
    ema: float | None = 0.999
    precision: PrecisionName = "bfloat16"
    beam: int = 5
    validation_fraction: float = 0.05
    test_fraction: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        rules = (
            ("vocabulary", self.vocabulary >= 30, "at least 30"),
            ("pieces", self.pieces >= 16, "at least 16"),
            ("longest", self.longest >= 1, "at least 1"),
            ("beam", 1 <= self.beam <= 100, "from 1 to 100"),
            ("precision", self.precision in get_args(PrecisionName), "float32 or bfloat16"),
        )
        for name, holds, wanted in rules:
            if not holds:
                raise UsageError(f"The translator's {name} must be {wanted}; received {getattr(self, name)!r}.")
        self.network(self.vocabulary, self.vocabulary)
        self.training()

    def network(self, source_size: int, target_size: int) -> NetworkConfig:
        """Return the sizes of the network for vocabularies of these sizes."""
        return NetworkConfig(
            model=self.model,
            cell=self.cell,
            source_size=source_size,
            target_size=target_size,
            embedding=self.embedding,
            units=self.units,
            layers=self.layers,
            heads=self.heads,
            dropout=self.dropout,
        )

    def training(self) -> TrainingConfig:
        """Return how the network is trained."""
        return TrainingConfig(
            epochs=_MOST_EPOCHS if self.epochs is None else self.epochs,
            batch_size=max(1, self.pieces // 16),
            optimizer="adam",
            learning_rate=self.learning_rate,
            schedule="cosine",
            warmup_epochs=0.5,
            label_smoothing=self.label_smoothing,
            ema=self.ema,
            clip_norm=1.0,
            seed=self.seed,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "data": list(self.data)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TranslateConfig:
        """Return what ``to_json`` made.

        Raises:
            ValueError: If names are missing or unknown.
        """
        if told.keys() != {each.name for each in fields(cls)}:
            raise ValueError(f"the names differ: {sorted(told.keys())}")
        return cls(**{**told, "data": tuple(told["data"])})

    def command(self) -> str:
        """Return the command line that repeats the run, but for the time limit."""
        flags = {name: value for name, value in self.to_json().items() if name in _FLAGS}
        plain = type(self)(data=self.data)
        told = [
            f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}")
            for name, value in flags.items()
            if value != getattr(plain, name)
        ]
        return " ".join(["learnet translate train", *self.data, *told])


_FLAGS = tuple(each.name for each in fields(TranslateConfig) if each.name != "data")
