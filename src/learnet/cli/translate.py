"""``learnet translate``: a network learns a language from pairs of sentences, and translates new ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from learnet.cli.options import Out, Seed, seconds_of
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress

app = typer.Typer(help="Translate sentences: train on pairs of them, apply to new ones.", no_args_is_help=True)
_Encoding = Annotated[
    str | None,
    typer.Option(
        help="How the text is written, such as cp1252.  [default: its first bytes, else UTF-8]", show_default=False
    ),
]


def _optional(help_text: str) -> Any:
    return typer.Option(help=help_text, show_default=False)


@app.command()
def train(
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PAIRS",
            help="Two text files whose lines belong together (also .gz), or one with a tab between sentence and "
            "translation, or multi30k; not given with --resume.",
            show_default=False,
        ),
    ] = None,
    *,
    model: Annotated[
        Literal["attention", "plain", "transformer"],
        typer.Option(help="attention looks back at the sentence; plain remembers it; transformer only looks."),
    ] = "attention",
    cell: Annotated[Literal["gru", "lstm"], typer.Option(help="Of the recurrent networks.")] = "gru",
    reverse: Annotated[bool, typer.Option("--reverse", help="Read sentences backwards.")] = False,
    swap: Annotated[bool, typer.Option("--swap", help="Translate from the second to the first.")] = False,
    lowercase: Annotated[bool, typer.Option("--lowercase", help="Read capitals as small letters.")] = False,
    vocabulary: Annotated[int | None, _optional("Pieces of words of each language.  [default: 4000]")] = None,
    embedding: Annotated[int | None, _optional("Numbers that describe a piece.  [default: 256]")] = None,
    units: Annotated[int | None, _optional("Of each recurrent layer.  [default: 384]")] = None,
    layers: Annotated[int | None, _optional("Of encoder and decoder.  [default: 1]")] = None,
    heads: Annotated[int | None, _optional("Of the Transformer.  [default: 4]")] = None,
    dropout: Annotated[float | None, _optional("Rate between layers.  [default: 0.3]")] = None,
    label_smoothing: Annotated[float | None, _optional("Share spread over all pieces.  [default: 0.1]")] = None,
    learning_rate: Annotated[float | None, _optional("The largest rate of the schedule.  [default: 0.002]")] = None,
    ema: Annotated[float | None, _optional("Decay of the moving average of the weights.  [default: 0.999]")] = None,
    pieces: Annotated[int | None, _optional("About how many pieces a step learns from.  [default: 2048]")] = None,
    longest: Annotated[int | None, _optional("Longer pairs, in pieces, are not learnt from.  [default: 100]")] = None,
    epochs: Annotated[
        int | None, _optional("Passes over the pairs.  [default: 30, or as many as fit into --time-limit]")
    ] = None,
    precision: Annotated[
        Literal["float32", "bfloat16"] | None, _optional("Of the steps; the bundle is float32.  [default: bfloat16]")
    ] = None,
    beam: Annotated[int | None, _optional("Of the test.  [default: 5]")] = None,
    validation_fraction: Annotated[
        float | None, _optional("Share that chooses the best epoch.  [default: 0.05]")
    ] = None,
    test_fraction: Annotated[float | None, _optional("Share to test with.  [default: 0.05]")] = None,
    encoding: _Encoding = None,
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long the training may take, such as 10m or 1h.", show_default=False),
    ] = None,
    seed: Seed = 0,
    resume: Annotated[
        Path | None, typer.Option(help="A run that was interrupted: go on with it, exactly.", show_default=False)
    ] = None,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train a network to translate: train, test, report, and a bundle that proves itself."""
    optional = {
        "vocabulary": vocabulary,
        "embedding": embedding,
        "units": units,
        "layers": layers,
        "heads": heads,
        "dropout": dropout,
        "label_smoothing": label_smoothing,
        "learning_rate": learning_rate,
        "ema": ema,
        "pieces": pieces,
        "longest": longest,
        "epochs": epochs,
        "precision": precision,
        "beam": beam,
        "validation_fraction": validation_fraction,
        "test_fraction": test_fraction,
        "encoding": encoding,
    }

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.translate import resume_translator, train_translator

        settings = {name: value for name, value in optional.items() if value is not None}
        if resume is not None:
            if pairs or settings:
                raise UsageError("--resume goes on with the run's own pairs and settings: give it the run's folder.")
            return resume_translator(resume, progress=progress).to_json()
        if not pairs:
            raise UsageError("From which pairs? Give two text files, a table with tabs, or multi30k, or --resume RUN.")
        return train_translator(
            pairs,
            model=model,
            cell=cell,
            reverse=reverse,
            swap=swap,
            lowercase=lowercase,
            time_limit=None if time_limit is None else seconds_of(time_limit),
            seed=seed,
            out=out,
            progress=progress,
            **settings,
        ).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_trained)


@app.command()
def apply(
    bundle: Annotated[Path, typer.Argument(help="The bundle that training left.", show_default=False)],
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            help="A sentence, or a text file with one a line; standard input if not given.",
            show_default=False,
        ),
    ] = None,
    *,
    beam: Annotated[int, typer.Option(help="How many beginnings are kept in view; 1 is greedy and fastest.")] = 5,
    attention: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Draw what was looked at for the first sentence.", show_default=False),
    ] = None,
    encoding: _Encoding = None,
    out: Annotated[
        Path | None, typer.Option(help="A text file for the translations, one a line.", show_default=False)
    ] = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Translate a sentence, or each line of a file or of standard input."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.applications.translate import translate_text

        content = None if text is not None else _standard_input()
        done = translate_text(
            bundle,
            text=text,
            content=content,
            beam=beam,
            attention=attention,
            encoding=encoding,
            out=out,
            progress=progress,
        )
        if not quiet:
            sys.stderr.writelines(f"learnet: {remark}\n" for remark in done.remarks)
        return done.to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show_applied)


def _standard_input() -> bytes:
    if sys.stdin.isatty():
        sys.stderr.write("Sentences, one a line; end with Ctrl-D:\n")
    return sys.stdin.buffer.read()


def _show_trained(result: dict[str, Any]) -> None:
    print_lines(
        "",
        f"BLEU     {result['bleu_lowercase']:.2f} (small letters), {result['bleu']:.2f} (with capitals), chrF "
        f"{result['chrf']:.2f} on {result['n_test']} sentences it had never seen, with a beam of {result['beam']}; "
        f"greedy {result['greedy_bleu_lowercase']:.2f}",
        f"Speed    {result['sentences_per_second']:.0f} sentences/s; greedy "
        f"{result['greedy_sentences_per_second']:.0f}",
        f"Trained on {result['n_train']} pairs for {result['epochs']} epochs in {result['train_seconds']:.0f} s "
        f"({result['seconds']:.0f} s in all); {result['n_skipped']} lines skipped",
        f"Report   {result['report']}",
        f"Bundle   {result['bundle']}",
        f'Next     learnet translate apply {result["bundle"]} "A sentence."',
    )


def _show_applied(result: dict[str, Any]) -> None:
    if result["out"] is not None:
        print_lines(f"{len(result['translations'])} lines were written to {result['out']}")
    elif result["translations"]:
        print_lines(*(each["text"] for each in result["translations"]))
