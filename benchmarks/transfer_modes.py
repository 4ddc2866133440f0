"""Transfer in three modes on Caltech-101, 30 training photos a class, with the embedded backbone.

What is aimed at:

* partial reaches at least the head's accuracy + 0.5 points, or the table says "difference not shown" with its interval;
* an epoch from cached activations is at least 4 times as fast as one of the same layers in the whole graph with the
  lower part frozen, both measured in this run, in turn;
* accuracies of both ways of training are equal within the interval of their difference over the seeds;
* the best of the modes reaches an accuracy of at least 0.945.

Needs LEARNET_DATA_DIR with Caltech-101. Features and activations are cached: a second call goes on where the first one
was stopped. ``--modes head,partial,full`` adds full, which takes hours on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from both_ways import BACKBONE, CLASSES, DATA, TRAIN_PER_CLASS, networks, partial_training, train_both_ways
from scipy import stats

from learnet.comparison import compare
from learnet.core import probe
from learnet.evaluation import Paired, paired_test
from learnet.transfer_learning.forecast import time_steps

ROUNDS = 3


def epoch_seconds(unfreeze: str | None) -> tuple[float, float]:
    """Return the seconds of an epoch of 3,030 photos from the cache, and in the whole graph with the same layers."""
    made, (_, how) = networks(unfreeze), partial_training(unfreeze, seed=0)
    stored = np.ones((how.batch_size, *(int(side) for side in made.cut.tensor.shape[1:])), np.float16)
    photos = np.random.default_rng(0).integers(0, 256, (how.batch_size, 224, 224, 3), np.uint8)
    rounds = [
        (
            time_steps(made.cached, stored, how, classes=CLASSES)[1],
            time_steps(made.whole, photos, how, classes=CLASSES)[1],
        )
        for _ in range(ROUNDS)
    ]
    steps = CLASSES * TRAIN_PER_CLASS / how.batch_size
    fast, slow = (steps * statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    return fast, slow


def equal_accuracies(unfreeze: str | None, *, seeds: int, epochs: int | None) -> bool:
    """Train from the cache and in the whole graph; tell both accuracies, and whether they are equal."""
    if not seeds:
        return True
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            both = train_both_ways(unfreeze, seed=seed, epochs=epochs, folder=Path(folder))
            made.append(both)
            print(
                f"Seed {seed}: from the cache {both.cached.mean():.4f}, {both.cached_seconds:.1f} s an epoch; in the "
                f"whole graph {both.whole.mean():.4f}, {both.whole_seconds:.1f} s an epoch",
                flush=True,
            )
    differences = [100 * float(both.cached.mean() - both.whole.mean()) for both in made]
    mean, around = statistics.mean(differences), 0.0
    if len(made) > 1:
        around = float(stats.t.ppf(0.975, len(made) - 1)) * statistics.stdev(differences) / len(made) ** 0.5
    photos = paired_test(
        np.concatenate([both.whole for both in made]),
        np.concatenate([both.cached for both in made]),
        photos=[photo for both in made for photo in both.photos],
    )
    print(f"The cache against the whole graph: {mean:+.2f} +- {around:.2f} points over the seeds (aim: 0 lies within)")
    print(f"The same, photo by photo: {photos.describe()}")
    return abs(mean) <= around


def answers(folder: Path, mode: str, seeds: int) -> dict[tuple[int, str], bool]:
    """Return of each seed's test photos whether a mode answered rightly."""
    right: dict[tuple[int, str], bool] = {}
    for seed in range(seeds):
        with (folder / f"{BACKBONE}-{mode}-seed{seed}" / "predictions.csv").open(newline="") as file:
            right |= {(seed, row["path"]): row["class"] == row["answer"] for row in csv.DictReader(file)}
    return right


def paired(folder: Path, first: str, second: str, seeds: int) -> Paired:
    """Compare two modes on the same photos of all seeds."""
    one, other = answers(folder, first, seeds), answers(folder, second, seeds)
    keys = sorted(one)
    photos = [photo for _, photo in keys]
    return paired_test([one[key] for key in keys], [other[key] for key in keys], photos=photos)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", default="head,partial")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--unfreeze", default=None, help="for the epoch's time; the verb's own choice if not given")
    parser.add_argument(
        "--both-ways", type=int, default=3, help="seeds trained in the whole graph, too; 0 leaves it out"
    )
    parser.add_argument("--both-ways-epochs", type=int, default=None, help="of these; the verb's own if not given")
    parser.add_argument("--out", type=Path, default=Path("runs/transfer-modes"))
    asked = parser.parse_args()
    modes = asked.modes.split(",")
    print(probe().describe())
    fast, slow = epoch_seconds(asked.unfreeze)
    print(f"An epoch from the cache {fast:.1f} s, in the whole graph {slow:.1f} s: {slow / fast:.1f} times (aim 4)")
    made = compare(
        DATA,
        modes=modes,
        backbones=[BACKBONE],
        seeds=asked.seeds,
        train_per_class=TRAIN_PER_CLASS,
        out=asked.out,
    )
    for row in made.rows:
        print(f"{row.name:45} {row.accuracy:.4f} ({row.low:.4f} to {row.high:.4f}) {row.minutes:6.1f} min")
    best = max(row.accuracy for row in made.rows)
    equal = equal_accuracies(asked.unfreeze, seeds=asked.both_ways, epochs=asked.both_ways_epochs)
    print(f"Best {best:.4f} (aim 0.945)")
    for mode in modes[1:]:
        test = paired(asked.out, modes[0], mode, asked.seeds)
        print(f"{mode} against {modes[0]}: {test.describe()} (aim +0.5, or 'difference not shown')")
    print(json.dumps({"best": best, "epoch_cached": fast, "epoch_whole": slow, "equal": equal}))
    sys.exit(0 if best >= 0.945 and slow >= 4 * fast and equal else 1)


if __name__ == "__main__":
    main()
