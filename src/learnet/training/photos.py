"""A dataset's photos, decoded once and divided: what a training reads again and again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import LearnetError, probe
from learnet.data import (
    Finding,
    Part,
    Skipped,
    near_duplicate_groups,
    photo_findings,
    split_in_three,
    stack_hashes,
    stream_photos,
)
from learnet.runs import arrange, fingerprint, kept_together, without_empty_classes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import Dataset, Facts, InputSpec
    from learnet.options.train import TrainConfig
    from learnet.options.tune import TuneConfig

    Examples = tuple[NDArray[np.uint8], NDArray[np.int32]]

_MEMORY_SHARE = 0.4  # of the machine's memory may hold pixels; more go to a file


@dataclass(frozen=True, kw_only=True, eq=False)
class Photos:
    """The usable photos of a dataset as arrays, and how they are divided.

    Attributes:
        dataset: The usable photos, ``n`` of them.
        parts: int8 ``(n,)``, the ``Part`` of each.
        order: int ``(n,)``: positions in ``dataset``, first all that train, then validation, then test; rows of
            ``images`` are in this order.
        images: uint8 ``(n, height, width, 3)``; an array, or a memory map where the machine's memory is too small.
        skipped: Files that cannot be used, and why.
        findings: What the owner of the photos should know.
        fingerprint: SHA-256 over contents, classes and parts.
    """

    dataset: Dataset
    parts: NDArray[np.int8]
    order: NDArray[np.int64]
    images: NDArray[np.uint8]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]
    fingerprint: str

    def part(self, part: Part) -> Examples:
        """Return images and labels of one part, views where that is possible."""
        sizes = np.bincount(self.parts, minlength=len(Part))
        start = int(sizes[:part].sum())
        span = slice(start, start + int(sizes[part]))
        return self.images[span], self.dataset.labels[self.order[span]]

    def rows(self, part: Part) -> NDArray[np.int64]:
        """Return the positions in ``dataset`` of one part's photos, in the order of ``part``."""
        rows: NDArray[np.int64] = self.order[self.parts[self.order] == part]
        return rows

    def names(self, part: Part) -> list[str]:
        """Return the paths of one part's photos, in the order of ``part``."""
        return [self.dataset.source.name(int(row)) for row in self.rows(part)]


def decode_photos(
    dataset: Dataset, *, spec: InputSpec, config: TrainConfig, folder: Path, progress: Progress
) -> Photos:
    """Decode all photos, leave out those that cannot be used, and divide the others into three parts.

    Args:
        dataset: All photos.
        spec: What the network wants.
        config: How they are divided.
        folder: Where pixels go that do not fit into memory, until the process ends.
        progress: Where to tell how it goes.

    Raises:
        DataError: If the usable photos cannot make a classifier.
    """
    images = _room(len(dataset), spec, folder)
    digests = np.zeros((len(dataset), 32), np.uint8)
    facts: list[Facts] = []
    usable: list[int] = []
    skipped: list[Skipped] = []
    photos = stream_photos(dataset.source, range(len(dataset)), spec=spec, max_pixels=config.max_pixels)
    with progress.stage("Decoding photos", len(dataset)) as task:
        for photo in photos:
            task.advance()
            if photo.image is None or photo.facts is None:
                skipped.append(Skipped(dataset.source.name(photo.index), photo.problem or "It has no pixels."))
                continue
            images[len(usable)] = photo.image
            digests[len(usable)] = np.frombuffer(photo.digest, np.uint8)
            usable.append(photo.index)
            facts.append(photo.facts)
    used = without_empty_classes(dataset.subset(usable), skipped)
    images, digests = images[: len(usable)], digests[: len(usable)]
    copies = near_duplicate_groups(stack_hashes(facts), digests)
    parts = divide(used, groups=kept_together(used, copies), config=config, progress=progress)
    order = np.argsort(parts, kind="stable")
    arrange(images, order)
    return Photos(
        dataset=used,
        parts=parts,
        order=order,
        images=images,
        skipped=tuple(skipped),
        findings=photo_findings(used, facts, digests=digests, copies=copies),
        fingerprint=fingerprint(used, digests, parts),
    )


def _room(count: int, spec: InputSpec, folder: Path) -> NDArray[np.uint8]:
    shape = (count, spec.height, spec.width, 3)
    needed = int(np.prod(shape, dtype=np.int64))
    if needed <= _MEMORY_SHARE * (probe().memory_bytes or needed / _MEMORY_SHARE):
        return np.empty(shape, np.uint8)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return np.memmap(file, np.uint8, "w+", shape=shape)
    except OSError as error:
        raise LearnetError(
            f"The decoded photos need {needed / 1e9:.1f} GB, more than fits into memory, and '{folder}' has no room "
            f"for them ({error.strerror}). Choose another --out, or a smaller --input-size."
        ) from error


def divide(
    used: Dataset, *, groups: NDArray[np.int64], config: TrainConfig | TuneConfig, progress: Progress
) -> NDArray[np.int8]:
    """Return each photo's part, int8 ``(n,)``; validation comes out of the training part unless one is given.

    Args:
        used: The usable photos, n of them.
        groups: int ``(n,)``; photos of one number stay together.
        config: How they are divided.
        progress: Told that there are too few for a validation part.
    """
    parts = split_in_three(
        used,
        groups=groups,
        seed=config.seed,
        test_fraction=config.test_fraction,
        train_per_class=config.train_per_class,
        validation_fraction=config.validation_fraction,
    )
    if not (parts == Part.VAL).any():
        progress.say(
            "There are too few photos for a validation part: the training photos themselves choose what is kept, and "
            "the probabilities are not calibrated on photos that were held back."
        )
    return parts
