"""Sentences in, sentences out: vocabularies and network together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.applications.translate.batches import sources
from learnet.applications.translate.beam import Found, SearchConfig, search
from learnet.applications.translate.vocabulary import clean_text
from learnet.core import Silent, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from learnet.applications.translate.network import Networks
    from learnet.applications.translate.vocabulary import Vocabulary
    from learnet.core import Progress

_PIECES_AT_ONCE = 2048
_MOST_AT_ONCE = 128
LONGEST = 250
"""Pieces; a longer sentence is translated in parts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Translation:
    """What became of one sentence.

    Attributes:
        source: As it was given.
        text: Its translation; empty for an empty sentence.
        log_probability: Of the translation.
        unknown: Parts of the source that the vocabulary has no piece for; the network read a sign in their place.
        parts: In how many parts it was translated; more than 1 if it was very long.
        source_pieces: What the encoder read, its end included, in the order of the sentence; of the first part.
        target_pieces: What the decoder wrote; of the first part.
        attention: float32 ``(target pieces, source pieces)``, if it was asked for; of the first part.
    """

    source: str
    text: str
    log_probability: float = 0.0
    unknown: tuple[str, ...] = ()
    parts: int = 0
    source_pieces: tuple[str, ...] = ()
    target_pieces: tuple[str, ...] = ()
    attention: NDArray[np.float32] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Translator:
    """A network with the vocabularies that it was trained with.

    Attributes:
        source: The vocabulary of what it reads.
        target: The vocabulary of what it writes.
        networks: The network.
        reverse: Whether it reads sentences backwards.
    """

    source: Vocabulary
    target: Vocabulary
    networks: Networks
    reverse: bool = False

    def __post_init__(self) -> None:
        config = self.networks.config
        for name, vocabulary, size in (
            ("source", self.source, config.source_size),
            ("target", self.target, config.target_size),
        ):
            if len(vocabulary) != size:
                raise UsageError(
                    f"The network is made for {size} {name} pieces, but the vocabulary has {len(vocabulary)}. Give the "
                    "vocabulary that it was trained with."
                )

    def translate(
        self,
        sentences: Sequence[str],
        *,
        config: SearchConfig | None = None,
        attention: bool = False,
        progress: Progress | None = None,
    ) -> list[Translation]:
        """Translate sentences, in batches of like length.

        Args:
            sentences: Any texts; an empty one stays empty, a very long one is translated in parts.
            config: How translations are looked for; a beam of 5 if not given.
            attention: Whether to keep what was looked at.
            progress: Where to tell how it goes.

        Returns:
            One for each sentence, in order.
        """
        config = config or SearchConfig()
        parts: list[tuple[int, list[int]]] = []
        for number, row in enumerate(self.source.encode(sentences)):
            parts += [(number, part) for part in self._cut(row)]
        found = self._search([part for _, part in parts], config, attention=attention, progress=progress or Silent())
        by_sentence: list[list[tuple[list[int], Found]]] = [[] for _ in sentences]
        for (number, part), one in zip(parts, found, strict=True):
            by_sentence[number].append((part, one))
        return [self._told(text, done) for text, done in zip(sentences, by_sentence, strict=True)]

    def _cut(self, row: list[int]) -> list[list[int]]:
        """Return the parts of a sentence: itself, unless it is very long; cut after sentences' ends, else words'."""
        if len(row) <= LONGEST:
            return [row] if row else []
        names = self.source.pieces(row)
        parts, start = [], 0
        while len(row) - start > LONGEST:
            window = range(start + LONGEST, start + LONGEST // 4, -1)
            ends = [place for place in window if names[place - 1].endswith((".", "!", "?", ";"))]
            words = [place for place in window if names[place].startswith("\u2581")]
            end = (ends or words or [start + LONGEST])[0]
            parts.append(row[start:end])
            start = end
        return [*parts, row[start:]]

    def _search(
        self, rows: list[list[int]], config: SearchConfig, *, attention: bool, progress: Progress
    ) -> list[Found]:
        found: list[Found] = [Found(pieces=[], log_probability=0.0, attention=None)] * len(rows)
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        with progress.stage("Translating", len(rows)) as task:
            while order:
                longest = len(rows[order[-1]]) + 1
                size = max(1, min(_MOST_AT_ONCE, _PIECES_AT_ONCE // longest))
                chosen, order = order[-size:], order[:-size]
                batch = sources([rows[number] for number in chosen], reverse=self.reverse)
                for number, one in zip(chosen, search(self.networks, batch, config, attention=attention), strict=True):
                    found[number] = one
                task.advance(len(chosen))
        return found

    def _told(self, text: str, done: list[tuple[list[int], Found]]) -> Translation:
        if not done:
            return Translation(source=text, text="")
        part, first = done[0]
        texts = self.target.decode([one.pieces for _, one in done])
        attention = first.attention
        if attention is not None:
            attention = self._in_order(attention, len(part))
        return Translation(
            source=text,
            text=clean_text(" ".join(texts)),
            log_probability=sum(one.log_probability for _, one in done),
            unknown=tuple(self.source.unknown(text)),
            parts=len(done),
            source_pieces=(*self.source.pieces(part), "</s>"),
            target_pieces=tuple(self.target.pieces(first.pieces)),
            attention=attention,
        )

    def _in_order(self, attention: NDArray[np.float32], length: int) -> NDArray[np.float32]:
        """Return looks at a sentence and its end, in the order of the sentence, however it was read."""
        if not self.reverse:
            return attention[:, : length + 1]
        return np.concatenate([attention[:, :length][:, ::-1], attention[:, length : length + 1]], axis=1)
