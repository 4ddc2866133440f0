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
_LEFT_OUT_AT = 0.25  # share of a batch: what is settled is computed along until so much of it is
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
    lengths = np.count_nonzero(source, axis=1)
    limits = np.full(len(source), config.longest) if config.longest else np.round(1.5 * lengths).astype(int) + 10
    encode, advance = _functions(networks)
    state, memory = encode(source, config.beam)
    front, closed = _Front.first(len(source), config.beam), np.zeros(len(source), bool)
    trail = _Trail(len(source), keep_attention=attention)
    for step in range(1, int(limits.max()) + 1):
        tokens, parents, scores, ended, said, state, looks = advance(
            front.tokens, front.scores, front.ended, front.lengths, state, memory, config.beam
        )
        front = _Front(*(np.asarray(array) for array in (tokens, scores, ended, said)))
        trail.add(front.tokens, np.asarray(parents), looks)
        settled = front.settled(limits, step, config) & ~closed
        trail.finish(np.flatnonzero(settled), front.merit(config), front.scores)
        closed |= settled
        if closed.all():
            break
        if closed.mean() >= _LEFT_OUT_AT:
            kept = np.flatnonzero(~closed)
            rows = (kept[:, None] * config.beam + np.arange(config.beam)).reshape(-1).astype(np.int32)
            state, memory = ([import_keras().ops.take(each, rows, axis=0) for each in some] for some in (state, memory))
            front, limits, closed = front.part(kept), limits[kept], closed[kept]
            trail.keep(kept)
    return trail.found()


@dataclass(frozen=True, eq=False)
class _Front:
    """The beginnings in view, each array ``(b, beam)``: last piece, log-probability, whether ended, and length."""

    tokens: NDArray[np.int32]
    scores: NDArray[np.float32]
    ended: NDArray[np.bool_]
    lengths: NDArray[np.int32]

    @classmethod
    def first(cls, count: int, beam: int) -> _Front:
        """Return the front before the first step: all beginnings are the same, so that only one counts."""
        scores = np.full((count, beam), _IMPOSSIBLE, np.float32)
        scores[:, 0] = 0.0
        shape = (count, beam)
        return cls(np.full(shape, BEGIN, np.int32), scores, np.zeros(shape, bool), np.zeros(shape, np.int32))

    def part(self, rows: NDArray[np.int64]) -> _Front:
        """Return the front of some sentences."""
        return _Front(self.tokens[rows], self.scores[rows], self.ended[rows], self.lengths[rows])

    def merit(self, config: SearchConfig) -> NDArray[np.float64]:
        """Return by what translations are compared, ``(b, beam)``."""
        merit: NDArray[np.float64] = self.scores / np.maximum(self.lengths, 1) ** config.length_penalty
        return merit

    def settled(self, limits: NDArray[np.int64], step: int, config: SearchConfig) -> NDArray[np.bool_]:
        """Return for which sentences no unfinished beginning can still become better than the best finished one."""
        done = np.where(self.ended, self.merit(config), -np.inf).max(axis=1)
        most = self.scores / limits[:, None].astype(float) ** config.length_penalty
        hope = np.where(self.ended, -np.inf, most).max(axis=1)
        settled: NDArray[np.bool_] = (done >= hope) | (step >= limits)
        return settled


class _Trail:
    """Which piece came when, and after which beginning: the whole search, to be read backwards."""

    def __init__(self, count: int, *, keep_attention: bool) -> None:
        self._steps: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32] | None]] = []
        self._found: list[Found | None] = [None] * count
        self._active = np.arange(count)
        self._keep_attention = keep_attention

    def add(self, tokens: NDArray[np.int32], parents: NDArray[np.int32], looks: Any) -> None:
        """Note one step."""
        self._steps.append((tokens, parents, np.asarray(looks) if self._keep_attention else None))

    def finish(self, rows: NDArray[np.int64], merit: NDArray[np.float64], scores: NDArray[np.float32]) -> None:
        """Read the best translation of some of the sentences that are still looked at."""
        for row in rows:
            place = int(merit[row].argmax())
            self._found[self._active[row]] = self._read(int(row), place, float(scores[row, place]))

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Forget the other sentences' steps."""
        self._active = self._active[rows]
        self._steps = [
            (tokens[rows], parents[rows], None if looks is None else looks[rows])
            for tokens, parents, looks in self._steps
        ]

    def found(self) -> list[Found]:
        """Return what was read, in the order of the sentences."""
        return [one for one in self._found if one is not None]

    def _read(self, row: int, place: int, score: float) -> Found:
        pieces: list[int] = []
        seen: list[NDArray[np.float32]] = []
        for tokens, parents, looks in reversed(self._steps):
            if tokens[row, place] not in (PADDING, END):
                pieces.append(int(tokens[row, place]))
                if looks is not None:
                    seen.append(looks[row, place])
            place = int(parents[row, place])
        attention = None
        if self._keep_attention:
            width = 0 if self._steps[0][2] is None else self._steps[0][2].shape[-1]
            attention = np.array(seen[::-1], np.float32).reshape(len(pieces), width)
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
