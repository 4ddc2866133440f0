"""Writing a bundle, and proving it before it takes its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS, Document, FileRecord
from learnet.bundle.load import MAX_GOLDEN_BYTES, Bundle, read_bundle
from learnet.bundle.tensors import MAX_HEADER_BYTES, write_tensors
from learnet.core import BundleError, atomic_folder, sha256_file, write_bytes
from learnet.core.files import sync_folder
from learnet.models import weight_items

if TYPE_CHECKING:
    import keras

    from learnet.bundle.info import BundleInfo


def save_bundle(
    folder: str | Path, *, info: BundleInfo, model: keras.Model, golden_images: np.ndarray, golden_outputs: np.ndarray
) -> Bundle:
    """Write a bundle, load it into a new network and replay the golden images; only then does it take its place.

    Whatever goes wrong (a full disk, a kill, a failed proof), a bundle that was in ``folder`` before stays whole.

    Args:
        folder: Where it goes; replaced if it exists.
        info: What is known of the classifier.
        model: The network that ``info`` describes, made by ``with_head(backbone(...))`` or ``network(...).model``.
        golden_images: A few prepared images, uint8 ``(m, height, width, 3)``, at least one.
        golden_outputs: What the classifier says of them, float32 ``(m, classes)``.

    Returns:
        The bundle, as it was loaded from disk for the proof, already compiled.

    Raises:
        BundleError: If what is on disk does not give the golden outputs within 1e-4, or the arguments do not fit.
        OSError: If the disk refuses.
    """
    target = Path(folder)
    _check_golden(info, golden_images, golden_outputs)
    with atomic_folder(target) as temporary:
        write_tensors(temporary / WEIGHTS, {key: np.asarray(variable) for key, variable in weight_items(model).items()})
        write_tensors(
            temporary / GOLDEN, {"images": golden_images, "outputs": golden_outputs.astype(np.float32, copy=False)}
        )
        document = Document(
            info=info,
            files={name: _record(temporary / name) for name in (WEIGHTS, GOLDEN)},
            golden_classes=tuple(info.class_names[index] for index in golden_outputs.argmax(axis=1)),
        )
        write_bytes(temporary / DOCUMENT, document.to_bytes())
        sync_folder(temporary)
        try:
            bundle = read_bundle(temporary, prove=True)
        except BundleError as error:
            raise BundleError(
                f"The bundle '{target}' was not saved, as it failed its proof; what was there before is unchanged. "
                f"{error}"
            ) from error
    bundle.folder = target
    return bundle


def _check_golden(info: BundleInfo, images: np.ndarray, outputs: np.ndarray) -> None:
    height, width = info.input_size
    count = len(images)
    if count < 1 or images.dtype != np.uint8 or images.shape != (count, height, width, 3):
        raise BundleError(
            f"Golden images should be uint8 of shape (m, {height}, {width}, 3), at least one; received {images.dtype} "
            f"of shape {images.shape}."
        )
    if outputs.shape != (count, len(info.class_names)) or not np.isfinite(outputs).all():
        raise BundleError(
            f"Golden outputs should be finite, of shape {(count, len(info.class_names))}; received {outputs.shape}."
        )
    if images.nbytes + 4 * outputs.size > MAX_GOLDEN_BYTES - MAX_HEADER_BYTES:
        raise BundleError(
            f"{count} golden images take more than the {MAX_GOLDEN_BYTES:,} bytes that a bundle allows; give fewer."
        )


def _record(path: Path) -> FileRecord:
    return FileRecord(sha256=sha256_file(path), bytes=path.stat().st_size)
