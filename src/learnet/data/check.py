"""What a dataset's owner should know before anything is trained on it. Nothing is moved or changed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Progress, Silent, write_text
from learnet.data.dataset import Dataset, Finding, Part, Skipped, count, printable
from learnet.data.decode import MAX_PIXELS
from learnet.data.duplicates import exact_groups, near_duplicate_groups
from learnet.data.input_spec import InputSpec
from learnet.data.stream import stream_photos

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from learnet.data.stream import Facts

_SPEC = InputSpec(height=16, width=16, resize="stretch")  # the smallest work after decoding: only the facts are wanted
_SUFFIXES = {
    "jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "png": ("png",),
    "bmp": ("bmp", "dib"),
    "gif": ("gif",),
    "webp": ("webp",),
    "tiff": ("tif", "tiff"),
    "avif": ("avif",),
    "heic": ("heic", "heif", "hif"),
}
TINY_CLASS = 10
"""A class of fewer photos is reported."""
UNBALANCED = 10
"""Classes are reported as unbalanced if the largest has this many times the photos of the smallest."""
_SMALL_SIDE, _LONG_ASPECT, _LARGE_PIXELS = 32, 4, 50_000_000


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What ``check`` found.

    Attributes:
        name: The dataset's name.
        layout: What its folders look like, in one line.
        found: Files found; always ``used + len(skipped)``.
        used: Photos that can be used.
        skipped: Files that cannot, and why.
        classes: Usable photos of each class.
        formats: Usable photos of each file format.
        findings: Everything to know, the gravest first. Every skipped file is among them.
    """

    name: str
    layout: str
    found: int
    used: int
    skipped: tuple[Skipped, ...]
    classes: dict[str, int]
    formats: dict[str, int]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values; ``skipped`` is a number, the files are among the findings."""
        return {
            "name": self.name,
            "layout": self.layout,
            "found": self.found,
            "used": self.used,
            "skipped": len(self.skipped),
            "classes": self.classes,
            "formats": self.formats,
            "kinds": dict(Counter(finding.kind for finding in self.findings)),
            "findings": [asdict(finding) for finding in self.findings],
        }

    def write_csv(self, path: Path) -> None:
        """Write every finding as a row ``kind,path,detail,other``, atomically."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["kind", "path", "detail", "other"])
        writer.writerows([item.kind, item.path, item.detail, item.other] for item in self.findings)
        write_text(path, text.getvalue())


def check(dataset: Dataset, *, max_pixels: int = MAX_PIXELS, progress: Progress | None = None) -> CheckReport:
    """Decode every photo and report what is damaged, mislabelled, copied, lopsided or odd.

    Args:
        dataset: The dataset; nothing in it is changed.
        max_pixels: Photos with more pixels count as unusable.
        progress: Where to tell how it goes.

    Returns:
        The report; bad photos are in it, none of them stops the check.
    """
    progress = progress or Silent()
    total = len(dataset)
    facts: list[Facts | None] = [None] * total
    digests = np.zeros((total, 32), np.uint8)
    unreadable = []
    with progress.stage("Checking photos", total) as task:
        for photo in stream_photos(dataset.source, range(total), spec=_SPEC, max_pixels=max_pixels):
            facts[photo.index] = photo.facts
            digests[photo.index] = np.frombuffer(photo.digest, np.uint8)
            if photo.problem is not None:
                unreadable.append(Skipped(printable(dataset.source.name(photo.index)), photo.problem))
            task.advance()
    usable = np.array([index for index, fact in enumerate(facts) if fact is not None], np.int64)
    used, known = dataset.subset(usable), [fact for fact in facts if fact is not None]
    findings = [Finding("unreadable", item.path, item.reason) for item in unreadable]
    findings += photo_findings(used, known, digests=digests[usable])
    findings += [Finding("skipped", item.path, item.reason) for item in dataset.skipped]
    sizes = np.bincount(used.labels, minlength=len(dataset.class_names))
    return CheckReport(
        name=dataset.name,
        layout=dataset.layout,
        found=dataset.found,
        used=len(used),
        skipped=(*dataset.skipped, *unreadable),
        classes=dict(zip(dataset.class_names, sizes.tolist(), strict=True)),
        formats=dict(Counter(fact.format for fact in known)),
        findings=tuple(findings),
    )


def photo_findings(
    dataset: Dataset, facts: Sequence[Facts], *, digests: np.ndarray, copies: np.ndarray | None = None
) -> tuple[Finding, ...]:
    """Return what is to be said of usable photos, from facts that a pass over them collected. Nothing is decoded.

    Args:
        dataset: The usable photos, ``n`` of them.
        facts: What is known of each.
        digests: uint8 ``(n, 32)``, SHA-256 of each one's content.
        copies: int ``(n,)``, from ``near_duplicate_groups``; found here if not given.

    Returns:
        The findings, the gravest kind first.
    """
    if copies is None:
        copies = near_duplicate_groups(stack_hashes(facts), digests)
    names = [printable(name) for name in dataset.names()]
    return (
        *_copy_findings(dataset, names, exact=exact_groups(digests), copies=copies),
        *_group_findings(dataset, names),
        *_suffix_findings(names, facts),
        *_class_findings(dataset),
        *_size_findings(dataset, names, facts),
        *dataset.notices,
    )


def stack_hashes(facts: Sequence[Facts]) -> np.ndarray:
    """Return the perceptual hashes of photos as uint8 ``(n, 32)``."""
    return np.frombuffer(b"".join(fact.hash for fact in facts), np.uint8).reshape(len(facts), 32)


