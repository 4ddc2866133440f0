"""What is known of a comparison on disk: what it was begun with, and every row that has ended."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.comparison.rows import Row, is_bundle, simple_rows, trained_rows
from learnet.core import UsageError, fingerprint, sha256_file, write_json
from learnet.data import InputSpec, open_dataset, printable, stream_photos

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.options.compare import CompareConfig

_ENDED = "row.json"


@dataclass(frozen=True, kw_only=True)
class RowRecord:
    """How a row ended.

    Attributes:
        row: Which one.
        problem: Why it failed, as a sentence; None if it did not.
        seconds: What it took.
        peak_memory_bytes: The most that its process held; 0 where the system does not tell.
        bundle_bytes: What its bundle takes on disk; 0 for simple methods.
        images_per_second: At prediction, many photos on their way; 0 where not measured.
        latency_ms: At prediction, one photo at a time; 0 where not measured.
        computed: Photos whose features it computed; the others came from the cache.
        chosen: What a simple method chose, such as ``"k = 3"``, or what a training saved if that is not its mode.
    """

    row: Row
    problem: str | None = None
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    bundle_bytes: int = 0
    images_per_second: float = 0.0
    latency_ms: float = 0.0
    computed: int = 0
    chosen: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return {**asdict(self), "row": self.row.to_json()}


class Ledger:
    """The rows of a comparison that have ended, each in a file of its own.

    Args:
        folder: Of the comparison.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, row: Row) -> Path:
        """Return the folder of a row."""
        return self.folder / row.key

    def clear(self, row: Row) -> None:
        """Remove what an interrupted or failed attempt has left."""
        shutil.rmtree(self.place(row), ignore_errors=True)
        self.place(row).mkdir(parents=True, exist_ok=True)

    def write(self, record: RowRecord) -> None:
        """Write down that a row has ended; whole or not at all."""
        write_json(self.place(record.row) / _ENDED, record.to_json())

    def read(self, row: Row) -> RowRecord | None:
        """Return how exactly this row ended; None if it has not, or was another one."""
        try:
            known = json.loads((self.place(row) / _ENDED).read_text(encoding="utf-8"))
            record = RowRecord(**{**known, "row": Row.from_json(known["row"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if record.row == row else None

    def done(self, row: Row) -> RowRecord | None:
        """Return how a row ended, if it did so without failing."""
        record = self.read(row)
        return record if record is not None and record.problem is None else None


def refuse_taken(folder: Path, config: CompareConfig) -> None:
    """Refuse a folder in which something else lies where the rows of a new comparison would.

    Raises:
        UsageError: The sentence names it.
    """
    places = [folder / row.key for row in (*trained_rows(config), *simple_rows(config, {}))]
    taken = next((place for place in places if place.exists()), None)
    if taken is not None:
        raise UsageError(
            f"'{taken}' is there already, and no comparison made it. Move it away, or choose another folder with --out."
        )


def photos_fingerprint(config: CompareConfig, *, progress: Progress) -> str:
    """Return the SHA-256 over each photo's name, content, class and given part.

    Raises:
        UsageError: If there is no such data.
        DataError: If it is no dataset.
    """
    dataset = open_configured(config, progress=progress)
    count = len(dataset)
    digests = np.zeros((count, 32), np.uint8)
    with progress.stage("Reading the photos", count) as task:
        unwanted = InputSpec(height=1, width=1)
        for photo in stream_photos(dataset.source, range(count), spec=unwanted, wanted=lambda _index, _digest: False):
            digests[photo.index] = np.frombuffer(photo.digest, np.uint8)
            task.advance()
    rows = zip(dataset.names(), digests, dataset.labels, dataset.parts, strict=True)
    return fingerprint(
        sorted(
            [printable(name), digest.tobytes().hex(), printable(dataset.class_names[label]), int(part)]
            for name, digest, label, part in rows
        )
    )


def open_configured(config: CompareConfig, *, progress: Progress | None = None) -> Dataset:
    """Return the dataset of a comparison."""
    return open_dataset(config.data, label_depth=config.label_depth, group_by=config.group_by, progress=progress)


def bundle_digests(config: CompareConfig) -> dict[str, str]:
    """Return the SHA-256 of each bundle's own document, which seals its weights.

    Raises:
        UsageError: If a folder holds no bundle.
    """
    digests = {}
    for backbone in filter(is_bundle, config.backbones):
        try:
            digests[backbone] = sha256_file(Path(backbone) / "bundle.json")
        except OSError as error:
            raise UsageError(
                f"There is no bundle in '{backbone}': give the folder of one that learnet has trained."
            ) from error
    return digests
