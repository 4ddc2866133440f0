"""From a network to sentences: the likeliest piece at each step, or a beam of likely beginnings."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.translate.vocabulary import BEGIN, END, PADDING, UNKNOWN
from learnet.core import UsageError, require_backend
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from learnet.applications.translate.network import Networks

_IMPOSSIBLE = -1e9
_compiled: weakref.WeakKeyDictionary[Any, tuple[Callable[..., Any], Callable[..., Any]]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How a translation is looked for.

    Attributes:
        beam: How many beginnings are kept at each step; 1 is greedy.
        length_penalty: Power of the length by which log-probabilities are divided before finished translations are
            compared; 0 compares the bare log-probabilities, which favours short ones.
        longest: Pieces at most, the end included; None for 10 more than one and a half times the source's.

    Raises:
        UsageError: If a value is out of its range.
    """

    beam: int = 5
    length_penalty: float = 1.0
    longest: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.beam <= 100:
            raise UsageError(f"A beam must be from 1 to 100 wide; received {self.beam}.")
        if not 0 <= self.length_penalty <= 5:
            raise UsageError(f"The length penalty must lie in 0 to 5; received {self.length_penalty!r}.")
        if self.longest is not None and self.longest < 1:
            raise UsageError(f"A translation must be allowed one piece at least; received {self.longest}.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """One translation.

    Attributes:
        pieces: Without begin and end.
        log_probability: Of all pieces and the end (where it came before the limit).
        attention: float32 ``(pieces said, source pieces)``, each row a distribution; None if not asked for.
    """

    pieces: list[int]
    log_probability: float
    attention: NDArray[np.float32] | None


def search(
    networks: Networks, source: NDArray[np.int32], config: SearchConfig, *, attention: bool = False
) -> list[Found]:
    """Translate a batch of sentences.

    Args:
        networks: Trained.
        source: Pieces ``(b, s)``, each row with an end and then 0.
        config: How to look.
        attention: Whether to keep what was looked at.

    Returns:
        The best translation of each row, in order.

    Source:
        Sutskever, Vinyals and Le, 2014, section 3.2 (beam); Wu et al., Google's Neural Machine Translation System,
        2016, section 7 (length).
    """
    count, beam = len(source), config.beam
    limit = config.longest or round(1.5 * source.shape[1]) + 10
    encode, advance = _functions(networks)
    state, memory = encode(source, beam)
    tokens = np.full((count, beam), BEGIN, np.int32)
    scores = np.full((count, beam), _IMPOSSIBLE, np.float32)
    scores[:, 0] = 0.0  # all beginnings are the same at first
    ended = np.zeros((count, beam), bool)
    lengths = np.zeros((count, beam), np.int32)
    trail = _Trail(keep_attention=attention)
    for _ in range(limit):
        tokens, parents, scores, ended, lengths, state, looks = advance(
            tokens, scores, ended, lengths, state, memory, beam
        )
        trail.add(tokens, parents, looks)
        if _settled(np.asarray(scores), np.asarray(ended), np.asarray(lengths), limit=limit, config=config):
            break
    return trail.best(_merit(np.asarray(scores), np.asarray(lengths), config), np.asarray(scores))


def _merit(scores: Any, lengths: Any, config: SearchConfig) -> Any:
    return scores / np.maximum(lengths, 1) ** config.length_penalty


def _settled(scores: Any, ended: Any, lengths: Any, *, limit: int, config: SearchConfig) -> bool:
    """Return whether no unfinished beginning can still become better than the best finished one."""
    done = np.where(ended, _merit(scores, lengths, config), -np.inf).max(axis=1)
    hope = np.where(ended, -np.inf, scores / float(limit) ** config.length_penalty).max(axis=1)
    return bool((done >= hope).all())


class _Trail:
    """Which piece came when, and after which beginning: the whole search, to be read backwards."""

    def __init__(self, *, keep_attention: bool) -> None:
        self._steps: list[tuple[NDArray[np.int32], NDArray[np.int32], Any]] = []
        self._keep = keep_attention

    def add(self, tokens: Any, parents: Any, looks: Any) -> None:
        self._steps.append((np.asarray(tokens), np.asarray(parents), np.asarray(looks) if self._keep else None))

    def best(self, merit: NDArray[np.float32], scores: NDArray[np.float32]) -> list[Found]:
        chosen = merit.argmax(axis=1)
        return [self._read(row, int(place), float(scores[row, place])) for row, place in enumerate(chosen)]

    def _read(self, row: int, place: int, score: float) -> Found:
        pieces: list[int] = []
        looks = []
        for tokens, parents, seen in reversed(self._steps):
            if tokens[row, place] not in (PADDING, END):
                pieces.append(int(tokens[row, place]))
                if seen is not None:
                    looks.append(seen[row, place])
            place = int(parents[row, place])
        attention = None
        if self._keep:
            width = self._steps[0][2].shape[-1]
            attention = np.array(looks[::-1], np.float32).reshape(len(pieces), width)
        return Found(pieces=pieces[::-1], log_probability=score, attention=attention)


def _functions(networks: Networks) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the two compiled functions of a search, made once for each network."""
    if networks not in _compiled:
        encode, advance = _make_encode(networks), _make_advance(networks)
        if require_backend() == "tensorflow":
            import tensorflow as tf

            encode, advance = (tf.function(each, reduce_retracing=True) for each in (encode, advance))
        _compiled[networks] = encode, advance
    return _compiled[networks]


def _make_encode(networks: Networks) -> Callable[..., Any]:
    ops, encoder, states = import_keras().ops, networks.encoder, networks.states

    def encode(source: Any, beam: int) -> tuple[list[Any], list[Any]]:
        made = [ops.repeat(array, beam, axis=0) for array in encoder(source, training=False)]
        return made[:states], made[states:]

    return encode


def _make_advance(networks: Networks) -> Callable[..., Any]:
    """Return the function of one step: from the beginnings and their scores to the best ones that are longer by one."""
    ops, step = import_keras().ops, networks.step
    size = networks.config.target_size
    never = np.zeros(size, np.float32)
    never[[PADDING, UNKNOWN, BEGIN]] = _IMPOSSIBLE
    after_end = np.full(size, _IMPOSSIBLE, np.float32)
    after_end[PADDING] = 0.0

    def advance(
        tokens: Any, scores: Any, ended: Any, lengths: Any, state: Any, memory: Any, beam: int
    ) -> tuple[Any, ...]:
        count = ops.shape(tokens)[0]
        logits, looks, *state = step([ops.reshape(tokens, (-1,)), *state, *memory], training=False)
        logits = ops.reshape(logits + never, (count, beam, size))
        log_p = ops.where(ended[:, :, None], after_end, logits - ops.logsumexp(logits, axis=-1, keepdims=True))
        scores, chosen = ops.top_k(ops.reshape(scores[:, :, None] + log_p, (count, beam * size)), beam)
        parents, tokens = chosen // size, chosen % size
        rows = ops.reshape(parents + ops.arange(count, dtype="int32")[:, None] * beam, (-1,))
        ended, lengths = (ops.reshape(ops.take(ops.reshape(x, (-1,)), rows), (count, beam)) for x in (ended, lengths))
        lengths = lengths + ops.cast(ops.logical_not(ended), "int32")
        looks = ops.reshape(ops.take(looks, rows, axis=0), (count, beam, -1))
        state = [ops.take(array, rows, axis=0) for array in state]
        return tokens, parents, scores, ops.logical_or(ended, ops.equal(tokens, END)), lengths, state, looks

    return advance
