"""What a translator's training leaves behind: measurements, tables, pictures, report and bundle in one folder."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from learnet.applications.translate.beam import SearchConfig
from learnet.applications.translate.report import render_translation_report
from learnet.applications.translate.save import save_translator
from learnet.applications.translate.scores import Scores, score, score_each
from learnet.core import write_bytes, write_text
from learnet.core.runs import write_table

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.applications.translate.pairs import Corpus, Pairs
    from learnet.applications.translate.translator import Translation, Translator
    from learnet.core import Progress
    from learnet.options.translate import TranslateConfig
    from learnet.runs import Stopwatch
    from learnet.training import Fitted

_PICTURES = 3
_PICTURED = range(5, 16)  # pieces


@dataclass(frozen=True, kw_only=True, eq=False)
class Tested:
    """What came of the test part.

    Attributes:
        scores: With the beam of the configuration.
        greedy: With a beam of 1.
        translations: With the beam, in the order of the test part.
        each: chrF of each of them.
        sentences_per_second: With the beam, in batches.
        greedy_per_second: With a beam of 1.
    """

    scores: Scores
    greedy: Scores
    translations: list[Translation]
    each: list[float]
    sentences_per_second: float
    greedy_per_second: float


@dataclass(frozen=True, kw_only=True, eq=False)
class TranslateRun:
    """The outcome of ``train_translator``.

    Attributes:
        folder: Where everything lies: ``run.json``, ``report.html``, ``bundle/``, ``translations.csv``,
            ``skipped.csv``, ``history.csv``, ``attention-N.png``.
        config: The options, with what was chosen for them.
        fitted: How the training went.
        tested: The measurements.
        n_train: Pairs trained on.
        n_val: Pairs that chose the best epoch.
        n_test: Pairs tested on.
        n_skipped: Lines that are not used; ``skipped.csv`` lists them.
        parameters: Weights of the network.
        seconds: Wall time from start to finish.
        examples: Some translations with what was looked at.
    """

    folder: Path
    config: TranslateConfig
    fitted: Fitted
    tested: Tested
    n_train: int
    n_val: int
    n_test: int
    n_skipped: int
    parameters: int
    seconds: float
    examples: list[Translation] = field(default_factory=list)

    @property
    def bundle(self) -> Path:
        """The folder of the bundle."""
        return self.folder / "bundle"

    @property
    def report(self) -> Path:
        """The report, one HTML page."""
        return self.folder / "report.html"

    def to_json(self) -> dict[str, Any]:
        """Return the run's outcome as a JSON-like object."""
        tested = self.tested
        return {
            **asdict(tested.scores),
            **{f"greedy_{name}": value for name, value in asdict(tested.greedy).items() if name != "signature"},
            "beam": self.config.beam,
            "sentences_per_second": round(tested.sentences_per_second, 1),
            "greedy_sentences_per_second": round(tested.greedy_per_second, 1),
            "n_train": self.n_train,
            "n_val": self.n_val,
            "n_test": self.n_test,
            "n_skipped": self.n_skipped,
            "parameters": self.parameters,
            "epochs": len(self.fitted.history),
            "best_epoch": self.fitted.best_epoch,
            "val_loss": self.fitted.history[self.fitted.best_epoch - 1].val_loss,
            "train_seconds": round(self.fitted.seconds, 1),
            "seconds": round(self.seconds, 1),
            "run": str(self.folder),
            "bundle": str(self.bundle),
            "report": str(self.report),
        }


def measure_translator(translator: Translator, pairs: Pairs, *, beam: int, progress: Progress) -> Tested:
    """Translate a test part greedily and with a beam, and score both; compiling is not timed."""
    done = {}
    for width in (1, beam):
        for few in (pairs.source[:1], pairs.source[1:4]):  # of two shapes, so that those to come are like one of them
            translator.translate(few, config=SearchConfig(beam=width))
        start = time.perf_counter()
        translations = translator.translate(pairs.source, config=SearchConfig(beam=width), progress=progress)
        done[width] = translations, len(pairs) / (time.perf_counter() - start)
    scores = {width: score([each.text for each in said], pairs.target) for width, (said, _) in done.items()}
    translations, speed = done[beam]
    return Tested(
        scores=scores[beam],
        greedy=scores[1],
        translations=translations,
        each=score_each([each.text for each in translations], pairs.target),
        sentences_per_second=speed,
        greedy_per_second=done[1][1],
    )


def publish(
    folder: Path,
    translator: Translator,
    corpus: Corpus,
    *,
    config: TranslateConfig,
    fitted: Fitted,
    n_train: int,
    watch: Stopwatch,
    progress: Progress,
) -> TranslateRun:
    """Measure a trained translator on the test part, and write everything that a run leaves behind."""
    tested = measure_translator(translator, corpus.test, beam=config.beam, progress=progress)
    examples = _examples(translator, corpus.test, beam=config.beam)
    run = TranslateRun(
        folder=folder,
        config=config,
        fitted=fitted,
        tested=tested,
        n_train=n_train,
        n_val=len(corpus.val),
        n_test=len(corpus.test),
        n_skipped=len(corpus.skipped),
        parameters=translator.networks.trainer.count_params(),
        seconds=watch.total(),
        examples=examples,
    )
    notes = {"corpus": corpus.name, "fingerprint": corpus.fingerprint(), "result": _without_places(run.to_json())}
    save_translator(run.bundle, translator, notes=notes, seed=config.seed)
    rows = zip(corpus.test.places, tested.each, tested.translations, corpus.test.target, strict=True)
    write_table(
        folder / "translations.csv",
        ("place", "chrf", "source", "translation", "reference"),
        ((place, f"{value:.1f}", said.source, said.text, right) for place, value, said, right in rows),
    )
    _draw(folder, examples)
    write_text(run.report, render_translation_report(run, corpus))
    return run


def _examples(translator: Translator, pairs: Pairs, *, beam: int) -> list[Translation]:
    """Return some translations of middling length with what was looked at; none of a network without attention."""
    if translator.networks.config.model == "plain":
        return []
    lengths = [len(row) for row in translator.source.encode(pairs.source)]
    chosen = [text for text, length in zip(pairs.source, lengths, strict=True) if length in _PICTURED][:_PICTURES]
    return translator.translate(chosen or pairs.source[:1], config=SearchConfig(beam=beam), attention=True)


def _draw(folder: Path, examples: list[Translation]) -> None:
    from learnet.plots import attention_figure, to_png

    for number, each in enumerate(examples, 1):
        if each.attention is not None:
            figure = attention_figure(each.source_pieces, each.target_pieces, each.attention)
            write_bytes(folder / f"attention-{number}.png", to_png(figure))


def _without_places(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("run", "bundle", "report")}
