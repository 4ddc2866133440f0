"""A loaded bundle at work: photos in; classes with calibrated probabilities out, or "not sure"."""

from __future__ import annotations

import os
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, final

import numpy as np

from learnet.core import BundleError, DataError, Silent, UsageError
from learnet.data import MAX_PIXELS, FileSource, natural_key, stream_photos
from learnet.data.walk import hidden_part, walk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from learnet.bundle.info import BundleInfo
    from learnet.core import Progress
    from learnet.data import ImageSource, Photo
    from learnet.inference import Predictor

TOP = 3


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the classifier says of one photo.

    Attributes:
        path: The photo.
        problem: Why it could not be classified, as a sentence; None if it was.
        top: The likeliest classes and their probabilities, likeliest first; empty if there is a problem.
        sure: Whether the likeliest class reaches the threshold; false if there is a problem.
    """

    path: Path
    problem: str | None
    top: tuple[tuple[str, float], ...]
    sure: bool

    def to_json(self) -> dict[str, Any]:
        """Return the prediction as JSON values; ``sure`` is null where there is a problem."""
        return {
            "path": str(self.path),
            "problem": self.problem,
            "sure": None if self.problem is not None else self.sure,
            "top": [{"class": name, "probability": probability} for name, probability in self.top],
        }


@final
class Classifier:
    """Classifies photos. Made by ``Bundle.classifier``.

    Attributes:
        info: What is known of the bundle.
        predictor: The compiled network, for images that are prepared already.
    """

    def __init__(self, *, info: BundleInfo, predictor: Predictor) -> None:
        self.info, self.predictor = info, predictor

    def predict_images(self, images: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
        """Return the probabilities for images of any size; each is prepared as photos from files are.

        Args:
            images: uint8 RGB ``(n, h, w, 3)``, or a list of ``(h, w, 3)`` of different sizes.

        Returns:
            float32 ``(n, classes)``, in the order of ``info.class_names``.

        Raises:
            UsageError: If an image is of another type or shape.
            BundleError: If the weights give no probabilities.
        """
        prepared = (self.info.input_spec.apply(_checked(image)) for image in _rows(images))
        outputs = np.empty((len(images), len(self.info.class_names)), np.float32)
        for row, output in zip(outputs, self._stream(prepared), strict=True):
            row[:] = output
        return outputs

    def predict_files(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        top: int = TOP,
        threshold: float | None = None,
        max_pixels: int = MAX_PIXELS,
        progress: Progress | None = None,
    ) -> Iterator[Prediction]:
        """Classify photos one after another, in bounded memory.

        Args:
            paths: Files and folders. Folders are searched to any depth in natural order; hidden files are left out.
            top: How many classes to name for a photo, at least 1.
            threshold: Below it an answer is "not sure", in [0, 1]; the bundle's own if not given.
            max_pixels: Photos with more pixels are not decoded.
            progress: Where to tell how it goes; nowhere if not given.

        Returns:
            One prediction a photo, in order; what cannot be classified comes with its problem and stops nothing.

        Raises:
            UsageError: If ``top`` or ``threshold`` is out of its range. Raised at once, not with the first prediction.
        """
        limit = self.info.calibration.threshold.value if threshold is None else threshold
        if top < 1 or not 0 <= limit <= 1:
            raise UsageError(
                f"top must be at least 1 and threshold from 0 to 1; received top={top}, threshold={limit}."
            )
        found = _find([paths] if isinstance(paths, str | Path) else paths)
        return self._predict_found(found, top=top, limit=limit, max_pixels=max_pixels, progress=progress or Silent())

    def predict_source(
        self, source: ImageSource, indices: Iterable[int], *, max_pixels: int = MAX_PIXELS
    ) -> Generator[tuple[Photo, np.ndarray | None]]:
        """Classify photos of any source, in order and in bounded memory.

        Args:
            source: Where the photos are.
            indices: Which ones.
            max_pixels: Photos with more pixels are not decoded.

        Yields:
            Each photo and its probabilities, float32 ``(classes,)``, or None if the photo has a problem.
        """
        waiting: deque[Photo] = deque()

        stream = stream_photos(source, indices, spec=self.info.input_spec, max_pixels=max_pixels)
        with closing(cast("Generator[Photo]", stream)) as photos:

            def images() -> Iterator[np.ndarray]:
                for photo in photos:
                    waiting.append(photo)
                    if photo.image is not None:
                        yield photo.image

            for output in self._stream(images()):
                while (photo := waiting.popleft()).image is None:
                    yield photo, None
                yield photo, output
            for photo in waiting:
                yield photo, None

    def _predict_found(
        self, found: list[tuple[Path, str | None]], *, top: int, limit: float, max_pixels: int, progress: Progress
    ) -> Iterator[Prediction]:
        files = [str(path) for path, problem in found if problem is None]
        outcomes = self.predict_source(FileSource(Path(), files), range(len(files)), max_pixels=max_pixels)
        with progress.stage("Classifying", len(found)) as task, closing(outcomes):
            for path, problem in found:
                if problem is None:
                    photo, probabilities = next(outcomes)
                    prediction = self._prediction(path, photo.problem, probabilities, top=top, limit=limit)
                else:
                    prediction = Prediction(path, problem, (), sure=False)
                task.advance()
                yield prediction

    def _prediction(
        self, path: Path, problem: str | None, probabilities: np.ndarray | None, *, top: int, limit: float
    ) -> Prediction:
        if probabilities is None:
            return Prediction(path, problem, (), sure=False)
        likeliest = np.argsort(-probabilities, kind="stable")[:top]
        named = tuple((self.info.class_names[index], float(probabilities[index])) for index in likeliest)
        return Prediction(path, None, named, sure=named[0][1] >= limit)

    def _stream(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for output in self.predictor.stream(images):
            if not np.isfinite(output).all():
                raise BundleError(
                    f"The bundle's weights give {output.max()} as a probability: they are broken. "
                    "Check it with: learnet predict BUNDLE PHOTO --prove"
                )
            yield output


def _find(paths: Iterable[str | Path]) -> list[tuple[Path, str | None]]:
    """Return every file to classify, folders searched, and what is wrong with those that cannot be."""
    found: list[tuple[Path, str | None]] = []
    for path in map(Path, paths):
        if os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises where a folder above may not be entered)
            found += _in_folder(path)
        else:
            found.append((path, None if os.path.lexists(path) else "There is no such file or folder."))
    return found


def _in_folder(folder: Path) -> list[tuple[Path, str | None]]:
    try:
        listing = walk(folder)
    except DataError as error:
        return [(folder, str(error))]
    found: list[tuple[Path, str | None]] = [(folder / name, None) for name in sorted(listing.names, key=natural_key)]
    found += [(folder / each.path, each.reason) for each in listing.skipped if hidden_part(each.path) is None]
    found += [(folder / each.path, each.detail) for each in listing.notices if each.kind == "unreadable folder"]
    return found or [(folder, "The folder holds no photos.")]


def _rows(images: np.ndarray | Sequence[np.ndarray]) -> Iterable[np.ndarray]:
    if isinstance(images, np.ndarray) and images.ndim != 4:
        raise UsageError(
            f"Images come as one array (n, h, w, 3) or as a list of arrays (h, w, 3); received shape {images.shape}."
        )
    return images


def _checked(image: object) -> np.ndarray:
    if not isinstance(image, np.ndarray):
        raise UsageError(f"An image is a uint8 array; received {type(image).__name__}. predict_files takes paths.")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise UsageError(
            f"An image is uint8 RGB of shape (h, w, 3), with values from 0 to 255; received {image.dtype} of shape "
            f"{image.shape}."
        )
    return image
