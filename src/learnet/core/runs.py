"""The folder of a run, and the tables that lie in it."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from learnet.core.errors import UsageError
from learnet.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def run_folder(out: str | Path | None, name: str) -> Path:
    """Return the folder of a new run, made: ``out``, or ``runs/NAME-TIME`` with a number if that exists already.

    Raises:
        UsageError: If the folder cannot be made, e.g. because it is a file.
    """
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    base = Path("runs") / f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}" if out is None else Path(out)
    folder, number = base, 1
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=out is not None)
        except OSError as error:
            if out is None and isinstance(error, FileExistsError):
                number += 1
                folder = base.with_name(f"{base.name}-{number}")
                continue
            raise UsageError(
                f"The run's folder '{folder}' cannot be made: {error.strerror}. Choose another with --out."
            ) from error
        return folder


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file atomically; bytes of file names that are not valid UTF-8 are escaped."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_text(path, text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8"))
