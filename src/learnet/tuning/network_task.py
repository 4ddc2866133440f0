"""Trials of networks: each is trained from random weights in a folder of its own, from which it can go on."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from learnet.core import LearnetError, UsageError, require_backend, write_json
from learnet.data import InputSpec, Part, open_dataset
from learnet.models import ARCHITECTURES
from learnet.options.train import TrainConfig
from learnet.runs import publish
from learnet.training import EpochRow, Fitted, fit
from learnet.training.build import build_trained, prepare_network
from learnet.training.checkpoint import load_best
from learnet.training.examine import examine, product
from learnet.training.loop import can_resume
from learnet.training.photos import decode_photos
from learnet.tuning.ledger import Outcome
from learnet.tuning.record import describe
from learnet.tuning.settings import check_space, network_config
from learnet.tuning.space_file import OPTION
from learnet.tuning.task import Watched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from learnet.core import Progress
    from learnet.options.tune import TuneConfig
    from learnet.runs import RunResult, Stopwatch
    from learnet.training.photos import Photos
    from learnet.tuning.record import TrialRecord
    from learnet.tuning.space import Space, Values
    from learnet.tuning.task import Deadline

_FITTED = "fitted.json"


def base_config(config: TuneConfig) -> TrainConfig:
    """Return how the network is trained where the space says nothing."""
    made = TrainConfig.of(**config.shared(TrainConfig))
    # Trials that time their steps would not be the same again.
    return made.replace(precision="float32" if made.precision == "auto" else made.precision, jit=False)


def check_network_space(space: Space, config: TuneConfig) -> None:
    """Refuse a space with an unknown setting or option, or with a value that no trial could have.

    Raises:
        UsageError: The setting and the value are named.
    """
    if ARCHITECTURES[config.model or ""].solved or ARCHITECTURES[config.model or ""].task != "classification":
        raise UsageError(f"{config.model} has no training by steps on photos with classes: choose another --model.")
    base = base_config(config)

    def build(values: Values) -> None:
        made = network_config(values, base)
        if any(name.startswith(OPTION) for name in values):
            prepare_network(made, classes=2)  # only the builder knows its options

    check_space(space, build)


class NetworkTask:
    """Trains networks on the photos of a dataset.

    Args:
        config: Of the study.
        data: What the photos are in.
        folder: Of the study, for pixels that do not fit into memory.
        progress: Where to tell how it goes.
        watch: Books the time.

    Attributes:
        photos: The fingerprint of the photos and of how they are divided.

    Raises:
        DataError: If the photos cannot make a classifier.
    """

    def __init__(self, config: TuneConfig, data: Any, *, folder: Path, progress: Progress, watch: Stopwatch) -> None:
        require_backend()
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each trial compiles its own step, and it wonders
        self._config, self._folder, self._progress = config, folder, progress
        self._base = base_config(config)
        self._dataset = open_dataset(data, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
        progress.say(self._dataset.layout)
        watch.lap("scan")
        self._decoded: tuple[InputSpec, Photos] | None = None
        self.photos = self._photos(_spec(self._base)).fingerprint
        watch.lap("decode photos")

    def run(
        self, values: Values, folder: Path, *, on_epoch: Callable[[int, float], None], deadline: Deadline
    ) -> Outcome:
        """Train one network; see ``Task``. What a kill interrupts goes on from its checkpoint, bit for bit."""
        config = network_config(values, self._base)
        photos = self._photos(_spec(config))
        train, validation = photos.part(Part.TRAIN), photos.part(Part.VAL)
        made = build_trained(config, classes=len(photos.dataset.class_names), images=train[0])
        fitted = fit(
            made.trainer,
            train,
            validation if len(validation[1]) else train,
            config=config.training,
            folder=folder,
            names=photos.names(Part.TRAIN),
            auxiliary_weights=made.auxiliary_weights,
            resume=can_resume(folder, config.training),
            on_epoch=lambda row: on_epoch(row.epoch, row.val_accuracy),
            progress=Watched(deadline),
        )
        write_json(folder / _FITTED, asdict(fitted))
        best = fitted.history[fitted.best_epoch - 1]
        return Outcome(
            accuracy=best.val_accuracy,
            loss=best.val_loss,
            epochs=len(fitted.history),
            seconds=fitted.seconds,
            steps={row.epoch: row.val_accuracy for row in fitted.history},
        )

    def publish(
        self, winner: TrialRecord, files: Path, folder: Path, *, progress: Progress, watch: Stopwatch
    ) -> RunResult:
        """Measure the winner and write everything; see ``Task``."""
        config = network_config(winner.values, self._base)
        photos = self._photos(_spec(config))
        fitted = _fitted(files)
        made = build_trained(config, classes=len(photos.dataset.class_names), images=photos.part(Part.TRAIN)[0])
        made.trainer.set_weights(load_best(files))
        study = examine(photos, made, config=config)
        watch.lap("measure the winner")
        goods = product(made, fitted, study=study, config=config, spec=_spec(config))
        told = f"{winner.number}: {describe(winner.values)}; tuning.html tells of all trials"
        provenance = {**goods.provenance, "Trial": told}
        del provenance["Learning curve"]  # that of the trial is no file of this run
        shutil.copyfile(files / "history.csv", folder / "history.csv")
        goods = replace(goods, provenance=provenance)
        return publish(folder, study, goods, config=self._config, progress=progress, watch=watch)

    def _photos(self, spec: InputSpec) -> Photos:
        """Return the photos in one size; those of the last size asked for stay in memory."""
        if self._decoded is None or self._decoded[0] != spec:
            self._decoded = None
            photos = decode_photos(
                self._dataset, spec=spec, config=self._base, folder=self._folder, progress=self._progress
            )
            self._decoded = spec, photos
        return self._decoded[1]


def _spec(config: TrainConfig) -> InputSpec:
    height, width = ARCHITECTURES[config.model].input_size if config.input_size is None else config.input_size
    return InputSpec(height=height, width=width)


def _fitted(folder: Path) -> Fitted:
    """Return what a trial's training gave.

    Raises:
        LearnetError: If it was not trained on this machine.
    """
    try:
        told = json.loads((folder / _FITTED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LearnetError(
            f"The files of the best trial are not on this machine, or damaged: '{folder}'. Where that trial was run, "
            "'learnet tune --join' with the folder there makes the bundle."
        ) from error
    return Fitted(**{**told, "history": tuple(EpochRow(**row) for row in told["history"])})
