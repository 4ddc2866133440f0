"""The conductor of the main job: photos in; report, measurements and a proven bundle out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Silent, UsageError, require_backend
from learnet.core.text import format_duration
from learnet.data import Part, data_name, open_dataset
from learnet.options.python import by_keywords
from learnet.options.transfer import TransferConfig
from learnet.runs import Product, Run, RunResult, Stopwatch, publish
from learnet.transfer_learning.budget import (
    FIRST_BUNDLE,
    MEASURED,
    SECOND_BUNDLE,
    TESTING,
    TIMED,
    Budget,
    OutOfTime,
)
from learnet.transfer_learning.bundle_backbone import load_bundle_backbone
from learnet.transfer_learning.cache import usable_cache
from learnet.transfer_learning.cache_database import CacheError
from learnet.transfer_learning.cards import BACKBONES
from learnet.transfer_learning.extraction import NO_TIME, Extractor, space_of
from learnet.transfer_learning.forecast import forecast, needed, part_sizes, set_aside
from learnet.transfer_learning.journal import Journal
from learnet.transfer_learning.modes import Chosen, Climb
from learnet.transfer_learning.study import divide, study
from learnet.transfer_learning.svm_head import SvmResult, show_support_vectors, svm_product
from learnet.transfer_learning.timing import measure_speeds, round_robin
from learnet.transfer_learning.trained import measure_chosen, with_finding
from learnet.transfer_learning.weights import load_backbone

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.evaluation import BaselineRow
    from learnet.inference import Predictor
    from learnet.runs import RunConfig, Study
    from learnet.transfer_learning.cache import FeatureCache
    from learnet.transfer_learning.extraction import Features
    from learnet.transfer_learning.forecast import Forecast
    from learnet.transfer_learning.head import HeadResult
    from learnet.transfer_learning.study import Divided
    from learnet.transfer_learning.timing import Speeds
    from learnet.transfer_learning.weights import LoadedBackbone

_FEWEST = 10  # photos a class for which there must be time
_ENOUGH = 64  # photos computed, so that their time is known
_IN_TURN, _LOOKED = "classes in turn", "photos looked at"  # the order of the photos, and how many
_TAUGHT_SHARE = 0.75  # of a class's photos, where the time does not allow for as many as were asked for


def run(
    config: TransferConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> RunResult:
    """Turn labelled photos into a tuned, calibrated, tested and proven classifier.

    The photos' features are computed once by a frozen backbone (and cached by content); a multinomial logistic
    regression is solved on them, its strength chosen by cross-validation on the training part; the test part, which
    nothing has seen, gives the figures of the report. With ``head="svm"`` a support-vector machine takes the
    regression's place, its setting chosen from a grid over C and the polynomial's degree or the kernel's scale.

    Killed at any moment and called again with the same arguments and ``out``, or by ``resume``, it goes on with its
    training; without a time limit the outcome is the same, bit for bit, on the same machine and libraries.

    Args:
        config: The options.
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        out: Folder of the run; ``runs/NAME-TIME`` if not given. An unfinished run in it is continued.
        progress: Progress reporter; standard error if not given.
        elapsed: Seconds of the time limit that are over already.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds an unfinished run with other ones.
        DataError: If the photos cannot make a classifier (too few, one class only).
        WeightsError: If the pretrained weights cannot be had.
        MissingDependencyError: If no Keras backend is installed.
        KeyboardInterrupt: After Ctrl-C; it says how to go on.
    """
    name = data_name(config.data, data)
    with Run.start(checked(config), out=out, name=name, progress=progress) as job:
        return _transfer(job, data, elapsed=elapsed)


transfer = by_keywords(run, TransferConfig)


def resume(
    folder: str | Path,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    time_limit: float | None = None,
    weights_dir: str | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> RunResult:
    """Continue a run of ``transfer`` that was interrupted; see there.

    Args:
        folder: Of the run.
        data: What it was given, if that was no path or name.
        time_limit: Seconds from now; the run's own limit, counted anew, if not given.
        weights_dir: A folder with weight files; the run's own if not given.
        progress: Progress reporter; standard error if not given.
        elapsed: Seconds of the time limit that are over already.

    Raises:
        UsageError: If there is no such run, or it is finished.
        LearnetError: If the photos or the backbone are not those that it was started with.
    """
    changes = {"time_limit": time_limit, "weights_dir": weights_dir}
    with Run.resume(folder, TransferConfig, progress=progress, **changes) as job:
        return _transfer(job, data, elapsed=elapsed)


def checked(config: TransferConfig) -> TransferConfig:
    """Return the configuration with its backbone's name as the table has it.

    Raises:
        UsageError: If there is no such backbone, or its features cannot be classified as asked.
    """
    if not _is_bundle(config.backbone):
        return config.replace(backbone=BACKBONES[config.backbone].name)
    if config.head == "svm":
        raise UsageError(
            "A support-vector machine classifies the features of a named backbone; the backbone is a bundle, "
            f"'{config.backbone}'. Leave out --head svm, or name one of {', '.join(BACKBONES.names()[:3])}, ..."
        )
    return config


def _transfer(job: Run[TransferConfig], data: Any, *, elapsed: float) -> RunResult:
    if data is None and not job.config.data:
        raise UsageError("The run was given its photos from Python: resume it there, with data=...")
    job.by_command = bool(job.config.data)
    config, progress, watch = job.config, job.progress, job.watch
    require_backend()
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
    progress.say(dataset.layout)
    watch.lap("scan")
    loaded = load_configured(config)
    job.check("backbone", loaded.fingerprint, what=f"The weights of the backbone {config.backbone}")
    watch.lap("find the backbone")
    if job.is_resumed:
        progress.say(f"Going on with the unfinished run in '{job.folder}'.")
    else:
        job.settle(backbone=loaded.fingerprint)
    journal = Journal(job)
    with usable_cache(config.cache_limit_bytes, say=progress.say) as cache:
        work = _Work(
            dataset,
            loaded,
            config=config if config.data else config.replace(data=dataset.name),
            journal=journal,
            cache=cache,
            elapsed=elapsed,
            progress=progress,
            watch=watch,
        )
        result = work.run(job.folder)
    job.finish(result.to_json())
    journal.clear()
    return result


class _Work:
    """One run, once its photos, its backbone and its cache are at hand."""

    def __init__(
        self,
        dataset: Dataset,
        loaded: LoadedBackbone,
        *,
        config: TransferConfig,
        journal: Journal,
        cache: FeatureCache | None,
        elapsed: float,
        progress: Progress,
        watch: Stopwatch,
    ) -> None:
        self._config, self._loaded, self._journal, self._cache = config, loaded, journal, cache
        self._elapsed, self._progress, self._watch = elapsed, progress, watch
        start = time.perf_counter() - watch.total() - elapsed
        self._budget = Budget(start=start, limit=config.time_limit, clock=time.perf_counter)
        in_turn = journal.known(_IN_TURN)
        if in_turn is None:
            in_turn = config.time_limit is not None
            journal.decide(_IN_TURN, in_turn)
        if in_turn:
            kinds = dataset.labels.astype(np.int64) * (len(Part) + 1) + dataset.parts
            dataset = dataset.subset(round_robin(kinds, seed=config.seed))
        self._dataset = dataset

    def run(self, folder: Path) -> RunResult:
        """Do everything; after the head there is a bundle at any moment."""
        config, watch, progress, budget = self._config, self._watch, self._progress, self._budget
        built = watch.stages["find the backbone"] if _is_bundle(config.backbone) else 0.0
        speeds, predictor = _timed(self._dataset, self._loaded, config, self._cache)
        speeds = replace(speeds, compiling=speeds.compiling + built)
        told = forecast(self._dataset, self._loaded, speeds, config=config, begun=lambda: watch.total() + self._elapsed)
        progress.say(told.describe())
        most = self._set_aside(told, speeds)
        watch.lap("forecast")
        features = self._features(predictor, most=most)
        watch.lap("compute features")
        photo_seconds = speeds.computing
        if features.computed >= _ENOUGH:
            photo_seconds = max(watch.stages["compute features"] / features.computed, 0.5 * photo_seconds)
        config = _fewer_per_class(config, self._dataset, features, say=progress.say)
        divided = divide(self._dataset, features, config=config)
        self._journal.use_photos(divided.fingerprint)
        watch.lap("split and check")
        made, solved = study(divided, config=config, budget=budget, progress=progress, watch=watch)
        seen = {"forecast_seconds": round(told.expected, 1), "baselines": [_baseline(row) for row in made.baselines]}
        if isinstance(solved, SvmResult):
            spec = self._loaded.input_spec
            show_support_vectors(folder, made, solved, spec=spec, max_pixels=config.max_pixels)
        head = _head_product(made, solved, loaded=self._loaded)
        head = replace(head, details={**head.details, **seen})
        with budget.measuring(FIRST_BUNDLE):
            run = publish(folder, made, head, config=config, progress=progress, watch=watch)
        if not isinstance(solved, SvmResult) and config.mode != "head":
            budget.expect(SECOND_BUNDLE, budget.took(FIRST_BUNDLE), doubt=MEASURED)
            budget.expect(TESTING, speeds.compiling + len(made.test) * photo_seconds, doubt=TIMED)
            climb = Climb(
                divided,
                self._loaded,
                solved,
                config=config,
                limit_bytes=self._config.cache_limit_bytes,
                journal=self._journal,
                progress=progress,
                costs=told.costs,
                unaffordable=told.unaffordable,
                photo_seconds=photo_seconds,
                starting=speeds.compiling,
                budget=budget,
            )
            chosen = climb.run()
            watch.lap("train more than the head")
            run = self._publish_chosen(run, chosen, made, divided, head=head, seen=seen)
        return run

    def _publish_chosen(
        self, run: RunResult, chosen: Chosen, made: Study, divided: Divided, *, head: Product, seen: dict[str, Any]
    ) -> RunResult:
        """Measure and publish what was chosen; return the run of what is published in the end."""
        config, watch, progress, budget = run.config, self._watch, self._progress, self._budget
        made = with_finding(made, chosen)
        details = {**_details(chosen), **seen}
        if chosen.state is not None:
            try:
                with budget.measuring(TESTING):
                    made, model = measure_chosen(
                        chosen, made, divided, self._loaded, config=self._config, budget=budget, progress=progress
                    )
            except OutOfTime as error:
                progress.say(f"{error} The head's bundle stays.")
                watch.lap("measure it")
                details |= {"mode": "head", "reason": f"{chosen.reason} {error} The head's bundle stays."}
            else:
                watch.lap("measure it")
                product = backbone_product(model, self._loaded, chosen=chosen)
                return self._publish(run.folder, made, replace(product, details=details), config=config)
        elif chosen.finding and self._has_time_to_publish():
            told = {**head.provenance, "Mode": f"head. {chosen.reason}"}
            product = replace(head, provenance=told, details=details)
            return self._publish(run.folder, made, product, config=config)
        return replace(run, seconds=watch.total(), stages=dict(watch.stages), details=details)

    def _has_time_to_publish(self) -> bool:
        self._budget.drop(TESTING)
        return self._budget.left() >= 0

    def _publish(self, folder: Path, made: Study, product: Product, *, config: RunConfig) -> RunResult:
        with self._budget.measuring(SECOND_BUNDLE):
            return publish(folder, made, product, config=config, progress=self._progress, watch=self._watch)

    def _set_aside(self, told: Forecast, speeds: Speeds) -> int:
        """Set time aside for what must be done; return for how many photos there is time.

        Raises:
            UsageError: If there is time for a few only.
        """
        photos, limit = len(self._dataset), self._config.time_limit
        most = set_aside(self._budget, speeds, photos=photos)
        few = min(photos, _FEWEST * len(self._dataset.class_names))
        if limit is not None and most < few:
            starting, after = told.stages["starting"], needed(speeds, photos=photos, few=few)
            raise UsageError(
                f"The time limit of {format_duration(limit)} is too short: starting took {format_duration(starting)}, "
                f"and a few photos, the head, the bundle and the report may take {format_duration(after)} on this "
                f"machine as it is now. Give at least {format_duration(1.2 * (starting + after))}."
            )
        return most

    def _features(self, predictor: Predictor | None, *, most: int) -> Features:
        """Look at all photos, or at as many as there is time for; a resumption looks at the same ones."""
        looked = self._journal.known(_LOOKED)
        features = Extractor.of(
            self._loaded,
            predictor=predictor,
            cache=self._cache,
            max_pixels=self._config.max_pixels,
            progress=self._progress,
            deadline=self._budget.until() if looked is None else None,
            most=most if looked is None else looked,
        ).run(self._dataset)
        if looked is None:
            left_out = sum(item.reason == NO_TIME for item in features.skipped)
            self._journal.decide(_LOOKED, len(self._dataset) - left_out)
        return features


def plan(
    config: TransferConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what ``transfer`` would do with the same arguments, without doing it.

    Args:
        config: The options.
        data: As for ``transfer``.
        progress: Progress reporter; silent if not given.

    Returns:
        ``"photos"``: about how many would train, validate and test; ``"forecast"``: sentences, from a few timed photos
        and steps.
    """
    watch, progress = Stopwatch(), progress or Silent()
    config = checked(config)
    require_backend()
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
    loaded = load_configured(config)
    with usable_cache(config.cache_limit_bytes, say=progress.say) as cache:
        speeds, _ = _timed(dataset, loaded, config, cache)
    told = forecast(dataset, loaded, speeds, config=config, begun=watch.total)
    train, test = part_sizes(dataset, config)
    validation = int((dataset.parts == Part.VAL).sum())
    photos = {"train": train, "validation": validation, "test": test - validation}
    return {"photos": photos, "forecast": [told.describe()], "seconds": round(told.expected, 1)}


