"""The report of a translator: one HTML page, in the manner of the classifiers' report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.evaluation.markup import Html, count, join, number, table, tag
from learnet.evaluation.report import render_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.applications.translate.pairs import Corpus
    from learnet.applications.translate.run import TranslateRun

_LISTED, _SHOWN = 100, 5


def render_translation_report(run: TranslateRun, corpus: Corpus) -> str:
    """Return the page as text.

    Args:
        run: What was measured.
        corpus: The pairs.
    """
    title = f"Translations of {corpus.name}"
    parts = [
        ("scores", "Greedy and with a beam", _scores(run)),
        ("examples", "Best, median and worst", _examples(run, corpus)),
        ("attention", "What it looked at", _attention(run)),
        ("training", "How the training went", _training(run)),
        ("data", "The sentences", _data(run, corpus)),
        ("use", "Use the bundle", tag("pre", tag("code", f'learnet translate apply {run.bundle} "A sentence."'))),
        ("reproduce", "How to reproduce it", tag("pre", tag("code", run.config.command()))),
    ]
    told = [(name, title, content) for name, title, content in parts if content is not None]
    body = join(
        tag("header", tag("p", "learnet report", class_="brand"), tag("h1", title), _verdict(run), _figures(run)),
        tag("nav", *(tag("a", title, href=f"#{name}") for name, title, _ in told), aria_label="Sections"),
        tag("main", *(tag("section", tag("h2", title), part, id=name, class_="part") for name, title, part in told)),
    )
    return render_page(title, body)


def _verdict(run: TranslateRun) -> Html:
    return tag(
        "p",
        f"On {count(run.n_test, 'sentence')} it had never seen, its translations reach ",
        tag("strong", f"{run.tested.scores.bleu_lowercase:.1f} BLEU"),
        " against those of people (small letters; 100 would be word for word the same, and two people's translations "
        "are far from that).",
        class_="verdict",
    )


def _figures(run: TranslateRun) -> Html:
    scores, fitted = run.tested.scores, run.fitted
    figures = (
        ("BLEU", f"{scores.bleu_lowercase:.1f}", f"with capitals {scores.bleu:.1f}"),
        ("chrF", f"{scores.chrf:.1f}", "of letters in place of words"),
        ("Speed", f"{run.tested.sentences_per_second:.0f} /s", f"sentences, with a beam of {run.config.beam}"),
        (
            "Training",
            f"{fitted.seconds / 60:.1f} min",
            f"{count(len(fitted.history), 'epoch')}, best {fitted.best_epoch}",
        ),
        ("Weights", f"{run.parameters / 1e6:.1f} M", f"{run.config.model}, {run.config.cell}"),
    )
    rows = (
        tag("div", tag("dt", name), tag("dd", value), tag("dd", told, class_="note")) for name, value, told in figures
    )
    return tag("dl", *rows, class_="figures")


def _scores(run: TranslateRun) -> Html:
    tested = run.tested
    rows = [
        (
            name,
            number(f"{s.bleu_lowercase:.2f}"),
            number(f"{s.bleu:.2f}"),
            number(f"{s.chrf:.2f}"),
            number(f"{speed:.0f}"),
        )
        for name, s, speed in (
            ("Greedy", tested.greedy, tested.greedy_per_second),
            (f"Beam of {run.config.beam}", tested.scores, tested.sentences_per_second),
        )
    ]
    header = ("Search", "BLEU, small letters", "BLEU", "chrF", "Sentences a second")
    return join(
        table("Test sentences, translated in two ways", header, rows),
        tag("p", f"sacrebleu: {tested.scores.signature}", class_="note"),
    )


def _examples(run: TranslateRun, corpus: Corpus) -> Html:
    order = sorted(range(run.n_test), key=lambda row: -run.tested.each[row])
    middle = max(0, len(order) // 2 - _SHOWN // 2)
    chosen = {
        "best": order[:_SHOWN],
        "median": order[middle : middle + _SHOWN],
        "worst": order[-_SHOWN:],
    }
    rows = [
        (
            name,
            number(f"{run.tested.each[row]:.0f}"),
            corpus.test.source[row],
            run.tested.translations[row].text,
            corpus.test.target[row],
        )
        for name, places in chosen.items()
        for row in places
    ]
    note = tag("p", "Ranked by chrF. All of them are in translations.csv.", class_="note")
    return join(table("Translations", ("Rank", "chrF", "Sentence", "Translation", "By a person"), rows), note)


def _attention(run: TranslateRun) -> Html | None:
    from learnet.plots import attention_figure, to_svg

    drawn: list[Html] = []
    for each in run.examples:
        if each.attention is not None and each.target_pieces:
            figure = attention_figure(each.source_pieces, each.target_pieces, each.attention)
            drawn.append(Html(to_svg(figure, label=f"What was looked at: {each.source} - {each.text}")))
    if not drawn:
        return None
    note = "Each row is a piece that was written, each column one that was read; dark is where it looked."
    return join(tag("p", note, class_="note"), *(tag("figure", one) for one in drawn))


def _training(run: TranslateRun) -> Html:
    from learnet.plots import curves_figure, to_svg

    figure = curves_figure(run.fitted.history, best_epoch=run.fitted.best_epoch)
    return join(
        tag("figure", Html(to_svg(figure, label="Loss and accuracy of the next piece, by epoch"))),
        tag("p", f"{run.fitted.reason} The weights of epoch {run.fitted.best_epoch} are kept.", class_="note"),
    )


def _data(run: TranslateRun, corpus: Corpus) -> Html:
    told = tag(
        "p",
        f"{corpus.layout} Trained on {count(run.n_train, 'pair')}. {count(run.n_skipped, 'line')} not used.",
    )
    rows: Sequence[tuple[str, str, str]] = [
        (f"{skipped.place}:{skipped.line}", skipped.reason, skipped.text) for skipped in corpus.skipped[:_LISTED]
    ]
    if not rows:
        return told
    listing = table("Lines that are not used", ("Line", "Why", "How it begins"), rows)
    rest = tag("p", "All of them are in skipped.csv.", class_="note")
    return join(told, tag("details", tag("summary", "Which ones, and why"), listing, rest))
