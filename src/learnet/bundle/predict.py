"""``learnet.predict``: what is on these photos?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.bundle.classifier import TOP
from learnet.bundle.load import Bundle, load_bundle
from learnet.data import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from learnet.bundle.classifier import Prediction
    from learnet.core import Progress


def predict(
    bundle: str | Path | Bundle,
    photos: str | Path | Iterable[str | Path],
    *,
    top: int = TOP,
    threshold: float | None = None,
    max_pixels: int = MAX_PIXELS,
    prove: bool = False,
    progress: Progress | None = None,
) -> list[Prediction]:
    """Classify photos; ``Classifier.predict_files`` does the same one by one.

    Args:
        bundle: Its folder, or a bundle that was loaded before.
        photos: Files and folders.
        top: How many classes to name for a photo, at least 1.
        threshold: Below it an answer is "not sure", in [0, 1]; the bundle's own if not given.
        max_pixels: Photos with more pixels are not decoded.
        prove: Replay the bundle's golden outputs first.
        progress: Where to tell how it goes; nowhere if not given.

    Returns:
        One prediction a photo, in order; what cannot be classified comes with its problem.

    Raises:
        BundleError: If the bundle is refused.
        UsageError: If ``top`` or ``threshold`` is out of its range.
    """
    loaded = bundle if isinstance(bundle, Bundle) else load_bundle(bundle)
    if prove:
        loaded.prove()
    return list(
        loaded.classifier().predict_files(
            photos, top=top, threshold=threshold, max_pixels=max_pixels, progress=progress
        )
    )
