"""Photos to learn colours from: a folder of any kind or a known data set, decoded once and divided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.apply import is_grey
from learnet.applications.colourise.colouriser import photo_spec
from learnet.core import DataError, UsageError, generator
from learnet.data import (
    NO_PART,
    Dataset,
    FileSource,
    Part,
    Skipped,
    near_duplicate_groups,
    open_dataset,
    split_in_three,
    stack_hashes,
    stream_photos,
)
from learnet.data.walk import walk
from learnet.runs import fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.data import Facts
    from learnet.options.colourise import ColouriseConfig

_FEWEST = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class ColourPhotos:
    """Photos at the network's size, and how they are divided.

    Attributes:
        name: Of the dataset.
        images: uint8 RGB ``(n, size, size, 3)``.
        names: The path of each.
        parts: int8 ``(n,)``, the ``Part`` of each.
        skipped: Files that cannot be used, and why; those without colours among them.
        fingerprint: SHA-256 over contents and parts.
    """

    name: str
    images: NDArray[np.uint8]
    names: tuple[str, ...]
    parts: NDArray[np.int8]
    skipped: tuple[Skipped, ...]
    fingerprint: str

    def part(self, part: Part) -> NDArray[np.uint8]:
        """Return the photos of one part, uint8 RGB ``(m, size, size, 3)``."""
        chosen: NDArray[np.uint8] = self.images[self.parts == part]
        return chosen

    def part_names(self, part: Part) -> list[str]:
        """Return the paths of one part's photos, in the same order."""
        return [self.names[row] for row in np.flatnonzero(self.parts == part)]


def open_photos(data: str | Path | Dataset | tuple[Any, Any], *, progress: Progress) -> Dataset:
    """Open what a user calls photos; a folder needs no classes here.

    Args:
        data: A folder of photos, however they lie in it; or what ``learnet.data.open_dataset`` takes.
        progress: Where downloads tell how they go.

    Raises:
        UsageError: If there is no such path or name.
        DataError: If there is no photo.
    """
    if isinstance(data, tuple) and len(data) == 1:
        raise UsageError("A dataset of arrays is a pair (images, labels); labels may be anything here.")
    try:
        return open_dataset(data, progress=progress)
    except DataError:
        if not isinstance(data, str | Path) or not Path(data).is_dir():
            raise
    root = Path(data)
    listing = walk(root)
    if not listing.names:
        raise DataError(f"The folder '{root}' holds no photos.")
    return Dataset(
        name=root.resolve().name or "photos",
        source=FileSource(root, listing.names),
        labels=np.zeros(len(listing.names), np.int32),
        class_names=("photo",),
        parts=np.full(len(listing.names), NO_PART, np.int8),
        layout=f"{root}: {len(listing.names):,} files.",
        skipped=tuple(listing.skipped),
    )


def decode_photos(dataset: Dataset, *, config: ColouriseConfig, progress: Progress) -> ColourPhotos:
    """Decode the photos, leave out those without colours, and divide the others into three parts.

    Copies of a photo, exact or near, are never divided.

    Args:
        dataset: All photos.
        config: Size, how many, and how they are divided.
        progress: Where to tell how it goes.

    Raises:
        DataError: If there are fewer than 10 photos with colours.
    """
    chosen = _chosen(dataset, config)
    images = np.empty((len(chosen), config.size, config.size, 3), np.uint8)
    digests, facts, usable, skipped = [], list["Facts"](), list[int](), list(dataset.skipped)
    stream = stream_photos(dataset.source, chosen.tolist(), spec=photo_spec(config.size), max_pixels=config.max_pixels)
    with progress.stage("Decoding photos", len(chosen)) as task:
        for photo in stream:
            task.advance()
            problem = photo.problem or ("It is grey." if photo.image is None or is_grey(photo.image) else None)
            if problem is not None or photo.image is None or photo.facts is None:
                skipped.append(Skipped(dataset.source.name(photo.index), problem or "It has no pixels."))
                continue
            images[len(usable)] = photo.image
            usable.append(photo.index)
            digests.append(np.frombuffer(photo.digest, np.uint8))
            facts.append(photo.facts)
    _require_enough(usable, skipped, name=dataset.name)
    used = replace(_of_one_class(dataset.subset(usable)), skipped=())
    stacked = np.stack(digests)
    parts = _divided(used, near_duplicate_groups(stack_hashes(facts), stacked), config)
    if not (parts == Part.VAL).any():
        raise DataError("There are too few photos for a validation part. Give more, or fewer copies of each.")
    return ColourPhotos(
        name=dataset.name,
        images=images[: len(usable)],
        names=tuple(used.names()),
        parts=parts,
        skipped=tuple(skipped),
        fingerprint=fingerprint(used, stacked, parts),
    )


def divide_photos(dataset: Dataset, config: ColouriseConfig) -> NDArray[np.int8]:
    """Return the part of each photo that would be used, as far as that can be told without decoding.

    Raises:
        DataError: If there are too few photos.
    """
    used = _of_one_class(dataset.subset(_chosen(dataset, config).tolist()))
    _require_enough(list(range(len(used))), list(dataset.skipped), name=dataset.name)
    return _divided(used, np.arange(len(used)), config)


def _divided(used: Dataset, groups: NDArray[np.int64], config: ColouriseConfig) -> NDArray[np.int8]:
    return split_in_three(
        used,
        groups=groups,
        seed=config.seed,
        test_fraction=config.test_fraction,
        train_per_class=None,
        validation_fraction=config.validation_fraction,
    )


def _chosen(dataset: Dataset, config: ColouriseConfig) -> NDArray[np.int64]:
    """Return which photos are used: all, or as many as wanted by chance, in their order."""
    order = generator(config.seed, "photos to learn colours from").permutation(len(dataset))
    return np.sort(order[: config.max_photos])


def _of_one_class(used: Dataset) -> Dataset:
    """Return the dataset without its classes, which say nothing of colours and may have too few photos to divide."""
    return replace(used, labels=np.zeros(len(used), np.int32), class_names=("photo",))


def _require_enough(usable: list[int], skipped: list[Skipped], *, name: str) -> None:
    if len(usable) >= _FEWEST:
        return
    grey = sum(item.reason == "It is grey." for item in skipped)
    if grey > len(usable):
        raise DataError(
            f"The photos of '{name}' are grey ({grey:,} of {grey + len(usable):,}): there are no colours to learn "
            "from. Give colour photos, for example caltech101, cifar10 or a folder of your own."
        )
    reasons = "; ".join(f"{item.path}: {item.reason}" for item in skipped[:3])
    raise DataError(
        f"'{name}' has {len(usable)} usable colour photos, and at least {_FEWEST} are needed. "
        f"{f'Skipped, for example: {reasons}' if reasons else 'Add photos.'}"
    )
