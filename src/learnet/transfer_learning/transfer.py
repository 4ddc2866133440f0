"""The conductor of the main job: photos in; report, measurements and a proven bundle out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, get_args

from learnet.core import UsageError, default_progress, require_backend
from learnet.core.runs import run_folder
from learnet.data import cache_folder, open_dataset
from learnet.inference import Predictor
from learnet.models import with_head
from learnet.runs import Product, Run, Stopwatch, publish
from learnet.transfer_learning.cache import FeatureCache
from learnet.transfer_learning.cache_database import CacheError
from learnet.transfer_learning.cards import BACKBONES
from learnet.transfer_learning.config import HeadSettings, TransferConfig, checked_settings
from learnet.transfer_learning.extraction import Extractor, space_key
from learnet.transfer_learning.head import Balance
from learnet.transfer_learning.study import study
from learnet.transfer_learning.svm_head import SvmResult, show_support_vectors, svm_product
from learnet.transfer_learning.weights import load_backbone

if TYPE_CHECKING:
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
    **settings: Unpack[HeadSettings],
) -> Run:
    """Turn labelled photos into a tuned, calibrated, tested and proven classifier.

    The photos' features are computed once by a frozen backbone (and cached by content); a multinomial logistic
    regression is solved on them, its strength chosen by cross-validation on the training part; the test part, which
    nothing has seen, gives the figures of the report.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        backbone: A name of ``BACKBONES``.
        weights: ``"imagenet"``, or ``"random"`` for tests and timing.
        weights_dir: A folder with weight files, for machines without a network.
        train_per_class: Photos a class to train with, all others test; None for all but ``test_fraction``.
        test_fraction: Share of the photos to test with, in (0, 1); not used where the dataset brings its own test part.
        balance: ``"auto"`` weighs rare classes up where classes are unequal, ``"none"`` does not.
        label_depth: Which folder level below ``data`` names the class.
        group_by: Photos whose path gives the same match of this regular expression stay on one side of the split.
        max_pixels: Photos with more pixels are skipped.
        cache_limit_bytes: Size of the feature cache; 0 uses none.
        seed: Every random choice comes from it; 0 or greater.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.
        settings: ``head`` and ``kernel``, see ``TransferConfig``; with ``head="svm"`` a support-vector machine takes
            the regression's place, its setting chosen from a grid over C and the polynomial's degree or the kernel's
            scale.

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
    card = BACKBONES[backbone]
    if balance not in get_args(Balance):
        raise UsageError(f"balance must be one of {', '.join(get_args(Balance))}; it is '{balance}'.")
    if seed < 0 or cache_limit_bytes < 0:
        raise UsageError(f"seed and the cache's limit must be 0 or greater; they are {seed} and {cache_limit_bytes}.")
    require_backend()
    dataset = open_dataset(data, label_depth=label_depth, group_by=group_by, progress=progress)
    progress.say(dataset.layout)
    config = TransferConfig(
        data=str(data) if isinstance(data, str | Path) else dataset.name,
        backbone=card.name,
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
    folder = run_folder(out, dataset.name)
    watch.lap("scan")
    loaded = load_backbone(
        card.name, weights=weights, weights_dir=None if weights_dir is None else Path(weights_dir), seed=seed
    )
    watch.lap("find the backbone")
    features = _extract(dataset, loaded, max_pixels=max_pixels, limit_bytes=cache_limit_bytes, progress=progress)
    watch.lap("compute features")
    made, solved = study(dataset, features, config=config, progress=progress, watch=watch)
    if isinstance(solved, SvmResult):
        show_support_vectors(folder, made, solved, spec=card.input_spec, max_pixels=max_pixels)
    product = _product(made, solved, loaded=loaded)
    return publish(folder, made, product, config=config, progress=progress, watch=watch)


def _product(made: Study, solved: HeadResult | SvmResult, *, loaded: LoadedBackbone) -> Product:
    card, seen = loaded.card, len(made.dataset) + len(made.skipped)
    product = Product(
        model=loaded.model,
        architecture={
            "name": card.architecture,
            "arguments": {"input_size": [card.input_spec.height, card.input_spec.width]},
        },
        schema_version=1,
        input_spec=card.input_spec,
        weights={
            "source": loaded.source,
            "licence": card.licence,
            "paper": card.paper,
            "fingerprint": loaded.fingerprint,
        },
        description=f"Backbone {card.name}, weights {loaded.source}.",
        provenance={
            "Backbone": f"{card.name}; {card.paper}",
            "Pretrained weights": f"{loaded.source}; licence {card.licence}",
            "Photos computed": f"{made.computed} of {seen}; the others came from the cache",
        },
    )
    if isinstance(solved, SvmResult):
        return svm_product(product, solved, backbone=loaded.model)
    model = with_head(loaded.model, classes=len(made.dataset.class_names))
    model.get_layer("head").set_weights([solved.head.kernel, solved.head.bias])
    strength = f"{solved.head.l2:.3g}, chosen by cross-validation on the training part"
    return replace(product, model=model, provenance={**product.provenance, "L2 strength": strength})


def _extract(
    dataset: Dataset, loaded: LoadedBackbone, *, max_pixels: int, limit_bytes: int, progress: Progress
) -> Features:
    card = loaded.card
    key = space_key(weights_fingerprint=loaded.fingerprint, layer=card.feature_layer, spec=card.input_spec)
    cache = _open_cache(limit_bytes, progress)
    try:
        extractor = Extractor(
            spec=card.input_spec,
            size=card.feature_size,
            key=key,
            name=f"{card.name}, {loaded.source}",
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
