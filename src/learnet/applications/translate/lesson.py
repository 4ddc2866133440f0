"""What a translator is trained with, the precision of its steps, and how long they take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.applications.forecast import step_seconds
from learnet.applications.translate.batches import Sentences, sentence_feed
from learnet.applications.translate.families import build_networks
from learnet.applications.translate.network import network_config
from learnet.applications.translate.objective import NextPiece
from learnet.applications.translate.pairs import SkippedLine
from learnet.applications.translate.vocabulary import Vocabulary
from learnet.core import DataError, Silent, write_bytes
from learnet.core.runs import write_table
from learnet.training import Trainer
from learnet.training.precision import choose_precision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from learnet.applications.translate.network import Networks
    from learnet.applications.translate.pairs import Corpus, Pairs
    from learnet.core import Progress
    from learnet.options.training import Precision
    from learnet.options.translate import TranslateConfig
    from learnet.training import Feed

_FEW = 64  # pieces of a small timed batch
_TIMED_STEPS = 8
_MOST_EPOCHS = 100
_VOCABULARIES = ("source.vocabulary", "target.vocabulary")


@dataclass(frozen=True, kw_only=True)
class Timed:
    """How long training takes, from a timed sample.

    Attributes:
        epoch: Seconds of an epoch, validation included.
        before: Seconds before the first timed step, which training will spend again.
        spent: Seconds that the sample took.
    """

    epoch: float
    before: float
    spent: float

    def epochs_within(self, seconds: float) -> int:
        """Return how many epochs fit into a time limit that includes the sample, from 1 to 100."""
        return int(np.clip((seconds - self.spent - self.before) / self.epoch, 1, _MOST_EPOCHS))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """What a network is trained with.

    Attributes:
        config: The options.
        source: Vocabulary of the sentences.
        target: Vocabulary of the translations.
        train: The training pairs.
        validation: The validation pairs.
        few: The training pairs in small batches, to be timed.
        places: File and line of each training pair.
        skipped: Lines that are not used.
    """

    config: TranslateConfig
    source: Vocabulary
    target: Vocabulary
    train: Feed
    validation: Feed
    few: Feed
    places: list[str]
    skipped: tuple[SkippedLine, ...]

    def networks(self, precision: Precision) -> Networks:
        """Return networks with the seed's random weights that compute in a precision."""
        sizes = network_config(self.config, source_size=len(self.source), target_size=len(self.target))
        return build_networks(sizes, seed=self.config.seed, precision=precision)

    def trainer(self, precision: Precision) -> Trainer:
        """Return a network with random weights, ready to be trained in a precision."""
        objective = NextPiece(label_smoothing=self.config.label_smoothing)
        return Trainer(self.networks(precision).trainer, config=self.config.training, objective=objective)

    def chosen_precision(self, *, say: Callable[[str], None]) -> Precision:
        """Return the precision in which steps are faster, timed on the training pairs."""
        return choose_precision(
            self.trainer,
            few=self.few.batch(0, self.few.steps // 2),
            whole=lambda: self.train.batch(0, self.train.steps // 2),
            say=say,
        )

    def timed(self, precision: Precision) -> Timed:
        """Time some steps, evenly spread over an epoch."""
        start, feed = time.perf_counter(), self.train
        numbers = np.linspace(0, feed.steps - 1, min(_TIMED_STEPS, feed.steps)).astype(int).tolist()
        batches = [feed.batch(0, number) for number in numbers]
        seconds = len(batches) * step_seconds(self.trainer(precision), batches)
        pace = seconds / sum(np.count_nonzero(batch.targets) for batch in batches)
        before = time.perf_counter() - start - seconds
        epoch = pace * (_pieces(feed) + _pieces(self.validation) / 3)  # forward only: a third of a step
        return Timed(epoch=epoch, before=before, spent=time.perf_counter() - start)


def make_lesson(
    folder: Path, corpus: Corpus, config: TranslateConfig, *, resume: bool, progress: Progress | None = None
) -> Lesson:
    """Return what a network is trained with; the vocabularies and the list of skipped lines are written to a folder.

    Args:
        folder: Of the run.
        corpus: The pairs.
        config: The options.
        resume: Use the vocabularies that are in the folder.
        progress: Progress reporter; silent if not given.

    Raises:
        DataError: If no pair is short enough.
    """
    source, target = (
        _vocabulary(folder / name, texts, config, resume=resume)
        for name, texts in zip(_VOCABULARIES, (corpus.train.source, corpus.train.target), strict=True)
    )
    (progress or Silent()).say(f"Vocabularies of {len(source):,} and {len(target):,} pieces.")
    train, kept, skipped = _in_pieces(corpus.train, source, target, longest=config.longest)
    val, _, left_out = _in_pieces(corpus.val, source, target, longest=config.longest)
    if not kept or not len(val):
        raise DataError(
            f"No pair of at most {config.longest} pieces is left to {'choose' if kept else 'train'} with. Allow longer "
            "ones with --longest, or a larger --vocabulary."
        )
    all_skipped = (*corpus.skipped, *skipped, *left_out)
    write_table(
        folder / "skipped.csv",
        ("file", "line", "reason", "text"),
        ((each.place, each.line, each.reason, each.text) for each in all_skipped),
    )
    pieces, seed, reverse = config.pieces, config.seed, config.reverse
    return Lesson(
        config=config,
        source=source,
        target=target,
        train=sentence_feed(train, pieces=pieces, seed=seed, reverse=reverse),
        validation=sentence_feed(val, pieces=2 * pieces, seed=seed, reverse=reverse, mixed=False),
        few=sentence_feed(train, pieces=min(_FEW, pieces), seed=seed, reverse=reverse),
        places=[corpus.train.places[row] for row in kept],
        skipped=all_skipped,
    )


def _vocabulary(file: Path, texts: list[str], config: TranslateConfig, *, resume: bool) -> Vocabulary:
    """Return the vocabulary of a run: the one in its folder where it is resumed, else a new one, which is put there."""
    if resume and file.exists():
        return Vocabulary(file.read_bytes(), lowercase=config.lowercase)
    made = Vocabulary.learn(texts, size=config.vocabulary, lowercase=config.lowercase)
    write_bytes(file, made.content)
    return made


def _in_pieces(
    pairs: Pairs, source: Vocabulary, target: Vocabulary, *, longest: int
) -> tuple[Sentences, list[int], list[SkippedLine]]:
    """Return pairs in pieces, which of them these are, and those that are too long."""
    rows, translations = source.encode(pairs.source), target.encode(pairs.target)
    kept, skipped = [], []
    for number, (row, said) in enumerate(zip(rows, translations, strict=True)):
        length = max(len(row), len(said))
        if row and said and length <= longest:
            kept.append(number)
            continue
        place, _, line = pairs.places[number].rpartition(":")
        reason = f"{length} pieces, more than {longest}" if length > longest else "no pieces"
        skipped.append(SkippedLine(place=place, line=int(line), reason=reason, text=pairs.source[number][:80]))
    sentences = Sentences(source=[rows[n] for n in kept], target=[translations[n] for n in kept])
    return sentences, kept, skipped


def _pieces(feed: Feed) -> int:
    sample = [feed.batch(0, number) for number in range(feed.steps)]
    return int(sum(np.count_nonzero(batch.targets) for batch in sample))
