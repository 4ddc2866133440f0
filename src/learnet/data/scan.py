"""A folder of photos as a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.data.layout import arrange
from learnet.data.sources import FileSource
from learnet.data.walk import walk

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.data.dataset import Dataset


def scan_folder(root: Path, *, label_depth: int | None = None, name: str | None = None) -> Dataset:
    """Find the photos below a folder; read none of them.

    Args:
        root: The folder.
        label_depth: Which folder level names the class, see ``arrange``.
        name: What to call the dataset; the folder's name if not given.

    Returns:
        The dataset. Every file below ``root`` is in it or in its ``skipped``.

    Raises:
        DataError: If the folder is no dataset; the sentence says what would work.
    """
    found = arrange(walk(root), where=str(root), label_depth=label_depth)
    return found.dataset(name or root.resolve().name or "photos", FileSource(root, found.names))
