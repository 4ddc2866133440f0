"""The conductor of the main job: photos in; report, measurements and a proven bundle out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, get_args

from learnet.core import UsageError, default_progress, require_backend
from learnet.core.runs import run_folder
from learnet.data import cache_folder, open_dataset
from learnet.inference import Predictor
from learnet.runs import Product, Run, Stopwatch, publish
from learnet.transfer_learning.bundle_backbone import load_bundle_backbone
from learnet.transfer_learning.cache import FeatureCache
from learnet.transfer_learning.cache_database import CacheError
from learnet.transfer_learning.cards import BACKBONES
from learnet.transfer_learning.config import ModeSettings, TransferConfig, checked_settings
from learnet.transfer_learning.extraction import Extractor, space_key
from learnet.transfer_learning.head import Balance
from learnet.transfer_learning.modes import Chosen, Climb, measure_chosen
from learnet.transfer_learning.study import divide, study
from learnet.transfer_learning.weights import load_backbone

if TYPE_CHECKING:
    import keras

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.runs import Study
    from learnet.transfer_learning.extraction import Features
    from learnet.transfer_learning.head import HeadResult
    from learnet.transfer_learning.weights import LoadedBackbone


def transfer(
    data: str | Path | Dataset | tuple[Any, Any],
    *,
    backbone: str = "efficientnet_lite0",
    weights: str = "imagenet",
    weights_dir: str | Path | None = None,
    train_per_class: int | None = None,
    test_fraction: float = 0.2,
    balance: Balance = "auto",
    label_depth: int | None = None,
    group_by: str | None = None,
    max_pixels: int = 100_000_000,
    cache_limit_bytes: int = 10_000_000_000,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Unpack[ModeSettings],
) -> Run:
    """Turn labelled photos into a tuned, calibrated, tested and proven classifier.

    The photos' features are computed once by a frozen backbone (and cached by content); a multinomial logistic
    regression is solved on them, its strength chosen by cross-validation on the training part; the test part, which
    nothing has seen, gives the figures of the report.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        backbone: A name of ``BACKBONES``, or the folder of a bundle that learnet has trained.
        weights: ``"imagenet"``, or ``"random"`` for tests and timing.
        weights_dir: A folder with weight files, for machines without a network.
        train_per_class: Photos a class to train with, all others test; None for all but ``test_fraction``.
        test_fraction: Share of the photos to test with, in (0, 1); not used where the dataset brings its own test part.
        balance: ``"auto"`` weighs rare classes up where classes are unequal, ``"none"`` does not.
        label_depth: Which folder level below ``data`` names the class.
        group_by: Photos whose path gives the same match of this regular expression stay on one side of the split.
        max_pixels: Photos with more pixels are skipped.
        cache_limit_bytes: Size of the feature cache, and of what ``"partial"`` caches; 0 uses none.
        seed: Every random choice comes from it; 0 or greater.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.
        **settings: What is trained and for how long, by the names of ``TransferConfig``: ``mode``, ``unfreeze``,
            ``epochs``, ``learning_rate``, ``discriminative``, ``versions``, ``time_limit``.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense.
        DataError: If the photos cannot make a classifier (too few, one class only).
        WeightsError: If the pretrained weights cannot be had.
        MissingDependencyError: If no Keras backend is installed.
    """
    watch = Stopwatch()
    progress = default_progress() if progress is None else progress
    name = backbone if _is_bundle(backbone) else BACKBONES[backbone].name
    if balance not in get_args(Balance):
        raise UsageError(f"balance must be one of {', '.join(get_args(Balance))}; it is '{balance}'.")
    if seed < 0 or cache_limit_bytes < 0:
        raise UsageError(f"seed and the cache's limit must be 0 or greater; they are {seed} and {cache_limit_bytes}.")
    config = TransferConfig(
        data="",
        backbone=name,
        weights=weights,
        train_per_class=train_per_class,
        test_fraction=test_fraction,
        balance=balance,
        label_depth=label_depth,
        group_by=group_by,
        max_pixels=max_pixels,
        seed=seed,
        **checked_settings(settings),
    )
    require_backend()
    dataset = open_dataset(data, label_depth=label_depth, group_by=group_by, progress=progress)
    progress.say(dataset.layout)
    config = replace(config, data=str(data) if isinstance(data, str | Path) else dataset.name)
    folder = run_folder(out, dataset.name)
    watch.lap("scan")
    loaded = _load(name, weights=weights, weights_dir=weights_dir, seed=seed)
    watch.lap("find the backbone")
    features = _extract(dataset, loaded, max_pixels=max_pixels, limit_bytes=cache_limit_bytes, progress=progress)
    watch.lap("compute features")
    divided = divide(dataset, features, config=config)
    watch.lap("split and check")
    made, solved = study(divided, config=config, progress=progress, watch=watch)
    run = publish(
        folder, made, _head_product(made, solved, loaded=loaded), config=config, progress=progress, watch=watch
    )
    if config.mode == "head":
        return run
    climb = Climb(
        divided,
        loaded,
        solved,
        config=config,
        limit_bytes=cache_limit_bytes,
        folder=folder,
        progress=progress,
    )
    chosen = climb.run()
    watch.lap("train more than the head")
    if chosen.state is None:
        run = replace(run, seconds=watch.total(), stages=dict(watch.stages), details=_details(chosen))
        run.write_record()
        return run
    made, model = measure_chosen(chosen, made, divided, loaded, config=config, progress=progress)
    watch.lap("measure it")
    product = _product(model, loaded, chosen=chosen)
    return publish(folder, made, product, config=config, progress=progress, watch=watch)


def _is_bundle(backbone: str) -> bool:
    """Return whether a backbone is asked for by the folder of a bundle, and not by its name."""
    return backbone not in (*BACKBONES.names(), *BACKBONES.aliases) and (
        Path(backbone).is_dir() or any(separator in backbone for separator in "/\\")
    )


def _load(name: str, *, weights: str, weights_dir: str | Path | None, seed: int) -> LoadedBackbone:
    if _is_bundle(name):
        return load_bundle_backbone(Path(name))
    return load_backbone(
        name, weights=weights, weights_dir=None if weights_dir is None else Path(weights_dir), seed=seed
    )


def _head_product(made: Study, solved: HeadResult, *, loaded: LoadedBackbone) -> Product:
    seen = len(made.dataset) + len(made.skipped)
    model = loaded.classifier(solved.head.kernel, solved.head.bias)
    product = _product(model, loaded, chosen=Chosen(mode="head", reason=""))
    facts = {
        "L2 strength": f"{solved.head.l2:.3g}, chosen by cross-validation on the training part",
        "Photos computed": f"{made.computed} of {seen}; the others came from the cache",
    }
    return replace(product, provenance={**product.provenance, **facts})


def _product(model: keras.Model, loaded: LoadedBackbone, *, chosen: Chosen) -> Product:
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


def _details(chosen: Chosen) -> dict[str, Any]:
    return {"mode": chosen.mode, **({"reason": chosen.reason} if chosen.reason else {}), **chosen.details}


def _extract(
    dataset: Dataset, loaded: LoadedBackbone, *, max_pixels: int, limit_bytes: int, progress: Progress
) -> Features:
    key = space_key(weights_fingerprint=loaded.fingerprint, layer=loaded.feature_layer, spec=loaded.input_spec)
    cache = _open_cache(limit_bytes, progress)
    try:
        extractor = Extractor(
            spec=loaded.input_spec,
            size=loaded.feature_size,
            key=key,
            name=f"{loaded.name}, {loaded.source}",
            predictor=lambda: Predictor.compile(loaded.model),
            cache=cache,
            max_pixels=max_pixels,
            progress=progress,
        )
        return extractor.run(dataset)
    finally:
        if cache is not None:
            cache.close()


def _open_cache(limit_bytes: int, progress: Progress) -> FeatureCache | None:
    if limit_bytes == 0:
        return None
    try:
        return FeatureCache(cache_folder(), limit_bytes=limit_bytes, say=progress.say)
    except CacheError as error:
        progress.say(f"{error} The run goes on without the cache.")
        return None
