"""What every translating network is: three views of the same layers, and the sizes that decide them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from learnet.core import UsageError
from learnet.options.translate import CellName, ModelName

if TYPE_CHECKING:
    import keras

    from learnet.options.translate import TranslateConfig

LARGEST = {"source_size": 2**17, "target_size": 2**17, "embedding": 4096, "units": 4096, "layers": 24, "heads": 64}


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """The sizes of a translating network; one that exists is valid.

    Attributes:
        model: The family: ``"plain"`` squeezes the source into one state, ``"attention"`` looks back at each of its
            pieces, ``"transformer"`` has no recurrence.
        cell: Of the recurrent families.
        source_size: Pieces of the source vocabulary.
        target_size: Pieces of the target vocabulary.
        embedding: Numbers by which a piece is described; of the Transformer, the width of everything.
        units: Of each recurrent layer; of the Transformer, those between the two layers of its feed-forward part.
        layers: Of the encoder, and as many of the decoder; with attention the decoder has one more, below the look.
        heads: Of the Transformer; a divisor of ``embedding``.
        dropout: Rate between layers while training, in [0, 1).

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> NetworkConfig(source_size=10, target_size=10, embedding=30, heads=4, model="transformer")
        Traceback (most recent call last):
        learnet.core.errors.UsageError: A Transformer's embedding must be a multiple of twice its heads; received 30 \
with 4 heads.
    """

    model: ModelName = "attention"
    cell: CellName = "gru"
    source_size: int
    target_size: int
    embedding: int = 256
    units: int = 256
    layers: int = 1
    heads: int = 4
    dropout: float = 0.2

    def __post_init__(self) -> None:
        for name, choices in (("model", get_args(ModelName)), ("cell", get_args(CellName))):
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"A translating network's {name} must be one of {', '.join(choices)}; received "
                    f"'{getattr(self, name)}'."
                )
        for name, most in LARGEST.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise UsageError(
                    f"A translating network's {name} must be a whole number from 1 to {most}; received {value!r}."
                )
        if not 0 <= self.dropout < 1:
            raise UsageError(
                f"A translating network's dropout must be at least 0 and less than 1; received {self.dropout!r}."
            )
        if self.model == "transformer" and self.embedding % (2 * self.heads):
            raise UsageError(
                f"A Transformer's embedding must be a multiple of twice its heads; received {self.embedding} with "
                f"{self.heads} heads."
            )


def network_config(config: TranslateConfig, *, source_size: int, target_size: int) -> NetworkConfig:
    """Return the sizes of a run's network for vocabularies of these sizes.

    Raises:
        UsageError: If the options cannot go together.
    """
    return NetworkConfig(
        model=config.model,
        cell=config.cell,
        source_size=source_size,
        target_size=target_size,
        embedding=config.embedding,
        units=config.units,
        layers=config.layers,
        heads=config.heads,
        dropout=config.dropout,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Networks:
    """One network in three views that share all layers.

    Attributes:
        config: Its sizes.
        trainer: From source pieces ``(b, s)`` and the pieces said so far ``(b, t)``, int32 with 0 for padding, to the
            logits of the next piece at each place ``(b, t, target_size)``.
        encoder: From source pieces ``(b, s)`` to ``states`` arrays ``(b, ...)`` that change from step to step, and
            then the arrays that do not.
        step: From the last piece ``(b,)`` and all of these to the logits ``(b, target_size)``, the attention paid to
            each source piece ``(b, s)`` (zeros without attention), and the next states.
        states: How many arrays are states.
    """

    config: NetworkConfig
    trainer: keras.Model
    encoder: keras.Model
    step: keras.Model
    states: int


def recurrent_parameters(cell: CellName, width: int, units: int) -> int:
    """Return how many weights a recurrent layer of Keras has.

    Example:
        >>> recurrent_parameters("lstm", 10, 20), recurrent_parameters("gru", 10, 20)
        (2480, 1920)
    """
    if cell == "lstm":
        return 4 * units * (width + units + 1)
    return 3 * units * (width + units + 2)


def recurrent_layer(config: NetworkConfig, name: str, **options: Any) -> Any:
    """Return a layer that gives its outputs at each step and its last states."""
    from learnet.core import keras as import_keras

    layers = import_keras().layers
    kind = layers.LSTM if config.cell == "lstm" else layers.GRU
    layer = kind(config.units, return_sequences=True, return_state=True, name=name, **options)
    layer.cell.name = f"{name}_cell"  # Keras calls all alike, and the view of one step holds several
    return layer


def states_each(config: NetworkConfig) -> int:
    """Return how many arrays a recurrent layer's state is."""
    return 2 if config.cell == "lstm" else 1


def state_inputs(config: NetworkConfig, layers: int) -> list[Any]:
    """Return the inputs of a step's view for the states of so many recurrent layers."""
    from learnet.core import keras as import_keras

    count = layers * states_each(config)
    return [import_keras().Input((config.units,), name=f"state_{number}") for number in range(count)]


class Readout:
    """From what the decoder knows to logits; the target embedding is both the way in and the way out.

    Press and Wolf, Using the Output Embedding to Improve Language Models, 2017.
    """

    def __init__(self, config: NetworkConfig) -> None:
        from learnet.core import keras as import_keras

        keras = import_keras()
        self.embedding = keras.layers.ReversibleEmbedding(
            config.target_size,
            config.embedding,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=config.embedding**-0.5),
            reverse_dtype=keras.config.dtype_policy().compute_dtype,  # embeddings do not follow the policy themselves
            name="target_embedding",
        )
        self._dense = keras.layers.Dense(config.embedding, activation="tanh", name="readout")
        self._dropout = keras.layers.Dropout(config.dropout)

    def __call__(self, *known: Any) -> Any:
        """Return the logits of the next piece."""
        from learnet.core import keras as import_keras

        joined = import_keras().ops.concatenate(known, axis=-1) if len(known) > 1 else known[0]
        return self.embedding(self._dropout(self._dense(joined)), reverse=True)
