"""``learnet translate``: a network learns a language from pairs of sentences, and translates new ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines
from learnet.options.common import OutOption, ResumeOption
from learnet.options.translate import TranslateApplyConfig, TranslateConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _train(call: Call) -> dict[str, Any]:
    from learnet.applications.translate.train import resume_translator, run

    if (folder := call.also["resume"]) is not None:
        return resume_translator(folder, progress=call.progress, **call.changes()).to_json()
    return run(call.config, out=call.also["out"], progress=call.progress).to_json()


def _plan(call: Call) -> dict[str, Any]:
    from learnet.applications.translate.train import plan

    return plan(call.config)


def _apply(call: Call) -> dict[str, Any]:
    from learnet.applications.translate import translate_text

    config: TranslateApplyConfig = call.config
    done = translate_text(
        config.bundle,
        text=config.text,
        content=None if config.text is not None else _standard_input(),
        beam=config.beam,
        attention=config.attention,
        encoding=config.encoding,
        out=config.out,
        progress=call.progress,
    )
    for remark in done.remarks:
        call.progress.say(f"learnet: {remark}")
    return done.to_json()


def _standard_input() -> bytes:
    if sys.stdin.isatty():
        sys.stderr.write("Sentences, one per line; end with Ctrl-D:\n")
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


TRAIN = Verb(config=TranslateConfig, also=(OutOption, ResumeOption), run=_train, show=_show_trained, plan=_plan)
APPLY = Verb(config=TranslateApplyConfig, run=_apply, show=_show_applied)
VERB = {"train": TRAIN, "apply": APPLY}
