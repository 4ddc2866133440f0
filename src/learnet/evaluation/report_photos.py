"""Which test photos a report shows, and how one is drawn on the page."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import usable_cores
from learnet.data import ImageProblem, InputSpec, decode
from learnet.evaluation.markup import Html, percent, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.data import ImageSource
    from learnet.evaluation.report_data import ReportData

    Array = np.ndarray[Any, Any]

GALLERY = 24
RIGHT_PER_CLASS = 4
SIZE = 96  # pixels, of a thumbnail's longer side


def thumbnail_choice(probabilities: Array, labels: Array, *, limit: int = 600) -> Array:
    """Choose the test photos whose thumbnails the report will want.

    Wrong photos come first: the most confident ones for the gallery, then turn by turn from every cell of the
    confusion matrix, so that no cell stays empty while another shows many. Then come right photos, the least sure of
    each class first, at most four a class. If there are more wrong photos than room, a sixth of it is kept for right
    ones.

    Args:
        probabilities: Of the test photos (n, k).
        labels: Their true classes, int (n,).
        limit: The most thumbnails to make.

    Returns:
        Indices into the test photos in falling order of importance, int64 (at most ``limit``,).

    Example:
        >>> import numpy as np
        >>> thumbnail_choice(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]), np.array([0, 1, 1])).tolist()
        [1, 2, 0]
    """
    if not len(labels):
        return np.empty(0, dtype=np.int64)
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    cells = labels[wrong].astype(np.int64) * probabilities.shape[1] + predicted[wrong]
    wrong = np.concatenate([wrong[:GALLERY], wrong[GALLERY:][np.argsort(_turn(cells)[GALLERY:], kind="stable")]])
    right = np.flatnonzero(predicted == labels)
    right = right[np.argsort(confidence[right], kind="stable")]
    turn = _turn(labels[right])
    right = right[np.argsort(turn, kind="stable")][: np.count_nonzero(turn < RIGHT_PER_CLASS)]
    room_for_wrong = max(limit - len(right), limit - limit // 6)
    wrong = wrong[:room_for_wrong]
    return np.concatenate([wrong, right[: limit - len(wrong)]])


def _turn(keys: Array) -> Array:
    """Return for each item how many items with the same key stand before it (n,)."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else np.empty(0, dtype=np.int64)
    sizes = np.diff(np.r_[starts, len(keys)])
    turns = np.empty(len(keys), dtype=np.int64)
    turns[order] = np.arange(len(keys)) - np.repeat(starts, sizes)
    return turns


def make_thumbnail(image: Array, *, size: int = SIZE) -> bytes:
    """Return a small JPEG of an image.

    Args:
        image: uint8 RGB (height, width, 3).
        size: The longer side in pixels at most; a far smaller image is enlarged by a whole factor.

    Returns:
        The JPEG file's bytes, about 3 kB.

    Raises:
        ValueError: If OpenCV cannot encode it.
    """
    import cv2

    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale < 1:
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, target, interpolation=cv2.INTER_AREA)
    elif scale >= 2:
        image = image.repeat(int(scale), axis=0).repeat(int(scale), axis=1)
    done, content = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 78])
    if not done:
        raise ValueError(f"OpenCV could not write an image of shape {image.shape} as JPEG.")
    return bytes(content)


def draw_thumbnails(source: ImageSource, photos: Sequence[int] | Array, chosen: Array) -> dict[int, bytes]:
    """Read the chosen photos again and draw their thumbnails; one that cannot be read any more is left out.

    Args:
        source: Where the photos are.
        photos: The test photos' places in the source (n,).
        chosen: Which of them, from ``thumbnail_choice``.

    Returns:
        JPEG bytes by position in ``photos``.
    """
    spec = InputSpec(height=SIZE, width=SIZE)

    def draw(position: int) -> tuple[int, bytes] | None:
        try:
            content = source.read(int(photos[position]))
            image = decode(content, target=spec).image if isinstance(content, bytes) else content
        except ImageProblem:
            return None
        return position, make_thumbnail(image)

    with ThreadPoolExecutor(usable_cores()) as pool:
        return dict(drawn for drawn in pool.map(draw, chosen.tolist()) if drawn is not None)


def photo_card(data: ReportData, index: int) -> Html:
    """Return one test photo with its name, what it shows and what the classifier said."""
    probabilities, truth = data.probabilities[index], int(data.labels[index])
    said = int(probabilities.argmax())
    name, true_name, said_name = data.photo_names[index], data.class_names[truth], data.class_names[said]
    content = data.thumbnails.get(index)
    if content is None:
        picture = tag("div", "no preview", class_="none")
    else:
        source = f"data:image/jpeg;base64,{base64.b64encode(content).decode('ascii')}"
        picture = tag("img", src=source, alt=f"Photo {name}, of class {true_name}", decoding="async")
    answer = tag(
        "span", f"said {said_name}, ", percent(float(probabilities[said])), class_="right" if said == truth else "wrong"
    )
    shows = None if said == truth else tag("span", f"shows {true_name}, ", percent(float(probabilities[truth])))
    return tag("figure", picture, tag("figcaption", answer, shows, tag("span", name, class_="path")), class_="photo")
