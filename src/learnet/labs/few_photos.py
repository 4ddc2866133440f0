"""A few photos of each of some classes: of Caltech-101 where this machine has it, handwritten digits otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator
from learnet.data import InputSpec, stream_photos
from learnet.labs.photos import open_here

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.data import Dataset

SIDE = 160
_CHOSEN = ("crab", "crayfish", "lobster", "scorpion", "lotus", "water_lilly", "sunflower", "ketch", "schooner", "watch")


@dataclass(frozen=True, kw_only=True, eq=False)
class FewPhotos:
    """Photos of 160 x 160 pixels and what they show.

    Attributes:
        name: Of the data set.
        images: uint8 ``(n, 160, 160, 3)``, class after class.
        labels: The class name of each, ``(n,)``.
        about: What they are, as a sentence.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.str_]
    about: str

    @property
    def class_names(self) -> tuple[str, ...]:
        """What there is to tell apart."""
        return tuple(dict.fromkeys(self.labels.tolist()))


def few_photos(per_class: int, *, classes: int = 10, seed: int = 0) -> FewPhotos:
    """Return some photos of each of up to ten classes, four of which are hard to tell from another one.

    Args:
        per_class: How many of each; fewer where a class has not so many.
        classes: How many classes, from 2 to 10.
        seed: Which photos are chosen.
    """
    dataset = open_here("caltech101")
    names = _CHOSEN[:classes] if dataset.name == "caltech101" else dataset.class_names[:classes]
    rows = np.concatenate([_rows(dataset, name, per_class, seed) for name in names])
    stream = stream_photos(dataset.source, rows.tolist(), spec=InputSpec(height=SIDE, width=SIDE))
    decoded = [(photo.image, row) for photo, row in zip(stream, rows, strict=True) if photo.image is not None]
    known = np.array(dataset.class_names)
    return FewPhotos(
        name=dataset.name,
        images=np.stack([image for image, _ in decoded]),
        labels=known[dataset.labels[[row for _, row in decoded]]],
        about=(
            f"These are photos of {len(names)} of the classes of Caltech-101, up to {per_class} of each."
            if dataset.name == "caltech101"
            else "Caltech-101 is not on this computer, so these are handwritten digits instead, 8 x 8 grey pixels "
            f"enlarged to {SIDE} x {SIDE}. A network that has seen a million photos has seen few digits: expect less."
        ),
    )


def _rows(dataset: Dataset, name: str, count: int, seed: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(dataset.labels == dataset.class_names.index(name))
    return np.sort(generator(seed, f"photos of {name}").permutation(rows)[:count])