def _timed(
    dataset: Dataset, loaded: LoadedBackbone, config: TransferConfig, cache: FeatureCache | None
) -> tuple[Speeds, Predictor | None]:
    """Time a few photos; return the speeds, and the compiled backbone if it was needed for that."""
    return measure_speeds(
        dataset,
        loaded,
        known=_known(loaded, cache),
        rows=part_sizes(dataset, config)[0],
        thorough=config.mode != "head" or config.time_limit is not None,
        seed=config.seed,
    )


def _known(loaded: LoadedBackbone, cache: FeatureCache | None) -> frozenset[bytes]:
    if cache is None:
        return frozenset()
    try:
        return cache.open_space(space_of(loaded), size=loaded.feature_size, name=loaded.name).known()
    except CacheError:
        return frozenset()


def _fewer_per_class(
    config: TransferConfig, dataset: Dataset, features: Features, *, say: Callable[[str], None]
) -> TransferConfig:
    """Return the configuration with fewer training photos a class, if the time did not allow for as many."""
    if config.train_per_class is None or not any(item.reason == NO_TIME for item in features.skipped):
        return config
    counts = np.bincount(dataset.labels[features.usable], minlength=len(dataset.class_names))
    most = max(1, int(_TAUGHT_SHARE * counts[counts > 0].min()))
    if most >= config.train_per_class:
        return config
    say(f"The time allows for {most} training photos a class instead of {config.train_per_class}.")
    return config.replace(train_per_class=most)


