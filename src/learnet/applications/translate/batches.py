"""Sentences in batches of like length, so that little of a batch is padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.translate.vocabulary import BEGIN, END, PADDING
from learnet.core import generator
from learnet.training import Batch, Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Plan = Callable[[int], list[NDArray[np.int64]]]

_NOISE = 1.5  # pieces: sentences whose lengths differ by less change their order from epoch to epoch


@dataclass(frozen=True, kw_only=True, eq=False)
class Sentences:
    """Pairs of sentences in pieces, without begin and end.

    Attributes:
        source: One row of pieces a sentence.
        target: Its translation, likewise.
    """

    source: Sequence[Sequence[int]]
    target: Sequence[Sequence[int]]

    def __len__(self) -> int:
        return len(self.source)


def pad(rows: Sequence[Sequence[int]], *, begin: bool = False, end: bool = False) -> NDArray[np.int32]:
    """Return rows of pieces as one array ``(b, longest)``, filled up with 0.

    Example:
        >>> pad([[5, 6], [7]], end=True).tolist()
        [[5, 6, 3], [7, 3, 0]]
    """
    first, extra = ([BEGIN] if begin else []), ([END] if end else [])
    whole = [[*first, *row, *extra] for row in rows]
    padded = np.full((len(whole), max(map(len, whole), default=0)), PADDING, np.int32)
    for place, row in enumerate(whole):
        padded[place, : len(row)] = row
    return padded


def sources(rows: Sequence[Sequence[int]], *, reverse: bool = False) -> NDArray[np.int32]:
    """Return sources as the encoder reads them: with an end, and backwards if asked for (Sutskever et al., 2014).

    Example:
        >>> sources([[5, 6, 7]], reverse=True).tolist()
        [[7, 6, 5, 3]]
    """
    return pad([row[::-1] for row in rows] if reverse else rows, end=True)


def bucketed(sentences: Sentences, *, pieces: int, seed: int) -> Plan:
    """Return a plan for a feed: batches of sentences of like length, in another order and mixture each epoch.

    Args:
        sentences: What there is.
        pieces: About how many pieces of the target a batch has, padding and ends included.
        seed: Of order and mixture.

    Example:
        >>> plan = bucketed(Sentences(source=[[4]] * 5, target=[[4], [4] * 9, [4], [4] * 9, [4]]), pieces=20, seed=0)
        >>> sorted(sorted(rows.tolist()) for rows in plan(0))
        [[0, 2, 4], [1, 3]]
    """
    lengths = np.array([[len(row) for row in rows] for rows in (sentences.target, sentences.source)], np.float64)
    cuts = _cuts(np.sort(lengths[0]) + 1, pieces)

    def plan(epoch: int) -> list[NDArray[np.int64]]:
        random = generator(seed, f"order {epoch}")
        noisy = lengths + random.uniform(0, _NOISE, lengths.shape)
        order = np.lexsort((noisy[1], np.floor(noisy[0])))
        batches = np.split(order, cuts)
        return [batches[number] for number in random.permutation(len(batches))]

    return plan


def _cuts(lengths: NDArray[np.float64], pieces: int) -> list[int]:
    """Return where sorted sentences are cut, so that a batch's size times its longest is at most ``pieces``."""
    cuts, start = [], 0
    for place, length in enumerate(lengths):
        if place > start and (place + 1 - start) * length > pieces:
            cuts.append(place)
            start = place
    return cuts


def sentence_feed(sentences: Sentences, *, pieces: int, seed: int, reverse: bool = False, mixed: bool = True) -> Feed:
    """Return pairs in batches for teacher forcing: the decoder hears what it should have said.

    Args:
        sentences: At least one.
        pieces: About how many pieces of the target a batch has.
        seed: Of the order.
        reverse: Whether sources are read backwards.
        mixed: Whether the order changes from epoch to epoch; not for validation.
    """
    plan = bucketed(sentences, pieces=pieces, seed=seed)

    def make(rows: NDArray[np.int64], _: np.random.Generator, __: int) -> Batch:
        targets = [sentences.target[row] for row in rows]
        inputs: tuple[NDArray[Any], ...] = (
            sources([sentences.source[row] for row in rows], reverse=reverse),
            pad(targets, begin=True),
        )
        return Batch(inputs=inputs, targets=pad(targets, end=True), weights=np.ones(len(rows), np.float32), rows=rows)

    return Feed(plan=plan if mixed else (lambda _: plan(0)), make=make, seed=seed)
