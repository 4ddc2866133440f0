"""``learnet.predict``: what is on these photos?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.bundle.load import Bundle, load_bundle
from learnet.options.bundles import PredictConfig
from learnet.options.python import by_keywords

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.bundle.classifier import Prediction
    from learnet.core import Progress


def run(
    config: PredictConfig, *, bundle: str | Path | Bundle | None = None, progress: Progress | None = None
) -> list[Prediction]:
    """Classify photos; ``Classifier.predict_files`` does the same one by one.

    Args:
        config: The options.
        bundle: Its folder, or a bundle that was loaded before.
        progress: Progress reporter; silent if not given.

    Returns:
        One prediction a photo, in order; what cannot be classified comes with its problem.

    Raises:
        BundleError: If the bundle is refused.
        UsageError: If an option is out of its range.
    """
    loaded = bundle if isinstance(bundle, Bundle) else load_bundle(config.bundle)
    if config.prove:
        loaded.prove()
    predictions = loaded.classifier().predict_files(
        config.photos, top=config.top, threshold=config.threshold, max_pixels=config.max_pixels, progress=progress
    )
    return list(predictions)


predict = by_keywords(run, PredictConfig)
