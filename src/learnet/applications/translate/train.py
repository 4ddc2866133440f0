"""From pairs of sentences to a proven translator: the conductor."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.translate.batches import Sentences, sentence_feed
from learnet.applications.translate.config import TranslateConfig
from learnet.applications.translate.families import build_networks
from learnet.applications.translate.objective import NextPiece
from learnet.applications.translate.pairs import Corpus, Pairs, SkippedLine, open_corpus
from learnet.applications.translate.run import TranslateRun, publish
from learnet.applications.translate.scores import require_sacrebleu
from learnet.applications.translate.translator import Translator
from learnet.applications.translate.vocabulary import Vocabulary
from learnet.core import DataError, LearnetError, UsageError, default_progress, require_backend, write_bytes, write_json
from learnet.core.runs import run_folder, write_table
from learnet.training import Fitted, Trainer, fit_feed
from learnet.training.checkpoint import has_checkpoint
from learnet.training.resuming import refuse_unfinished, telling_how_to_go_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.applications.translate.network import Networks
    from learnet.core import Progress
    from learnet.training import Feed

_CONFIG, _BEGUN = "translate.json", "begun.json"
_COMMAND = "learnet translate train"
_TIMED_STEPS = 8
_MOST_EPOCHS = 100
_VOCABULARIES = ("source.vocabulary", "target.vocabulary")


def train_translator(
    data: str | Path | Sequence[str | Path],
    *,
    time_limit: float | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> TranslateRun:
    """Train a translator, measure it on sentences it has never seen, and prove its bundle.

    Args:
        data: Two text files whose lines belong together, one table with tabs, or ``"multi30k"``; see ``open_corpus``.
        time_limit: Seconds that the training may take, vocabularies included; testing comes on top. With it and
            without ``epochs``, some steps are timed first.
        seed: Every random choice comes from it.
        out: The run's folder; ``runs/NAME-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.
        **settings: Anything else of ``TranslateConfig``, by its name.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a training that was interrupted.
        DataError: If the files cannot be used.
        NotANumberError: If the loss is NaN or infinite; the batch's lines are named.
        MissingDependencyError: If SentencePiece or sacrebleu is not installed.
    """
    files = [data] if isinstance(data, str | Path) else list(data)
    try:
        config = TranslateConfig(data=tuple(map(str, files)), seed=seed, **settings)
    except TypeError as error:
        raise UsageError(f"A translator has no such setting: {error}.") from None
    if time_limit is not None and not time_limit > 0:
        raise UsageError(f"The time limit must be greater than 0 seconds; received {time_limit:g}.")
    refuse_unfinished(out, command=_COMMAND)
    progress, started = progress or default_progress(), time.perf_counter()
    corpus = _open(config)
    progress.say(corpus.layout)
    folder = run_folder(out, f"translate-{corpus.name}")
    lesson = _prepare(folder, corpus, config, progress=progress)
    deadline = None if time_limit is None else started + time_limit
    if deadline is not None and config.epochs is None:
        left = deadline - time.perf_counter()
        config = replace(config, epochs=_epochs_within(lesson, config, seconds=left))
        progress.say(f"About {config.epochs} epochs fit into {left:.0f} s.")
    write_json(folder / _CONFIG, config.to_json())
    write_json(folder / _BEGUN, {"fingerprint": corpus.fingerprint(), "time_limit": time_limit})
    return _run(folder, corpus, lesson, config, deadline=deadline, resume=False, started=started, progress=progress)


def resume_translator(folder: str | Path, *, progress: Progress | None = None) -> TranslateRun:
    """Go on with a run of ``train_translator`` that was interrupted; the outcome is the same, bit for bit.

    A time limit counts anew.

    Args:
        folder: Of the run.
        progress: Where to tell how it goes; standard error if not given.

    Raises:
        UsageError: If there is no such run.
        LearnetError: If the sentences are not those that it was begun with.
    """
    place = Path(folder)
    try:
        config = TranslateConfig.from_json(json.loads((place / _CONFIG).read_text(encoding="utf-8")))
        begun = json.loads((place / _BEGUN).read_text(encoding="utf-8"))
        known, limit = str(begun["fingerprint"]), begun["time_limit"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"'{folder}' is no run that can be resumed: its {_CONFIG} cannot be read. Give the folder that 'learnet "
            "translate train' named, or begin a new run."
        ) from error
    progress, started = progress or default_progress(), time.perf_counter()
    corpus = _open(config)
    if corpus.fingerprint() != known:
        raise LearnetError(
            f"The sentences of {' and '.join(config.data)} are not those that the run was begun with. Put them back, "
            "or begin a new run."
        )
    lesson = _prepare(place, corpus, config, progress=progress)
    deadline = None if limit is None else started + float(limit)
    again = has_checkpoint(place)
    return _run(place, corpus, lesson, config, deadline=deadline, resume=again, started=started, progress=progress)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Lesson:
    """What is trained, and on what."""

    source: Vocabulary
    target: Vocabulary
    networks: Networks
    train: Feed
    validation: Feed
    places: list[str]
    skipped: tuple[SkippedLine, ...]


def _open(config: TranslateConfig) -> Corpus:
    require_backend()
    require_sacrebleu()
    return open_corpus(
        config.data,
        encoding=config.encoding,
        swap=config.swap,
        validation_fraction=config.validation_fraction,
        test_fraction=config.test_fraction,
        seed=config.seed,
    )


def _prepare(folder: Path, corpus: Corpus, config: TranslateConfig, *, progress: Progress) -> _Lesson:
    source, target = (
        _vocabulary(folder / name, texts, config)
        for name, texts in zip(_VOCABULARIES, (corpus.train.source, corpus.train.target), strict=True)
    )
    progress.say(f"Vocabularies of {len(source):,} and {len(target):,} pieces.")
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
    return _Lesson(
        source=source,
        target=target,
        networks=build_networks(config.network(len(source), len(target)), seed=config.seed, precision=config.precision),
        train=sentence_feed(train, pieces=config.pieces, seed=config.seed, reverse=config.reverse),
        validation=sentence_feed(val, pieces=2 * config.pieces, seed=config.seed, reverse=config.reverse, mixed=False),
        places=[corpus.train.places[row] for row in kept],
        skipped=all_skipped,
    )


def _vocabulary(file: Path, texts: list[str], config: TranslateConfig) -> Vocabulary:
    """Return the vocabulary of a run: the one in its folder, or a new one, which is put there."""
    if file.exists():
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


def _epochs_within(lesson: _Lesson, config: TranslateConfig, *, seconds: float) -> int:
    """Time some steps and return how many epochs fit into ``seconds``; the network is left unchanged."""
    model, feed = lesson.networks.trainer, lesson.train
    trainer = Trainer(model, config=config.training(), objective=NextPiece(label_smoothing=config.label_smoothing))
    before, start = trainer.state(), time.perf_counter()
    numbers = np.linspace(0, feed.steps - 1, min(_TIMED_STEPS, feed.steps)).astype(int).tolist()
    batches = [feed.batch(0, number) for number in numbers]
    trainer.step(batches[0], number=0, learning_rate=0.0)  # compiles
    compiling, begin = time.perf_counter() - start, time.perf_counter()
    pieces = sum(trainer.step(batch, number=1, learning_rate=0.0).answers for batch in batches)
    pace = (time.perf_counter() - begin) / pieces
    trainer.restore(before)
    epoch = pace * (_pieces(feed) + _pieces(lesson.validation) / 3)  # forward only: a third of a step
    left = seconds - (time.perf_counter() - start) - compiling
    return int(np.clip(left / epoch, 1, _MOST_EPOCHS))


def _pieces(feed: Feed) -> int:
    sample = [feed.batch(0, number) for number in range(feed.steps)]
    return int(sum(np.count_nonzero(batch.targets) for batch in sample))


def _run(
    folder: Path,
    corpus: Corpus,
    lesson: _Lesson,
    config: TranslateConfig,
    *,
    deadline: float | None,
    resume: bool,
    started: float,
    progress: Progress,
) -> TranslateRun:
    fitted = _fit(folder, lesson, config, deadline=deadline, resume=resume, progress=progress)
    progress.say(f"{fitted.reason} The weights of epoch {fitted.best_epoch} are kept.")
    networks = build_networks(lesson.networks.config)  # in float32, whatever it was trained in
    networks.trainer.set_weights(lesson.networks.trainer.get_weights())
    translator = Translator(source=lesson.source, target=lesson.target, networks=networks, reverse=config.reverse)
    return publish(
        folder,
        translator,
        replace(corpus, skipped=lesson.skipped),
        config=config,
        fitted=fitted,
        n_train=len(lesson.places),
        n_skipped=len(lesson.skipped),
        started=started,
        progress=progress,
    )


def _fit(
    folder: Path, lesson: _Lesson, config: TranslateConfig, *, deadline: float | None, resume: bool, progress: Progress
) -> Fitted:
    with telling_how_to_go_on(folder, command=_COMMAND):
        return fit_feed(
            lesson.networks.trainer,
            lesson.train,
            lesson.validation,
            config=config.training(),
            folder=folder,
            objective=NextPiece(label_smoothing=config.label_smoothing),
            names=lesson.places,
            resume=resume,
            deadline=deadline,
            progress=progress,
        )
