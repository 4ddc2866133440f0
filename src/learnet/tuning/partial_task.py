"""Trials of upper layers: what stays frozen is computed once for each boundary; a trial trains what lies above it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.data import Part, stream_photos
from learnet.evaluation import fit_temperature, softmax
from learnet.inference import Predictor
from learnet.models import backbone
from learnet.runs import publish
from learnet.training.checkpoint import load_best
from learnet.training.loop import can_resume
from learnet.transfer_learning import BACKBONES, TransferConfig, solve_head
from learnet.transfer_learning.cut import boundaries
from learnet.transfer_learning.fine_tuning import (
    Inner,
    State,
    UpperLayers,
    predict_logits,
    readable,
    training_of,
    tune,
)
from learnet.transfer_learning.modes import Chosen
from learnet.transfer_learning.transfer import backbone_product
from learnet.tuning.ledger import Outcome
from learnet.tuning.record import describe
from learnet.tuning.settings import check_space, partial_settings
from learnet.tuning.task import Watched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import InputSpec
    from learnet.options.tune import TuneConfig
    from learnet.runs import Product, RunResult, Stopwatch
    from learnet.training import TrainingConfig
    from learnet.tuning.head_task import HeadTask
    from learnet.tuning.record import TrialRecord
    from learnet.tuning.space import Space, Values
    from learnet.tuning.task import Deadline


def backbone_boundaries(name: str) -> tuple[str, ...]:
    """Return the stages of a backbone from which on a trial may train, the lowest first.

    Args:
        name: Of ``learnet.transfer_learning.BACKBONES``.
    """
    card = BACKBONES[name]
    spec = card.input_spec
    return boundaries(backbone(card.architecture, input_size=(spec.height, spec.width)))


def check_partial_space(space: Space, config: TuneConfig) -> None:
    """Refuse a space with an unknown setting or boundary, or with a value that no trial could have.

    Raises:
        UsageError: The setting and the value are named.
    """
    card = BACKBONES[config.backbone or ""]
    known = backbone_boundaries(config.backbone or "") if _names_boundaries(space) else ()
    check_space(space, lambda values: _plan(values, config, spec=card.input_spec, known=known))


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """How one trial trains."""

    config: TransferConfig
    training: TrainingConfig


class PartialTask:
    """Trains the upper layers of a backbone and its head.

    Args:
        heads: The same photos, features and division as trials of heads have.
        config: Of the study.
        limit_bytes: What cached activations may take.
        progress: Where to tell how it goes.

    Attributes:
        photos: The fingerprint of the photos and of how they are divided.
    """

    def __init__(self, heads: HeadTask, config: TuneConfig, *, limit_bytes: int, progress: Progress) -> None:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each trial compiles its own step, and it wonders
        self._heads, self._config, self._limit = heads, config, limit_bytes
        self._loaded, self._divided = heads.loaded, heads.divided()
        self.photos = heads.photos
        self._inner = Inner(learn=heads.rows(Part.TRAIN), check=heads.rows(Part.VAL), given=True)
        self._begin = self._solved(progress)
        self._variables = [np.asarray(variable).copy() for variable in self._loaded.model.variables]

    def run(
        self, values: Values, folder: Path, *, on_epoch: Callable[[int, float], None], deadline: Deadline
    ) -> Outcome:
        """Train once; see ``Task``. What a kill interrupts goes on from its checkpoint, bit for bit."""
        plan = _plan(values, self._config, spec=self._loaded.input_spec)
        watched = Watched(deadline)
        tuned = tune(
            self._trainable(plan, watched),
            self._divided,
            self._loaded,
            self._inner,
            begin=self._begin,
            how=plan.training,
            folder=folder,
            progress=watched,
            resume=can_resume(folder, plan.training),
            on_epoch=lambda row: on_epoch(row.epoch, row.val_accuracy),
        )
        fitted = tuned.fitted
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
        divided, inner = self._divided, self._inner
        plan = _plan(winner.values, self._config, spec=self._loaded.input_spec)
        trainable = self._trainable(plan, progress)
        trainable.model.set_weights(load_best(files))
        views = trainable.examples(np.concatenate([inner.learn, inner.check]))
        logits = predict_logits(trainable.model, replace(views, values=views.values[len(inner.learn) :]))
        temperature = np.float32(fit_temperature(logits, divided.labels[inner.check]))
        kernel, bias = trainable.model.get_layer("head").get_weights()
        model = self._loaded.classifier(kernel / temperature, bias / temperature)
        probabilities = self._tested(model, progress)
        sure = softmax(logits, temperature=float(temperature))
        made = self._heads.study(probabilities, sure, temperature=float(temperature), progress=progress)
        watch.lap("measure the winner")
        facts = {**trainable.facts(), "Trial": f"{winner.number}: {describe(winner.values)}; tuning.html tells of all"}
        product = self._product(model, winner, facts)
        return publish(folder, made, product, config=self._config, progress=progress, watch=watch)

    def _solved(self, progress: Progress) -> State:
        """Return the pretrained network with a head: no random one pulls on trained features."""
        divided, inner = self._divided, self._inner
        solved = solve_head(
            divided.values,
            divided.labels,
            classes=divided.classes,
            rows=inner.learn,
            validation_rows=inner.check,
            groups=divided.groups,
            seed=self._config.seed,
            progress=progress,
        )
        weights = self._loaded.model.get_weights()
        return State(weights=weights, kernel=solved.head.kernel, bias=solved.head.bias)

    def _trainable(self, plan: _Plan, progress: Progress) -> UpperLayers:
        """Return the layers of a trial, from whose state all other trials' traces are removed."""
        for variable, value in zip(self._loaded.model.variables, self._variables, strict=True):
            variable.assign(value)
        return UpperLayers(self._divided, self._loaded, config=plan.config, limit_bytes=self._limit, progress=progress)

    def _tested(self, model: Any, progress: Progress) -> NDArray[np.float32]:
        divided, test = self._divided, self._heads.rows(Part.TEST)
        probabilities = np.empty((len(test), divided.classes), np.float32)
        photos = stream_photos(divided.dataset.source, test.tolist(), spec=self._loaded.input_spec)
        with progress.stage("Testing", len(test)) as task:
            images = (readable(photo, divided.dataset) for photo in photos)
            for row, answer in zip(probabilities, Predictor.compile(model).stream(images), strict=True):
                row[:] = answer
                task.advance()
        return probabilities

    def _product(self, model: Any, winner: TrialRecord, facts: dict[str, str]) -> Product:
        product = backbone_product(model, self._loaded, chosen=Chosen(mode="partial", reason="", facts=facts))
        return replace(
            product,
            description=f"{product.description} As in trial {winner.number} of a search.",
            details={
                "backbone": self._loaded.name,
                "mode": "partial",
                "val_accuracy": winner.accuracy,
                "val_loss": winner.loss,
            },
        )


def _names_boundaries(space: Space) -> bool:
    return "unfreeze" in space.parameters or any("unfreeze" in trial for trial in space.trials)


def _plan(values: Values, config: TuneConfig, *, spec: InputSpec, known: tuple[str, ...] | None = None) -> _Plan:
    """Return how a trial with these values trains."""
    place, training = partial_settings(values, boundaries=known)
    asked = config.part(TransferConfig).replace(mode="partial", **place)
    usual = training_of("partial", asked, spec=spec)
    return _Plan(config=asked, training=usual.adapted(**training))
