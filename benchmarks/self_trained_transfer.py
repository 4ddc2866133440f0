"""A network trained on CIFAR-10, transferred to Caltech-101 with 10 photos a class, against the same from scratch.

What is aimed at: the transferred network's accuracy is above the other's by a margin outside the paired interval. By
default everything is trained, the head first: what tells ten classes apart says too little of a hundred others for
the head alone.
Needs LEARNET_DATA_DIR with Caltech-101, and the bundle of ``learnet train cifar10 --recipe cifar10-fast``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import learnet
from learnet.core import probe
from learnet.evaluation import paired_test

TRAIN_PER_CLASS = 10


def right(folder: Path) -> dict[str, bool]:
    """Return which test photos a run answered rightly."""
    with (folder / "predictions.csv").open(newline="") as file:
        return {row["path"]: row["class"] == row["answer"] for row in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path, help="a bundle of cifar-net, or of any other network, trained on CIFAR-10")
    parser.add_argument("--mode", choices=("head", "partial", "full", "auto"), default="full")
    parser.add_argument("--epochs", type=int, default=60, help="of the training from scratch")
    parser.add_argument("--out", type=Path, default=Path("runs/self-trained"))
    asked = parser.parse_args()
    print(probe().describe())
    info = learnet.load(asked.bundle).info
    options = info.architecture["arguments"].get("options", {})
    moved = learnet.transfer(
        "caltech101",
        backbone=str(asked.bundle),
        mode=asked.mode,
        train_per_class=TRAIN_PER_CLASS,
        out=asked.out / "transferred",
    )
    fresh = learnet.train(
        "caltech101",
        model=info.architecture["name"],
        options=options,
        input_size=info.input_size,
        epochs=asked.epochs,
        flip=True,
        train_per_class=TRAIN_PER_CLASS,
        out=asked.out / "scratch",
    )
    one, other = right(fresh.folder), right(moved.folder)
    keys = sorted(one.keys() & other.keys())
    test = paired_test([one[key] for key in keys], [other[key] for key in keys])
    print(f"From scratch {fresh.metrics.accuracy:.4f} in {fresh.seconds:.0f} s")
    print(f"Transferred  {moved.metrics.accuracy:.4f} in {moved.seconds:.0f} s: {test.describe()}")
    sys.exit(0 if test.interval[0] > 0 else 1)


if __name__ == "__main__":
    main()
