"""Trials of heads: the backbone computes each photo once, ever; a trial trains on the features."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import LearnetError, sha256_bytes, write_bytes
from learnet.data import (
    Part,
    near_duplicate_groups,
    open_dataset,
    photo_findings,
    stack_hashes,
)
from learnet.evaluation import choose_threshold, fit_temperature, measure, softmax
from learnet.runs import Study, fingerprint, kept_together, publish, without_empty_classes
from learnet.training.photos import divide
from learnet.transfer_learning import load_backbone
from learnet.transfer_learning.baselines import measure_baselines
from learnet.transfer_learning.cache import usable_cache
from learnet.transfer_learning.extraction import Extractor
from learnet.transfer_learning.modes import Chosen
from learnet.transfer_learning.study import Divided
from learnet.transfer_learning.transfer import backbone_product
from learnet.tuning.head_descent import FeatureParts, train_head
from learnet.tuning.ledger import Outcome
from learnet.tuning.record import describe
from learnet.tuning.settings import head_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.options.tune import StudyOptions, TuneConfig
    from learnet.runs import Product, RunResult, Stopwatch
    from learnet.transfer_learning import LoadedBackbone
    from learnet.transfer_learning.extraction import Features
    from learnet.tuning.record import TrialRecord
    from learnet.tuning.space import Values
    from learnet.tuning.task import Deadline

WEIGHTS = "best.safetensors"


class HeadTask:
    """Trains heads on the cached features of a dataset.

    Args:
        config: Of the study.
        data: What the photos are in.
        how: Where weights and features lie on this machine.
        progress: Where to tell how it goes.
        watch: Books the time.

    Attributes:
        photos: The fingerprint of the photos and of how they are divided.

    Raises:
        DataError: If the photos cannot make a classifier.
        WeightsError: If the pretrained weights cannot be had.
    """

    def __init__(
        self,
        config: TuneConfig,
        data: Any,
        *,
        how: StudyOptions,
        progress: Progress,
        watch: Stopwatch,
    ) -> None:
        dataset = open_dataset(data, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
        progress.say(dataset.layout)
        watch.lap("scan")
        folder = None if how.weights_dir is None else Path(how.weights_dir)
        self._loaded = load_backbone(
            config.backbone or "", weights=config.weights, weights_dir=folder, seed=config.seed
        )
        watch.lap("find the backbone")
        with usable_cache(how.cache_limit_bytes, say=progress.say) as cache:
            features = Extractor.of(self._loaded, cache=cache, max_pixels=config.max_pixels, progress=progress).run(
                dataset
            )
        watch.lap("compute features")
        self._config = config
        self._divide(dataset, features, progress=progress)
        watch.lap("split and check")

    def _divide(self, dataset: Dataset, features: Features, *, progress: Progress) -> None:
        usable = np.flatnonzero(features.usable)
        used = without_empty_classes(dataset.subset(usable), features.skipped)
        facts = [fact for fact in features.facts if fact is not None]
        digests = features.digests[usable]
        copies = near_duplicate_groups(stack_hashes(facts), digests)
        self._dataset, self._features, self._found = used, features, dataset
        self._parts = divide(used, groups=kept_together(used, copies), config=self._config, progress=progress)
        self._findings = photo_findings(used, facts, digests=digests, copies=copies)
        self.photos = fingerprint(used, digests, self._parts)
        self._values, self._digests, self._groups = features.values[usable], digests, kept_together(used, copies)
        train, val = self.rows(Part.TRAIN), self.rows(Part.VAL)
        self._examples = FeatureParts.of(
            self._values[train],
            used.labels[train],
            self._values[val],
            used.labels[val],
            classes=len(used.class_names),
        )

    @property
    def loaded(self) -> LoadedBackbone:
        """The backbone."""
        return self._loaded

    def divided(self) -> Divided:
        """Return the usable photos, their features and their parts; rows are the photos in their order."""
        used = self._dataset
        return Divided(
            dataset=used,
            found=self._found.found,
            skipped=(*self._found.skipped, *self._features.skipped),
            findings=tuple(self._findings),
            parts=self._parts,
            fingerprint=self.photos,
            order=np.arange(len(used)),
            values=self._values,
            labels=used.labels,
            groups=self._groups,
            digests=self._digests,
            computed=self._features.computed,
        )

    def rows(self, part: Part) -> np.ndarray:
        """Return the photos of a part, int; for validation those that train where there are too few others."""
        rows = np.flatnonzero(self._parts == part)
        if part == Part.VAL and not len(rows):  # too few photos: said when they were divided
            return np.flatnonzero(self._parts == Part.TRAIN)
        return rows

    @property
    def examples(self) -> FeatureParts:
        """Features and labels to learn from and to choose with."""
        return self._examples

    def run(
        self, values: Values, folder: Path, *, on_epoch: Callable[[int, float], None], deadline: Deadline
    ) -> Outcome:
        """Train one head; see ``Task``. What a kill interrupts begins anew: it takes seconds at most."""
        start = time.perf_counter()

        def after(epoch: int, accuracy: float) -> None:
            on_epoch(epoch, accuracy)
            deadline.check()

        head = train_head(self._examples, head_settings(values, seed=self._config.seed), on_epoch=after)
        _save(folder / WEIGHTS, {"kernel": head.kernel, "bias": head.bias})
        return Outcome(accuracy=head.accuracy, loss=head.loss, epochs=head.epochs, seconds=time.perf_counter() - start)

    def publish(
        self, winner: TrialRecord, files: Path, folder: Path, *, progress: Progress, watch: Stopwatch
    ) -> RunResult:
        """Measure the winner and write everything; see ``Task``."""
        kept = _load(files / WEIGHTS)
        kernel, bias = kept["kernel"], kept["bias"]
        val = self.rows(Part.VAL)
        logits = self._values[val] @ kernel + bias
        temperature = fit_temperature(logits, self._dataset.labels[val])
        kernel, bias = kernel / np.float32(temperature), bias / np.float32(temperature)
        sure = softmax(logits, temperature=temperature)
        test = self.rows(Part.TEST)
        probabilities = softmax(self._values[test] @ kernel + bias)
        made = self.study(probabilities, sure, temperature=temperature, progress=progress)
        watch.lap("measure the winner")
        product = self._product(winner, kernel, bias)
        return publish(folder, made, product, config=self._config, progress=progress, watch=watch)

    def study(self, probabilities: np.ndarray, sure: np.ndarray, *, temperature: float, progress: Progress) -> Study:
        """Return what is known of a winner.

        Args:
            probabilities: float32 ``(m, k)``, of the test part.
            sure: float32 ``(v, k)``, of the validation part; both calibrated.
            temperature: By which the logits were divided.
            progress: Where to tell how it goes.
        """
        used, seed, classes = self._dataset, self._config.seed, len(self._dataset.class_names)
        train, val, test = (self.rows(part) for part in (Part.TRAIN, Part.VAL, Part.TEST))
        return Study(
            dataset=used,
            found=self._found.found,
            skipped=(*self._found.skipped, *self._features.skipped),
            parts=self._parts,
            findings=self._findings,
            fingerprint=self.photos,
            temperature=temperature,
            threshold=choose_threshold(sure.max(axis=1), sure.argmax(axis=1) == used.labels[val]),
            foreign_auroc=None,
            test=test,
            probabilities=probabilities,
            metrics=measure(probabilities, used.labels[test], seed=seed, class_count=classes),
            baselines=measure_baselines(
                self._values,
                used.labels,
                classes=classes,
                train_rows=train,
                test_rows=test,
                seed=seed,
                progress=progress,
            ),
            computed=self._features.computed,
        )

    def _product(self, winner: TrialRecord, kernel: np.ndarray, bias: np.ndarray) -> Product:
        loaded, seen = self._loaded, len(self._dataset) + len(self._features.skipped)
        facts = {
            "Trial": f"{winner.number}: {describe(winner.values)}; tuning.html tells of all trials",
            "Photos computed": f"{self._features.computed} of {seen}; the others came from the cache",
        }
        chosen = Chosen(mode="head", reason="", facts=facts)
        product = backbone_product(loaded.classifier(kernel, bias), loaded, chosen=chosen)
        return replace(
            product,
            description=f"{product.description} Head of trial {winner.number} of a search.",
            details={"backbone": loaded.name, "val_accuracy": winner.accuracy, "val_loss": winner.loss},
        )


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    from safetensors.numpy import save

    content: bytes = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    write_bytes(path, content + bytes.fromhex(sha256_bytes(content)))


def _load(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise LearnetError(
            f"The weights of the best trial are not on this machine: '{path}' is missing. Where that trial was run, "
            "'learnet tune --join' with the folder there makes the bundle."
        ) from error
    if bytes.fromhex(sha256_bytes(content[:-32])) != content[-32:]:
        raise LearnetError(f"The weights in '{path}' are damaged. Begin a new study.")
    arrays: dict[str, np.ndarray] = load(content[:-32])
    return arrays
