"""The options of the commands that need no dataset: models, chart, reproduce, labs, cache, doctor."""

from __future__ import annotations

from typing import ClassVar

from learnet.options.common import OUTPUT, RUN, OutOption
from learnet.options.compare import CompareConfig
from learnet.options.schema import Schema, like, option
from learnet.options.text import Paths, PathText, Text


class ModelsConfig(Schema):
    """List the networks: parameters, multiply-accumulates, input, paper, published accuracy, weights."""

    verb: ClassVar[str] = "models"

    name: Text | None = option(None, positional=True, metavar="[NAME]")
    """Show this network layer by layer."""


class ChartConfig(Schema):
    """Measure the networks here and draw accuracy against operations and time: PNG, CSV, and a linear fit."""

    verb: ClassVar[str] = "chart"

    networks: Paths = option((), positional=True, metavar="[NETWORKS]...")
    """Networks to measure; all of ImageNet's if not given."""
    images: int = option(16, group=RUN, ge=1)
    """Images per round; each network has three rounds."""


class ReproduceConfig(Schema):
    """List the published experiments, or do some of them again: the paper's number beside ours."""

    verb: ClassVar[str] = "reproduce"

    names: Paths = option((), positional=True, metavar="[NAMES]...")
    """Experiments to run; none lists them."""
    everything: bool = option(False, group=RUN, flag="all")
    """Run all experiments, and write the page."""
    seeds: int | None = like(CompareConfig, "seeds", None, usual="each experiment's own number")
    """Number of seeds."""
    quick: bool = option(False, group=RUN)
    """A few seconds each, with the same thresholds."""
    resume_page: bool = option(False, group=RUN, flag="resume")
    """Take over the rows that the page holds from an earlier call."""


class PageOption(Schema):
    """Where the results of experiments go."""

    out: PathText | None = like(OutOption, "out", None, usual="with --all, docs/REPRODUCTIONS.md")
    """The page that gets the rows and figures."""


class LabsConfig(Schema):
    """List the labs, or open one of them in Jupyter."""

    verb: ClassVar[str] = "labs"

    name: Text | None = like(ModelsConfig, "name", None, metavar="[LAB]")
    """Copy this lab here and open it in Jupyter."""
    out: PathText = like(OutOption, "out", "labs", usual="")
    """Folder for your copy; one that exists is kept."""
    open_it: bool = option(True, group=OUTPUT, flag="open")
    """Start Jupyter."""


class CacheConfig(Schema):
    """Show what the feature cache holds, or clear it."""

    verb: ClassVar[str] = "cache"

    clear: bool = option(False, group=RUN)
    """Empty the cache."""


class DoctorConfig(Schema):
    """Tell what this machine has (CPU flags, cores, backend, engine, versions), and what is missing."""

    verb: ClassVar[str] = "doctor"
