"""German to English on Multi30k: attention against a plain network and a Transformer, each trained for as long.

What is aimed at, on two cores, on the 1,000 sentences of test 2016, by sacrebleu in small letters, without rescoring:

* attention, trained within 60 minutes, reaches at least 30 BLEU;
* attention beats the plain network, which reads its sentences backwards, at equal training time;
* the beam beats greedy search;
* at least 50 sentences a second are translated in batches, with the beam.

Needs LEARNET_DATA_DIR with multi30k. A second call goes on where the first one was stopped. Writes docs/translate.md
and docs/translate.png.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from learnet.applications.translate import load_translator, train_translator
from learnet.core import default_progress, probe, write_bytes, write_text
from learnet.plots import attention_figure, to_png

SETTINGS: dict[str, dict[str, Any]] = {
    "attention": {"model": "attention", "cell": "gru", "embedding": 256, "units": 384, "dropout": 0.4},
    "plain": {
        "model": "plain",
        "cell": "gru",
        "embedding": 256,
        "units": 384,
        "dropout": 0.4,
        "layers": 2,
        "reverse": True,
    },
    "transformer": {
        "model": "transformer",
        "embedding": 256,
        "units": 1024,
        "layers": 3,
        "dropout": 0.3,
        "learning_rate": 1e-3,
    },
}
TITLES = {"attention": "attention", "plain": "plain, read backwards", "transformer": "Transformer"}
COLUMNS = (
    "network",
    "BLEU, beam of 5",
    "BLEU, greedy",
    "with capitals",
    "chrF",
    "sentences/s, beam",
    "greedy",
    "weights",
    "trained, min",
    "epochs",
)
WANTED_BLEU, WANTED_SPEED = 30.0, 50.0
SHOWN = 12
PICTURED = "Ein kleines Mädchen klettert in ein Spielhaus aus Holz."


def trained(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Return what a run found; one that is complete is read, one that was stopped goes on."""
    folder = asked.out / name
    if not (folder / "run.json").exists():
        settings = {**SETTINGS[name], "epochs": asked.epochs, **({"units": asked.units} if asked.units else {})}
        limit = 60 * asked.minutes
        train_translator(
            asked.data, time_limit=limit, seed=asked.seed, out=folder, progress=default_progress(), **settings
        )
    result: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["result"]
    return result


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return the rows of the table of docs."""
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for name, run in found.items():
        cells = (
            TITLES[name],
            f"{run['bleu_lowercase']:.2f}",
            f"{run['greedy_bleu_lowercase']:.2f}",
            f"{run['bleu']:.2f}",
            f"{run['chrf']:.2f}",
            f"{run['sentences_per_second']:.0f}",
            f"{run['greedy_sentences_per_second']:.0f}",
            f"{run['parameters'] / 1e6:.1f} M",
            f"{run['train_seconds'] / 60:.1f}",
            str(run["epochs"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def checks(found: dict[str, dict[str, Any]]) -> list[tuple[str, bool]]:
    """Return what is aimed at, in words with the numbers, and whether it holds."""
    attention, plain = found["attention"], found["plain"]
    best, greedy, other = attention["bleu_lowercase"], attention["greedy_bleu_lowercase"], plain["bleu_lowercase"]
    speed = attention["sentences_per_second"]
    return [
        (f"attention reaches {best:.2f} BLEU (aimed at: {WANTED_BLEU:g})", best >= WANTED_BLEU),
        (f"attention beats the plain network: {best:.2f} against {other:.2f}", best > other),
        (f"the beam beats greedy search: {best:.2f} against {greedy:.2f}", best > greedy),
        (f"{speed:.0f} sentences/s with the beam (aimed at: {WANTED_SPEED:g})", speed >= WANTED_SPEED),
    ]


def samples(folder: Path) -> list[str]:
    """Return some translations, evenly spread over the test part, as a table."""
    with (folder / "translations.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = ["| German | learnet | a person |", "|---|---|---|"]
    for row in rows[:: max(1, len(rows) // SHOWN)][:SHOWN]:
        cells = (row[name].replace("|", "\\|") for name in ("source", "translation", "reference"))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def page(asked: argparse.Namespace, found: dict[str, dict[str, Any]]) -> str:
    """Return docs/translate.md."""
    run = found["attention"]
    told = (
        f"Networks trained for at most {asked.minutes:g} minutes each on {run['n_train']:,} pairs of Multi30k, "
        f"seed {asked.seed}, and measured on the {run['n_test']:,} sentences of test 2016, which they had never seen. "
        f"BLEU is sacrebleu's of small letters (`{run['signature']}`). {probe().describe()}."
    )
    lines = [
        "# German to English",
        "",
        told,
        "",
        *table(found),
        "",
        *(f"- {'yes' if holds else 'NO'}: {told}" for told, holds in checks(found)),
        "",
        "## What attention looked at",
        "",
        "Each row is a piece that was written, each column one that was read.",
        "",
        "![attention](translate.png)",
        "",
        "## Translations",
        "",
        *samples(asked.out / "attention"),
        "",
        f"Made by `python benchmarks/translate.py --networks {' '.join(found)} --minutes {asked.minutes:g}`.",
        "",
    ]
    return "\n".join(lines)


def draw(asked: argparse.Namespace) -> bytes:
    """Return what was looked at in one sentence."""
    translator = load_translator(asked.out / "attention" / "bundle")
    done = translator.translate([PICTURED], attention=True)[0]
    looks = np.zeros((len(done.target_pieces), len(done.source_pieces))) if done.attention is None else done.attention
    return to_png(attention_figure(done.source_pieces, done.target_pieces, looks), dots_per_inch=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["multi30k"])
    parser.add_argument("--minutes", type=float, default=60.0, help="of training, for each network")
    parser.add_argument("--epochs", type=int, help="if not as many as fit into the time")
    parser.add_argument("--units", type=int, help="other than usual, for a trial")
    parser.add_argument("--networks", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/translate"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    asked = parser.parse_args()
    print(probe().describe())
    found = {name: trained(name, asked) for name in asked.networks}
    print("\n".join(table(found)))
    if not {"attention", "plain"} <= found.keys():
        return
    for told, holds in checks(found):
        print("yes" if holds else "NO ", told)
    write_text(asked.docs / "translate.md", page(asked, found))
    write_bytes(asked.docs / "translate.png", draw(asked))
    sys.exit(0 if all(holds for _, holds in checks(found)) else 1)


if __name__ == "__main__":
    main()
