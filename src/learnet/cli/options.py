"""Options that several verbs take, declared once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from learnet.core.errors import UsageError

DataArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder with one sub-folder a class (or train/, val/, test/ with such folders inside), a CSV or Parquet "
        "manifest, or a known data set: digits, caltech101, cifar10, mnist, fashion_mnist.",
        show_default=False,
    ),
]
LabelDepth = Annotated[
    int | None,
    typer.Option(min=1, help="Which folder level below DATA names the class, for deeper nesting.", show_default=False),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX",
        help="Photos whose path gives the same match (its first group, if it has one) stay on one side of the split.",
        show_default=False,
    ),
]
MaxPixels = Annotated[
    int, typer.Option(min=1, help="Photos with more pixels are skipped: a guard against decompression bombs.")
]
Seed = Annotated[int, typer.Option(min=0, help="Every random choice comes from it.")]
Out = Annotated[Path | None, typer.Option(help="Where the run goes.  [default: runs/NAME-TIME]", show_default=False)]
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration such as ``90s``, ``10m`` or ``1.5h``; a bare number is seconds.

    Raises:
        UsageError: If it is no duration.

    Example:
        >>> seconds_of("1.5h")
        5400.0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(s|m|min|h)?\s*", duration)
    if match is None or float(match[1]) <= 0:
        raise UsageError(
            f"A duration is a number with s, m or h behind it, such as 90s, 10m or 1h; received '{duration}'."
        )
    return float(match[1]) * _UNITS[match[2] or ""]
