"""A study whose trials take milliseconds and need no backbone: what is tested is the book, not the training."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from learnet.core import Silent
from learnet.tuning import Choice, FeatureParts, Keep, Proposer, Range, Space, train_head
from learnet.tuning.head_task import WEIGHTS, _save
from learnet.tuning.ledger import Ledger, Outcome
from learnet.tuning.settings import head_settings
from learnet.tuning.storage import Place, optuna
from learnet.tuning.task import Deadline
from learnet.tuning.worker import Worker

SPACE = Space(
    parameters={
        "learning_rate": Range(low=1e-4, high=1.0, log=True),
        "batch_size": Choice(values=(16, 64)),
        "dropout": Range(low=0.0, high=0.6),
        "epochs": Choice(values=(8,)),
    }
)


def make_parts(count=240, d=10, classes=5):
    random = np.random.default_rng(0)
    centres = random.normal(size=(classes, d))
    labels = random.integers(0, classes, count)
    features = (centres[labels] + 1.3 * random.normal(size=(count, d))).astype(np.float32)
    half = count // 2
    return FeatureParts.of(features[:half], labels[:half], features[half:], labels[half:], classes=classes)


class ByHand:
    """Trains heads on made-up features.

    Args:
        pause: Seconds after each epoch.
        before: Called with the values of each trial.
    """

    photos = "made up"

    def __init__(self, *, pause=0.0, before=lambda _values: None):
        self._parts, self._pause, self._before = make_parts(), pause, before

    def run(self, values, folder, *, on_epoch, deadline):
        self._before(values)

        steps = {}

        def after(epoch, accuracy):
            steps[epoch] = accuracy
            on_epoch(epoch, accuracy)
            time.sleep(self._pause)
            deadline.check()

        head = train_head(self._parts, head_settings(values, seed=0), on_epoch=after)
        _save(folder / WEIGHTS, {"kernel": head.kernel, "bias": head.bias})
        return Outcome(accuracy=head.accuracy, loss=head.loss, epochs=head.epochs, seconds=0.0, steps=steps)


def pruner_of(search):
    """Return what stops trials early in such a search."""
    if search != "hyperband":
        return None
    return optuna().pruners.HyperbandPruner(min_resource=1, max_resource=8, reduction_factor=3)


def work(folder, *, search="random", trials=12, task=None, seconds=None, keep=3, url=None, space=SPACE, pruner=None):
    """Work on a study until it is done; return its trials."""
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(Place(folder=folder, url=url, name="study" if url is None else folder.name))
    try:
        ledger.begin({"search": search})
        most = ledger.settle(trials=trials, photos="made up")
        ledger.use(space, pruner=pruner)
        propose = Proposer(search, space, seed=0, trials=most)
        worker = Worker(
            ledger,
            ByHand() if task is None else task,
            propose,
            folder=folder,
            keep=Keep(trials=keep),
            deadline=Deadline(seconds),
            progress=Silent(),
        )
        worker.work(most)
        return ledger.trials()
    finally:
        ledger.leave()


def essence(records):
    """Return what must not depend on kills or on who did the work."""
    return [(r.number, r.state, r.values, r.accuracy, r.loss, r.epochs, r.steps, r.reason) for r in records]


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201 (the process that started this one listens)
    url = os.environ.get("LEARNET_TEST_URL") or None
    options = {"search": sys.argv[2], "trials": int(sys.argv[3]), "task": ByHand(pause=float(sys.argv[4])), "url": url}
    options["pruner"] = pruner_of(options["search"])
    records = work(Path(sys.argv[1]), **options)
    print("done", len(records), flush=True)  # noqa: T201 (the process that started this one listens)
