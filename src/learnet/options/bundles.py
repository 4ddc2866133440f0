"""The options of the commands that use a bundle or look at a dataset: predict, evaluate, check."""

from __future__ import annotations

from typing import ClassVar, Literal

from learnet.options.common import OUTPUT, BundleOptions, DataOptions, LabelOptions, SizeLimit
from learnet.options.schema import Schema, option
from learnet.options.text import Paths, PathText

Format = Literal["table", "csv", "jsonl"]
_ANSWER = "Answer"


class EvaluateConfig(LabelOptions, BundleOptions):
    """Measure a bundle on labelled photos; where DATA has a test part, on that part only."""

    verb: ClassVar[str] = "evaluate"


class PredictConfig(SizeLimit, BundleOptions):
    """Classify photos: the likeliest classes with calibrated probabilities, or "not sure"."""

    verb: ClassVar[str] = "predict"

    photos: Paths = option(positional=True, metavar="PHOTOS", missing="Which photos?")
    """Photos, or folders of photos."""
    top: int = option(3, group=_ANSWER, ge=1)
    """Classes to name for each photo."""
    threshold: float | None = option(None, group=_ANSWER, usual="the bundle's own", ge=0, le=1)
    """Probability below which an answer is 'not sure'."""
    prove: bool = option(False, group=_ANSWER)
    """Replay the bundle's golden outputs first."""


class FormatOption(Schema):
    """How predictions are printed."""

    format: Format = option("table", group=OUTPUT, short="f")
    """Format of the predictions."""


class CheckConfig(DataOptions):
    """Report what is damaged, duplicated, mislabelled, leaking or lopsided in a dataset. Changes nothing."""

    verb: ClassVar[str] = "check"


class CsvOption(Schema):
    """Where findings go."""

    csv: PathText | None = option(None, group=OUTPUT)
    """Write every finding to this file."""
