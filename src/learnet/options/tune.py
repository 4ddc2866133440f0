"""The options of ``learnet tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import PlainValidator, model_validator

from learnet.core.errors import UsageError
from learnet.options.common import (
    MACHINE,
    RUN,
    CacheOptions,
    SeedOptions,
    SplitOptions,
    TimeOptions,
    ValidationOptions,
    WeightsFolder,
    WeightsOptions,
)
from learnet.options.schema import Schema, like, option
from learnet.options.text import PATH, PathText, Text
from learnet.options.train import TrainConfig
from learnet.options.transfer import TransferConfig

SearchName = Literal["manual", "grid", "random", "tpe", "hyperband"]
TrialMode = Literal["head", "partial"]
_SEARCH = "Search"


def _path_or_space(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, str | dict) or value is None:
        return value
    if isinstance(value, Path):
        return str(value)
    raise ValueError("no path")


class StudyOptions(TimeOptions, CacheOptions, WeightsFolder):
    """How a process works on a study; every process that does may have its own."""

    trials: int | None = option(
        None, group=_SEARCH, usual="20; the whole grid or list; with a time limit as many as fit", ge=1, resumable=True
    )
    """Number of trials of all processes together."""
    storage: Text | None = option(
        None, group=MACHINE, metavar="URL", usual="SQLite in the run's folder", resumable=True
    )
    """Database for processes on several machines, e.g. postgresql://…"""
    cache_limit: float = like(CacheOptions, "cache_limit", 10.0, resumable=True)
    keep: int = option(3, group=RUN, ge=1, resumable=True)
    """Number of best trials whose weights stay on disk."""
    disk_limit: float = option(2.0, group=MACHINE, unit="GB", ge=0, resumable=True)
    """Disk space for the weights of trials."""

    @property
    def disk_limit_bytes(self) -> int:
        """The limit in bytes."""
        return round(self.disk_limit * 1e9)


class JoinConfig(StudyOptions):
    """Work on a study that exists."""

    verb: ClassVar[str] = "tune --join"

    study: PathText = option(positional=True, metavar="STUDY", missing="Which study?")
    """Folder of the study; with storage, its name."""


class TuneConfig(StudyOptions, SeedOptions, ValidationOptions, WeightsOptions, SplitOptions):
    """Search for the settings that train best: the validation part chooses, the test part only reports.

    Raises:
        UsageError: If a value is out of its range, or not exactly one of network and backbone is given.
    """

    verb: ClassVar[str] = "tune"

    model: Text | None = like(TrainConfig, "model", None, missing="")
    """Network to train from random weights."""
    backbone: Text | None = like(TransferConfig, "backbone", None)
    """Pretrained network; its features are computed once for all trials."""
    mode: TrialMode = like(TransferConfig, "mode", "head")
    """Layers of the backbone to train: the head, or the upper layers too."""
    recipe: Text = like(TrainConfig, "recipe", "plain")
    """With --model: settings that the search space leaves open."""
    search: SearchName = option("random", group=_SEARCH)
    """How settings are chosen."""
    space: Annotated[str | dict[str, Any] | None, PlainValidator(_path_or_space), PATH] = option(
        None, group=_SEARCH, usual="built in"
    )
    """TOML file with the search space; --show-space prints the built-in one."""
    validation_fraction: float = like(ValidationOptions, "validation_fraction", 0.2)
    """Share of the training photos that chooses the winner."""

    @model_validator(mode="after")
    def _check_network(self) -> Self:
        if (self.model is None) == (self.backbone is None):
            raise UsageError(
                "What is to be tuned? Give either a network to train from random weights (--model NAME) or a "
                "pretrained one whose head is trained on its features (--backbone NAME)."
            )
        if self.mode != "head" and self.backbone is None:
            raise UsageError(f"--mode {self.mode} says what of a --backbone is trained; --model trains everything.")
        return self

    @property
    def what(self) -> str:
        """The network's name."""
        return self.model or self.backbone or ""

    def anchors(self) -> dict[str, Any]:
        """Return data and network: without them there is no configuration."""
        return {name: getattr(self, name) for name in ("data", "model", "backbone") if getattr(self, name) is not None}


class JoinOptions(Schema):
    """Taking part in a study that exists, and looking at what one would search."""

    join: PathText | None = like(JoinConfig, "study", None, group=RUN, positional=False)
    """Folder of a study (with --storage, its name): work on it with other processes, or continue it."""
    show_space: bool = option(False, group=_SEARCH)
    """Print the built-in search space as TOML and exit."""
