"""Whatever a user calls a dataset becomes a ``Dataset``: a folder, a manifest, an archive, a known name, arrays."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError, Silent, UsageError
from learnet.data.archives import ARCHIVE_SUFFIXES, is_archive, open_archive
from learnet.data.dataset import NO_PART, Dataset, count, encode_labels, listing, printable, require_classes
from learnet.data.known import KNOWN
from learnet.data.manifest import MANIFEST_SUFFIXES, read_manifest
from learnet.data.scan import scan_folder
from learnet.data.sources import ArraySource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.core import Progress


def open_dataset(
    data: str | Path | Dataset | tuple[Any, Any],
    *,
    label_depth: int | None = None,
    group_by: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Open a dataset. No photo is read yet.

    Args:
        data: A folder with one sub-folder a class (or ``train/``, ``val/``, ``test/`` with such folders inside), an
            archive of one, a CSV or Parquet manifest, the name of a known data set (``digits``, ``caltech101``,
            ``cifar10``, ``mnist``, ``fashion_mnist``), or a pair of arrays: images uint8 ``(n, h, w, 3)`` or
            ``(n, h, w)`` and ``n`` labels. Something that exists on disk comes before a known name.
        label_depth: Which folder level names the class, from 1, where folders are nested deeper.
        group_by: A regular expression. Photos whose paths give the same match (its first group, if it has one) stay
            on one side of a split.
        progress: Where downloads and unpacking tell how they go.

    Returns:
        The dataset; its ``layout`` tells in one line what was found.

    Raises:
        UsageError: If there is no such path or name, or an option does not fit.
        DataError: If what is there is no dataset.

    Example:
        >>> images = np.zeros((4, 8, 8), np.uint8)
        >>> open_dataset((images, ["cat", "cat", "dog", "dog"])).class_names
        ('cat', 'dog')
    """
    progress = progress or Silent()
    if isinstance(data, Dataset):
        dataset = data
    elif isinstance(data, tuple):
        dataset = _from_arrays(data)
    elif isinstance(data, str | Path):
        dataset = _from_path_or_name(data, label_depth=label_depth, progress=progress)
    else:
        raise UsageError(f"A dataset is a path, a known name or a pair (images, labels); got {type(data).__name__}.")
    return dataset if group_by is None else _group(dataset, group_by)


def _from_path_or_name(data: str | Path, *, label_depth: int | None, progress: Progress) -> Dataset:
    path = Path(data).expanduser()
    if path.is_dir():
        return scan_folder(path, label_depth=label_depth)
    if path.is_file():
        if path.suffix.lower() in MANIFEST_SUFFIXES:
            _refuse_depth(label_depth, "A manifest names the class of each photo")
            return read_manifest(path)
        if is_archive(path):
            return open_archive(path, label_depth=label_depth, progress=progress)
        raise UsageError(
            f"'{path}' is a file, and neither a manifest ({', '.join(MANIFEST_SUFFIXES)}) nor an archive "
            f"({', '.join(ARCHIVE_SUFFIXES)}). Give the folder that holds the photos."
        )
    name = str(data)
    if name in KNOWN:
        _refuse_depth(label_depth, "A known data set has its own classes")
        return KNOWN[name].open(progress)
    if isinstance(data, Path) or "/" in name or "\\" in name or path.suffix:
        raise UsageError(f"There is no file or folder '{path}'. Check the path; it was looked for in '{Path.cwd()}'.")
    try:
        KNOWN[name]
    except UsageError as error:
        raise UsageError(f"There is no folder '{name}' in '{Path.cwd()}'. {error}") from None
    raise AssertionError("unreachable: the name is not known")


def _refuse_depth(label_depth: int | None, why: str) -> None:
    if label_depth is not None:
        raise UsageError(f"{why}, so --label-depth has no meaning here. Leave it out.")


def _from_arrays(data: tuple[Any, ...]) -> Dataset:
    """Check a pair of arrays and make a dataset of them."""
    if len(data) != 2:
        raise UsageError(f"A dataset of arrays is a pair (images, labels); got {count(len(data), 'value')}.")
    images, labels = np.asarray(data[0]), np.asarray(data[1])
    if images.dtype != np.uint8 or images.ndim not in {3, 4} or (images.ndim == 4 and images.shape[3] not in {1, 3}):
        raise UsageError(
            f"Images are uint8 (0..255) of shape (n, height, width, 3) or (n, height, width); "
            f"got {images.dtype} of shape {images.shape}."
        )
    if labels.ndim != 1 or len(labels) != len(images) or labels.dtype.kind not in "iuUOS":
        raise UsageError(
            f"Labels are one whole number or name an image, {len(images)} in all; "
            f"got {labels.dtype} of shape {labels.shape}."
        )
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    encoded, class_names = encode_labels([_label_text(label) for label in labels.tolist()])
    require_classes(class_names, where="The labels array", hint="Give images of at least two classes.")
    return Dataset(
        name="arrays",
        source=ArraySource(images),
        labels=encoded,
        class_names=class_names,
        parts=np.full(len(images), NO_PART, np.int8),
        layout=f"arrays: {count(len(class_names), 'class')}, {count(len(images), 'photo')} of "
        f"{images.shape[2]} x {images.shape[1]} pixels.",
    )


def data_name(text: str, data: object = None) -> str:
    """Return a name for the folder of a run on some data.

    Args:
        text: What the user called the data.
        data: What was given from Python in its place; None if it was a path or a name.

    Example:
        >>> data_name("path/to/photos")
        'photos'
    """
    return Path(text).resolve().name if data is None else str(getattr(data, "name", "photos"))


def _label_text(label: object) -> str:
    text = label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
    if not text.strip():
        raise UsageError("A label is empty. Every image needs one.")
    return text


def _group(dataset: Dataset, pattern: str) -> Dataset:
    """Group photos by what a regular expression finds in their paths."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--group-by '{pattern}' is no regular expression: {error}.") from None
    if dataset.groups is not None:
        raise UsageError("The dataset has groups of its own (a 'group' column). Leave --group-by out.")
    names = dataset.names()
    matches = [expression.search(name) for name in names]
    missing = [name for name, match in zip(names, matches, strict=True) if match is None]
    if missing:
        raise DataError(
            f"--group-by '{pattern}' finds nothing in {count(len(missing), 'path')} of {len(names):,}, for example in "
            f"{listing(missing, limit=3)}. It is searched for in each photo's path below the root."
        )
    groups = tuple(_group_name(match) for match in matches if match is not None)
    layout = f"{dataset.layout.rstrip('.')}; {count(len(set(groups)), 'group')} by '{printable(pattern)}'."
    return replace(dataset, groups=groups, layout=layout)


def _group_name(match: re.Match[str]) -> str:
    found: Sequence[str | None] = match.groups()
    return (found[0] or "") if found else match[0]