def _is_bundle(backbone: str) -> bool:
    """Return whether a backbone is asked for by the folder of a bundle, and not by its name."""
    return backbone not in (*BACKBONES.names(), *BACKBONES.aliases) and (
        Path(backbone).is_dir() or any(separator in backbone for separator in "/\\")
    )


def load_configured(config: TransferConfig) -> LoadedBackbone:
    """Return the backbone that a configuration names, with its weights."""
    if _is_bundle(config.backbone):
        return load_bundle_backbone(Path(config.backbone))
    folder = None if config.weights_dir is None else Path(config.weights_dir)
    return load_backbone(config.backbone, weights=config.weights, weights_dir=folder, seed=config.seed)


def _head_product(made: Study, solved: HeadResult | SvmResult, *, loaded: LoadedBackbone) -> Product:
    computed = f"{made.computed} of {len(made.dataset) + len(made.skipped)}; the others came from the cache"
    chosen = Chosen(mode="head", reason="", facts={"Photos computed": computed})
    if isinstance(solved, SvmResult):
        return svm_product(backbone_product(loaded.model, loaded, chosen=chosen), solved, backbone=loaded.model)
    product = backbone_product(loaded.classifier(solved.head.kernel, solved.head.bias), loaded, chosen=chosen)
    strength = f"{solved.head.l2:.3g}, chosen by cross-validation on the training part"
    return replace(product, provenance={**product.provenance, "L2 strength": strength})


