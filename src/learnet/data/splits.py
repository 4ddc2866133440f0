"""Splitting: stratified by class, groups and copies on one side, given splits respected, one seed one result."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import DataError, UsageError
from learnet.data.dataset import NO_PART, Part, listing
from learnet.data.grouped import choose_groups, components, renumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.data.dataset import Dataset


def split(
    labels: np.ndarray,
    *,
    seed: int,
    names: Sequence[str],
    class_names: Sequence[str],
    parts: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    test_fraction: float = 0.2,
    train_per_class: int | None = None,
) -> np.ndarray:
    """Divide photos into a training and a test part.

    A photo's place depends on the seed and the photos' names alone: not on the order of the arguments, the operating
    system or the version of a library. Each class has about ``test_fraction`` of its photos (at least one) in the test
    part, or ``train_per_class`` in the training part. Groups are never divided: where their sizes do not add up to
    the wanted number, the nearest possible one is taken (of two, the one with the smaller test or training part).

    Given parts are kept: a given test part is the test part, without one a given validation part becomes it, and photos
    without a part train. If no part but ``TRAIN`` is given, photos without a part are divided; all, if there are none.

    Args:
        labels: int ``(n,)``, positions in ``class_names``.
        seed: The run's seed.
        names: Each photo's path, all different.
        class_names: For messages.
        parts: int8 ``(n,)``, given parts (``Part`` or ``NO_PART``); None if there are none.
        groups: int ``(n,)``; photos of one number stay together. None: every photo stands alone.
        test_fraction: Share of each class that tests, above 0 and below 1.
        train_per_class: How many photos of each class train, at least 1; all others test.

    Returns:
        int8 ``(n,)``, the ``Part`` of each photo.

    Raises:
        UsageError: If an argument is out of range, or both a split is given and ``train_per_class`` is asked for.
        DataError: If some class cannot be in both parts as asked; the sentence names it.
    """
    if not 0 < test_fraction < 1:
        raise UsageError(f"The test fraction is {test_fraction}; it must lie between 0 and 1, for example 0.2.")
    if train_per_class is not None and train_per_class < 1:
        raise UsageError(f"--train-per-class is {train_per_class}; at least one photo of each class must train.")
    given = np.full(len(labels), NO_PART, np.int8) if parts is None else np.asarray(parts, np.int8)
    if ((given == Part.TEST) | (given == Part.VAL)).any():
        if train_per_class is not None:
            raise UsageError(
                "The dataset comes with its own split, so --train-per-class has no meaning. Leave it out, or put all "
                "photos into one folder a class."
            )
        return _keep_given(labels, given, class_names)
    ids = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    free = given == NO_PART if (given == NO_PART).any() else np.ones(len(labels), bool)
    divided = _divide(
        labels[free],
        ids=renumber(ids[free]),
        draws=_draws([name for name, is_free in zip(names, free, strict=True) if is_free], seed),
        class_names=class_names,
        test_fraction=test_fraction,
        train_per_class=train_per_class,
    )
    result = np.full(len(labels), Part.TRAIN, np.int8)
    result[free] = divided
    _require_both(result)
    return result


def split_in_three(
    dataset: Dataset,
    *,
    groups: np.ndarray,
    seed: int,
    test_fraction: float,
    train_per_class: int | None,
    validation_fraction: float,
) -> np.ndarray:
    """Divide photos as ``split`` does, and take a validation part out of the training part unless one is given.

    Args:
        dataset: The usable photos, n of them, with the parts that are given.
        groups: int ``(n,)``; photos of one number stay together.
        seed: The run's seed.
        test_fraction: See ``split``.
        train_per_class: See ``split``.
        validation_fraction: Share of the training photos that validates, above 0 and below 1.

    Returns:
        int8 ``(n,)``, the ``Part`` of each photo; none is ``VAL`` where there are too few training photos for that.

    Raises:
        UsageError: As ``split``.
        DataError: As ``split``.
    """
    names = dataset.names()
    parts = split(
        dataset.labels,
        seed=seed,
        names=names,
        class_names=dataset.class_names,
        parts=dataset.parts,
        groups=groups,
        test_fraction=test_fraction,
        train_per_class=train_per_class,
    )
    try:
        return hold_back(
            parts,
            dataset.labels,
            seed=seed,
            names=names,
            class_names=dataset.class_names,
            groups=groups,
            fraction=validation_fraction,
        )
    except DataError:
        return parts


def hold_back(
    parts: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    names: Sequence[str],
    class_names: Sequence[str],
    groups: np.ndarray,
    fraction: float,
) -> np.ndarray:
    """Take a validation part out of the training part, unless there is one.

    Args:
        parts: int8 ``(n,)``, the ``Part`` of each photo, as ``split`` returns it.
        labels: int ``(n,)``.
        seed: The run's seed.
        names: Each photo's path.
        class_names: For messages.
        groups: int ``(n,)``; photos of one number stay together.
        fraction: Share of the training photos that validates, above 0 and below 1.

    Returns:
        int8 ``(n,)``; the photos that do not train are where they were.

    Raises:
        DataError: If there are too few training photos of some class.
    """
    if (parts == Part.VAL).any():
        return parts
    train = np.flatnonzero(parts == Part.TRAIN)
    inner = split(
        labels[train],
        seed=seed,
        names=[names[row] for row in train.tolist()],
        class_names=class_names,
        groups=groups[train],
        test_fraction=fraction,
    )
    divided = parts.copy()
    divided[train[inner == Part.TEST]] = Part.VAL
    return divided


def merge_groups(*groupings: np.ndarray) -> np.ndarray:
    """Return the finest groups in which photos together in any of the groupings are together.

    Args:
        groupings: int ``(n,)`` each, a group number a photo.

    Returns:
        int32 ``(n,)``, group numbers from 0 in order of appearance.

    Example:
        >>> merge_groups(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()
        [0, 0, 0, 1]
    """
    size = len(groupings[0])
    first = [np.unique(ids, return_index=True, return_inverse=True) for ids in groupings]
    columns = np.concatenate([index[inverse] for _, index, inverse in first])
    return components(np.tile(np.arange(size), len(groupings)), columns, size=size)


def _draws(names: Sequence[str], seed: int) -> np.ndarray:
    """Return one random number a photo, float64 in [0, 1), that depends on the seed and the photo's name alone."""
    prefix = hashlib.sha256(f"split {seed}\0".encode())
    values = np.empty(len(names), np.uint64)
    for position, name in enumerate(names):
        digest = prefix.copy()
        composed = name if name.isascii() else unicodedata.normalize("NFC", name)  # macOS decomposes
        digest.update(composed.encode("utf-8", "surrogateescape"))
        values[position] = int.from_bytes(digest.digest()[:8], "little")
    return (values >> np.uint64(11)) * 2.0**-53


def _keep_given(labels: np.ndarray, given: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    result = given.copy()
    result[given == NO_PART] = Part.TRAIN
    if not (given == Part.TEST).any():
        result[given == Part.VAL] = Part.TEST
    _require_both(result)
    trained = np.unique(labels[result == Part.TRAIN])
    untrained = np.setdiff1d(labels[result == Part.TEST], trained)
    if len(untrained):
        names = listing(class_names[label] for label in untrained.tolist())
        raise DataError(
            f"In the given split {names} has photos to test and none to train. Move some of them to the "
            f"training part, or take them out."
        )
    return result


def _require_both(result: np.ndarray) -> None:
    for part, verb in ((Part.TRAIN, "train"), (Part.TEST, "test")):
        if not (result == part).any():
            raise DataError(
                f"No photo is left to {verb} on: all {len(result):,} are on one side of the split. Give more photos, "
                f"coarser parts, or finer groups."
            )


def _divide(
    labels: np.ndarray,
    *,
    ids: np.ndarray,
    draws: np.ndarray,
    class_names: Sequence[str],
    test_fraction: float,
    train_per_class: int | None,
) -> np.ndarray:
    """Choose whole groups for one part (the training part if its size is given, else the test part)."""
    sizes = np.bincount(labels, minlength=len(class_names))
    if train_per_class is None:
        wanted = np.clip(np.rint(sizes * test_fraction), 1, None)
        wanted = np.minimum(wanted, np.maximum(sizes - 1, 0)).astype(np.int64)
    else:
        counts = enumerate(sizes.tolist())
        few = [f"{class_names[label]} ({size})" for label, size in counts if 0 < size <= train_per_class]
        if few:
            raise DataError(
                f"--train-per-class {train_per_class} needs at least {train_per_class + 1} photos of each class, so "
                f"that one is left to test; too few have {listing(few)}. Choose a smaller number."
            )
        wanted = np.where(sizes > 0, train_per_class, 0)
    chosen = choose_groups(labels, ids=ids, draws=draws, wanted=wanted, take_sole=train_per_class is not None)
    picked, others = (Part.TEST, Part.TRAIN) if train_per_class is None else (Part.TRAIN, Part.TEST)
    return np.where(chosen, picked, others).astype(np.int8)
