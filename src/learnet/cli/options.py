"""Options that several verbs take, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