def backbone_product(model: keras.Model, loaded: LoadedBackbone, *, chosen: Chosen) -> Product:
    """Return what goes into bundle and report.

    Args:
        model: From photos to probabilities.
        loaded: The backbone that it was made of.
        chosen: What was trained, and what there is to say of it.
    """
    trained = {"head": "", "partial": " Its upper layers were trained.", "full": " All its layers were trained."}
    return Product(
        model=model,
        architecture=loaded.architecture,
        schema_version=loaded.schema_version,
        input_spec=loaded.input_spec,
        weights={
            "source": loaded.source,
            "licence": loaded.licence,
            "paper": loaded.paper,
            "fingerprint": loaded.fingerprint,
        },
        description=f"Backbone {loaded.name}, weights {loaded.source}.{trained[chosen.mode]}",
        provenance={
            "Backbone": f"{loaded.name}; {loaded.paper}",
            "Pretrained weights": f"{loaded.source}; licence {loaded.licence}",
            **({"Mode": f"{chosen.mode}. {chosen.reason}"} if chosen.reason else {}),
            **chosen.facts,
        },
        details=_details(chosen),
    )


def _baseline(row: BaselineRow) -> dict[str, Any]:
    return {"name": row.name, "accuracy": row.accuracy, "interval": list(row.accuracy_interval or (0.0, 1.0))}


def _details(chosen: Chosen) -> dict[str, Any]:
    return {"mode": chosen.mode, **({"reason": chosen.reason} if chosen.reason else {}), **chosen.details}
