"""Finding every file below a folder: once each, whatever links, hidden files and unreadable folders lie in the way."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from learnet.core import DataError
from learnet.data.dataset import Finding, Skipped, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_JUNK = frozenset(
    ["__macosx", "__pycache__", "@eadir", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "lost+found"]
)


@dataclass(kw_only=True)
class Listing:
    """What lies below a root.

    Attributes:
        names: Paths of the files that may be photos, relative to the root, ``/`` between folders, in order.
        folders: Paths of all folders that are not hidden.
        skipped: Files that are certainly none: hidden files, sockets, broken links.
        notices: Folders that could not be read, links to folders already read.
    """

    names: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)

    def finish(self) -> Listing:
        """Put everything into the order of the paths and notice the empty folders; return the listing."""
        self.names.sort()
        self.folders.sort()
        self.skipped.sort(key=lambda item: item.path)
        occupied = {""}
        for name in self.names:
            occupied.update(_ancestors(name, known=occupied))
        occupied.update(notice.path for notice in self.notices)
        empty = [folder for folder in self.folders if folder not in occupied]
        self.notices += [
            Finding("empty folder", printable(name), "It holds no photos and is no class.") for name in empty
        ]
        return self


def _ancestors(name: str, *, known: set[str]) -> Iterator[str]:
    folder = name.rpartition("/")[0]
    while folder not in known:
        yield folder
        folder = folder.rpartition("/")[0]


def hidden_part(name: str) -> str | None:
    """Return the first component of a path that never belongs to a dataset (dot files, what systems leave behind).

    Example:
        >>> hidden_part("cat/.ipynb_checkpoints/1.jpg"), hidden_part("cat/1.jpg")
        ('.ipynb_checkpoints', None)
    """
    return next((part for part in name.split("/") if part.startswith(".") or part.casefold() in _JUNK), None)


def hidden_reason(name: str, hidden: str) -> str:
    """Return the sentence for a file at ``name`` with the hidden component ``hidden``."""
    if name.endswith(hidden):
        return "It is a hidden file or one that the system left there."
    return f"It lies in the hidden folder '{printable(hidden)}'."


def walk(root: Path) -> Listing:
    """List every file below ``root``.

    Links to files are followed. Links to folders are followed after all real folders, each folder once, so that loops
    end and no photo counts twice.

    Raises:
        DataError: If ``root`` itself cannot be read.
    """
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise DataError(f"The folder '{root}' cannot be read: {error.strerror}. Check its permissions.") from None
    found, seen, links = Listing(), {_identity(str(root))}, [("", str(root))]
    while links:
        folders, links = links, []
        while folders:
            prefix, path = folders.pop()
            _read_folder(prefix, path, found=found, seen=seen, folders=folders, links=links)
        links = [link for link in sorted(links) if _enter(*link, found=found, seen=seen)]
    return found.finish()


def _read_folder(
    prefix: str,
    path: str,
    *,
    found: Listing,
    seen: set[tuple[int, int]],
    folders: list[tuple[str, str]],
    links: list[tuple[str, str]],
) -> None:
    try:
        entries = list(os.scandir(path))
    except OSError as error:
        detail = f"It cannot be read ({error.strerror}); what is in it is unknown."
        found.notices.append(Finding("unreadable folder", printable(prefix), detail))
        return
    inside_hidden = hidden_part(prefix) if prefix else None
    for entry in entries:
        name = f"{prefix}/{entry.name}" if prefix else entry.name
        hidden = inside_hidden or hidden_part(entry.name)
        try:
            if entry.is_dir():
                if not hidden:
                    found.folders.append(name)
                if entry.is_symlink():
                    links += [] if hidden else [(name, entry.path)]
                elif _enter(name, entry.path, found=found, seen=seen):
                    folders.append((name, entry.path))
            elif hidden:
                found.skipped.append(Skipped(printable(name), hidden_reason(name, hidden)))
            elif entry.is_file():
                found.names.append(name)
            else:
                reason = "It is a link to nothing." if entry.is_symlink() else "It is not a regular file."
                found.skipped.append(Skipped(printable(name), reason))
        except OSError as error:
            found.skipped.append(Skipped(printable(name), f"It cannot be read: {error.strerror}."))


def _enter(name: str, path: str, *, found: Listing, seen: set[tuple[int, int]]) -> bool:
    """Say whether a folder is new, and remember it."""
    identity = _identity(path)
    if identity in seen:
        found.notices.append(
            Finding("folder link", printable(name), "It leads to a folder that was already read, and was not followed.")
        )
        if name in found.folders:
            found.folders.remove(name)
        return False
    seen.add(identity)
    return True


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116 (a hot path: no Path objects)
    return status.st_dev, status.st_ino
