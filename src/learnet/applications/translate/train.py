"""From pairs of sentences to a proven translator: the conductor."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from learnet.applications.forecast import forecast_sentence
from learnet.applications.translate.families import build_networks
from learnet.applications.translate.lesson import Lesson, make_lesson
from learnet.applications.translate.network import network_config
from learnet.applications.translate.objective import NextPiece
from learnet.applications.translate.pairs import open_corpus
from learnet.applications.translate.run import TranslateRun, publish
from learnet.applications.translate.scores import require_sacrebleu
from learnet.applications.translate.translator import Translator
from learnet.core import require_backend
from learnet.options.python import by_keywords
from learnet.options.translate import TranslateConfig
from learnet.runs import Run
from learnet.training import fit_feed
from learnet.training.checkpoint import has_checkpoint

if TYPE_CHECKING:
    import keras

    from learnet.applications.translate.pairs import Corpus
    from learnet.core import Progress
    from learnet.training import Fitted


def run(config: TranslateConfig, *, out: str | Path | None = None, progress: Progress | None = None) -> TranslateRun:
    """Train a translator, measure it on sentences it has never seen, and prove its bundle.

    Called again with the same options and ``out``, an interrupted run is continued; the outcome is the same, bit for
    bit. A time limit is that of the training, vocabularies included: testing comes on top. With it and without
    ``epochs``, some steps are timed first.

    Args:
        config: The options.
        out: Folder of the run; ``runs/translate-NAME-TIME`` if not given.
        progress: Progress reporter; standard error if not given.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a finished run, or one with other options.
        DataError: If the files cannot be used.
        NotANumberError: If the loss is NaN or infinite; the batch's lines are named.
        MissingDependencyError: If SentencePiece or sacrebleu is not installed.
    """
    _check(config)
    name = f"translate-{Path(config.data[0]).stem}"
    with Run.start(config, out=out, name=name, progress=progress) as job:
        return _train(job)


train_translator = by_keywords(run, TranslateConfig)


def resume_translator(
    folder: str | Path, *, time_limit: float | None = None, progress: Progress | None = None
) -> TranslateRun:
    """Continue a run of ``train_translator`` that was interrupted; the outcome is the same, bit for bit.

    Args:
        folder: Of the run.
        time_limit: Seconds that the rest of the training may take; the run's own limit if not given.
        progress: Progress reporter; standard error if not given.

    Raises:
        UsageError: If there is no such run.
        LearnetError: If the sentences are not those that it was started with.
    """
    with Run.resume(folder, TranslateConfig, progress=progress, time_limit=time_limit) as job:
        return _train(job)


def plan(config: TranslateConfig) -> dict[str, Any]:
    """Return what ``train_translator`` would do: the sizes of the parts, and how long an epoch would take.

    Args:
        config: The options.

    Raises:
        UsageError: If the options cannot go together.
        DataError: If the files cannot be used.
    """
    _check(config)
    corpus = _open(config)
    with TemporaryDirectory() as folder:
        lesson = make_lesson(Path(folder), corpus, config, resume=False)
    precision = "float32" if config.precision == "auto" else config.precision
    timed = lesson.timed(precision)
    epochs = config.training.epochs
    if config.time_limit is not None and config.epochs is None:
        epochs = timed.epochs_within(config.time_limit)
    return {
        "photos": {"train": len(lesson.places), "validation": len(corpus.val), "test": len(corpus.test)},
        "forecast": [forecast_sentence(steps=lesson.train.steps, seconds=timed.epoch, epochs=epochs)],
    }


def _check(config: TranslateConfig) -> None:
    """Refuse sizes that cannot go together, before a sentence is read."""
    network_config(config, source_size=config.vocabulary, target_size=config.vocabulary)


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


def _train(job: Run[TranslateConfig]) -> TranslateRun:
    corpus = _open(job.config)
    job.progress.say(corpus.layout)
    job.check("fingerprint", corpus.fingerprint(), what=f"The sentences of {' and '.join(job.config.data)}")
    lesson = make_lesson(job.folder, corpus, job.config, resume=job.is_resumed, progress=job.progress)
    if not job.is_resumed:
        job.settle(_settled(lesson, job), fingerprint=corpus.fingerprint())
        lesson = replace(lesson, config=job.config)
    result = _fit_and_publish(job, corpus, lesson)
    job.finish(result.to_json())
    return result


def _settled(lesson: Lesson, job: Run[TranslateConfig]) -> TranslateConfig:
    """Return the options with what a timed sample decides: the precision, and the epochs that fit the time limit."""
    config = lesson.config
    if config.precision == "auto":
        config = config.replace(precision=lesson.chosen_precision(say=job.progress.say))
    if config.time_limit is not None and config.epochs is None:
        left = config.time_limit - job.watch.total()
        config = config.replace(epochs=lesson.timed(config.precision).epochs_within(left))
        job.progress.say(f"About {config.epochs} epochs fit into {left:.0f} s.")
    return config


def _fit_and_publish(job: Run[TranslateConfig], corpus: Corpus, lesson: Lesson) -> TranslateRun:
    config = lesson.config
    trained = lesson.networks(config.precision)
    fitted = _fit(job, lesson, trained.trainer)
    job.progress.say(f"{fitted.reason} The weights of epoch {fitted.best_epoch} are kept.")
    networks = build_networks(trained.config)  # in float32, whatever it was trained in
    networks.trainer.set_weights(trained.trainer.get_weights())
    return publish(
        job.folder,
        Translator(source=lesson.source, target=lesson.target, networks=networks, reverse=config.reverse),
        replace(corpus, skipped=lesson.skipped),
        config=config,
        fitted=fitted,
        n_train=len(lesson.places),
        watch=job.watch,
        progress=job.progress,
    )


def _fit(job: Run[TranslateConfig], lesson: Lesson, model: keras.Model) -> Fitted:
    config = lesson.config
    left = None if config.time_limit is None else config.time_limit - job.watch.total()
    return fit_feed(
        model,
        lesson.train,
        lesson.validation,
        config=config.training,
        folder=job.folder,
        objective=NextPiece(label_smoothing=config.label_smoothing),
        names=lesson.places,
        resume=has_checkpoint(job.folder),
        deadline=None if left is None else time.perf_counter() + left,
        on_epoch=job.epoch,
        progress=job.progress,
    )