def _copy_findings(dataset: Dataset, names: list[str], *, exact: np.ndarray, copies: np.ndarray) -> list[Finding]:
    """Report copies: under two labels, on two sides of a given split, and all others."""
    labels, straddling, plain = [], [], []
    for group in _groups_of_several(copies):
        first = group[0]
        for photo in group[1:]:
            twin = next((other for other in group if other < photo and exact[other] == exact[photo]), None)
            kind = "near duplicate" if twin is None else "exact duplicate"
            other = first if twin is None else twin
            how = "It looks like" if twin is None else "It has the same content as"
            plain.append(Finding(kind, names[photo], f"{how} {names[other]}.", names[other]))
        for one, two in _first_of_each(group, dataset.labels):
            detail = f"It is in class '{_class(dataset, one)}', and its copy in class '{_class(dataset, two)}'."
            labels.append(Finding("same photo, two labels", names[one], detail, names[two]))
        for one, two in _first_of_each([photo for photo in group if dataset.parts[photo] >= 0], dataset.parts):
            detail = f"It is in the {_part(dataset, one)} part, and its copy in the {_part(dataset, two)} part."
            straddling.append(Finding("copies straddle the split", names[one], detail, names[two]))
    return labels + straddling + sorted(plain, key=lambda finding: finding.kind)


def _group_findings(dataset: Dataset, names: list[str]) -> list[Finding]:
    """Report groups that a given split tears apart."""
    if dataset.groups is None:
        return []
    ids = np.unique(np.asarray(dataset.groups), return_inverse=True)[1]
    return [
        Finding(
            "group straddles the split",
            names[one],
            f"Group '{printable(dataset.groups[one])}' has photos in the {_part(dataset, one)} part and in the "
            f"{_part(dataset, two)} part.",
            names[two],
        )
        for group in _groups_of_several(ids)
        for one, two in _first_of_each([photo for photo in group if dataset.parts[photo] >= 0], dataset.parts)
    ]


def _groups_of_several(ids: np.ndarray) -> Iterator[list[int]]:
    """Yield the photos of each group of two or more, in order."""
    order = np.argsort(ids, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(ids[order])) + 1):
        if len(group) > 1:
            yield group.tolist()


def _first_of_each(group: Sequence[int], values: np.ndarray) -> list[tuple[int, int]]:
    """Return the first photo paired with the first photo of each other value."""
    firsts: dict[int, int] = {}
    for photo in group:
        firsts.setdefault(int(values[photo]), photo)
    one, *others = firsts.values() or [0]
    return [(one, two) for two in others]


def _class(dataset: Dataset, photo: int) -> str:
    return dataset.class_names[int(dataset.labels[photo])]


def _part(dataset: Dataset, photo: int) -> str:
    return Part(int(dataset.parts[photo])).name.lower()


def _suffix_findings(names: list[str], facts: Sequence[Facts]) -> list[Finding]:
    findings = []
    for name, fact in zip(names, facts, strict=True):
        stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
        right = _SUFFIXES.get(fact.format)
        if right and stem and dot and suffix.lower() not in right:
            detail = f"Its content is {fact.format.upper()}, its suffix .{suffix}. It is used all the same."
            findings.append(Finding("wrong suffix", name, detail))
    return findings


def _class_findings(dataset: Dataset) -> list[Finding]:
    sizes = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    findings = [
        Finding("tiny class", name, f"It has {count(size, 'photo')}; {TINY_CLASS} or more make a fair test.")
        for name, size in zip(dataset.class_names, sizes.tolist(), strict=True)
        if size < TINY_CLASS
    ]
    present = np.flatnonzero(sizes)
    if len(present) > 1:
        small, large = present[sizes[present].argmin()], present[sizes[present].argmax()]
        if sizes[large] >= UNBALANCED * sizes[small]:
            names = dataset.class_names[small], dataset.class_names[large]
            detail = (
                f"It has {count(int(sizes[small]), 'photo')}, and '{names[1]}' {sizes[large]:,}: look at recall by "
                f"class, not at accuracy alone."
            )
            findings.append(Finding("unbalanced classes", names[0], detail, names[1]))
    return findings


def _size_findings(dataset: Dataset, names: list[str], facts: Sequence[Facts]) -> list[Finding]:
    """Report tiny, long and huge photos; what is true of most photos is said once."""
    width = np.array([fact.width for fact in facts], np.int64)
    height = np.array([fact.height for fact in facts], np.int64)
    short, long = np.minimum(width, height), np.maximum(width, height)
    oddities = (
        (short < _SMALL_SIDE, f"a side is under {_SMALL_SIDE} pixels"),
        (
            long >= _LONG_ASPECT * short,
            f"one side is {_LONG_ASPECT} or more times the other, so much of it may be cut off",
        ),
        (width * height > _LARGE_PIXELS, f"it has more than {_LARGE_PIXELS // 10**6} megapixels, slow to decode"),
    )
    findings = []
    for odd, what in oddities:
        which = np.flatnonzero(odd)
        if 2 * len(which) > len(names) > 1:
            findings.append(Finding("odd size", dataset.name, f"Of {count(len(which), 'photo')}, {what}."))
        else:
            findings += [
                Finding("odd size", names[index], f"At {width[index]} x {height[index]} pixels, {what}.")
                for index in which
            ]
    return findings
