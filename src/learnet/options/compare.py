"""The options of ``learnet compare``."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pydantic import field_validator

from learnet.core.errors import UsageError
from learnet.options.common import NETWORK, RUN, SplitOptions, TimeOptions, WeightsOptions
from learnet.options.schema import like, option
from learnet.options.text import Duration, Names
from learnet.options.transfer import Mode

NameT = TypeVar("NameT", bound=str)


class CompareConfig(TimeOptions, WeightsOptions, SplitOptions):
    """Compare ways of transfer: accuracy, time, memory, speed, and whether the differences are real.

    Raises:
        UsageError: If there is nothing to compare.

    Example:
        >>> CompareConfig(data="digits", modes="head,full,head").modes
        ('head', 'full')
    """

    verb: ClassVar[str] = "compare"

    modes: tuple[Mode, ...] = option(("head", "partial", "full"), group=NETWORK)
    """Modes of 'learnet transfer'."""
    backbones: Names = option(("efficientnet_lite0",), group=NETWORK)
    """Backbones: names, or folders of bundles."""
    seeds: int = option(1, group=RUN, ge=1)
    """Number of seeds, from 0."""
    time_limit: Duration | None = like(TimeOptions, "time_limit", None, resumable=False)
    """Time limit of each run."""

    @field_validator("modes", "backbones")
    @classmethod
    def _each_once(cls, names: tuple[NameT, ...]) -> tuple[NameT, ...]:
        if not names:
            raise UsageError("A comparison needs at least one mode and one backbone.")
        return tuple(dict.fromkeys(names))
