"""What an experiment is, what it claims, and what came out."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from learnet.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

    from learnet.core import Progress


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What must hold for one measured quantity; it stands in the table, where no experiment can move it.

    Attributes:
        of: The quantity, as the experiment calls it.
        at_least: Lower limit, itself allowed; None for none.
        at_most: Upper limit, itself allowed; None for none.
        judge: What is held against the limits: each seed's value, or their mean or median.
        share: For ``"each"``: the share of the seeds that must keep the limits, in (0, 1].

    Raises:
        UsageError: If there is no limit, or the share is out of its range.

    Example:
        >>> threshold = Threshold(of="accuracy", at_least=0.9, share=0.8)
        >>> threshold.describe()
        'accuracy at least 0.9 in 80 % of the seeds'
        >>> threshold.holds([0.95, 0.91, 0.92, 0.93, 0.1])
        True
    """

    of: str
    at_least: float | None = None
    at_most: float | None = None
    judge: Literal["each", "mean", "median"] = "each"
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise UsageError(f"The threshold of '{self.of}' needs a limit: at_least, at_most, or both.")
        if not 0 < self.share <= 1:
            raise UsageError(f"The share of the threshold of '{self.of}' must be in (0, 1]; received {self.share}.")

    def holds(self, values: Sequence[float]) -> bool:
        """Return whether it holds for the values, one a seed; a value that is not a number never does."""
        if not values:
            return False
        judged = list(values) if self.judge == "each" else [_JUDGES[self.judge](values)]
        return sum(map(self._within, judged)) >= self.share * len(judged) - 1e-9

    def describe(self) -> str:
        """Return it in words."""
        limits = ((self.at_least, "at least"), (self.at_most, "at most"))
        words = " and ".join(f"{name} {limit:g}" for limit, name in limits if limit is not None)
        if self.at_least is not None and self.at_least == self.at_most:
            words = f"exactly {self.at_least:g}"
        judged = "" if self.judge == "each" else f"{self.judge} "
        seeds = "" if self.share == 1 else f" in {self.share:.0%} of the seeds".replace("%", " %")
        return f"{judged}{self.of} {words}{seeds}"

    def _within(self, value: float) -> bool:
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)


_JUDGES: dict[str, Callable[[Sequence[float]], float]] = {"mean": statistics.fmean, "median": statistics.median}


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What an experiment measured.

    Attributes:
        measured: Each quantity by name, one value a seed (or a single one where seeds play no part); True and False
            for what a seed did or did not do, which count as 1 and 0. Quantities that no threshold names are reported
            only.
        figure: Draws what was seen; called only when the figure is wanted.
        remark: A sentence for whoever reads the number, e.g. on what had to be done otherwise than in the paper.
    """

    measured: Mapping[str, Sequence[float]]
    figure: Callable[[], Figure] | None = None
    remark: str = ""


class Run(Protocol):
    """The function of an experiment."""

    def __call__(self, *, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
        """Do the experiment once for each seed; ``quick`` takes a few seconds and keeps the thresholds."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One row of the table.

    Attributes:
        name: By which users ask for it.
        title: What is done, in a few words.
        paper: What the paper reports.
        reference: Where: authors, title, year, section or table.
        thresholds: What must come out here, fixed before it was first run; at least one.
        run: Does it. What is heavy is imported inside.
        seeds: How many seeds it takes if nothing else is said.
        quick_seeds: How many it takes in quick mode.
        first_seed: Those before it are not used: its settings were chosen on them.
        quick_reaches: Whether the quick mode is long enough for the thresholds; if not, it shows the difference only.
    """

    name: str
    title: str
    paper: str
    reference: str
    thresholds: tuple[Threshold, ...]
    run: Run
    seeds: int = 5
    quick_seeds: int = 2
    first_seed: int = 0
    quick_reaches: bool = True

    def __post_init__(self) -> None:
        if not self.thresholds:
            raise UsageError(f"The experiment '{self.name}' claims nothing: give it a threshold.")


@dataclass(frozen=True, kw_only=True)
class Row:
    """The paper's number beside ours.

    Attributes:
        name: Of the experiment.
        title: What was done.
        paper: What the paper reports.
        reference: Where.
        measured: What came out here, with its spread over the seeds, in words.
        threshold: What should come out, in words.
        holds: Whether it did.
        values: Every measured quantity, one value a seed.
        seeds: How many seeds were taken.
        quick: Whether it was the quick mode.
        seconds: How long it took.
        remark: A sentence for whoever reads the number.
    """

    name: str
    title: str
    paper: str
    reference: str
    measured: str
    threshold: str
    holds: bool
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    seeds: int
    quick: bool
    seconds: float
    remark: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object; a value that is not finite becomes None."""
        return {
            "name": self.name,
            "title": self.title,
            "paper": self.paper,
            "reference": self.reference,
            "measured": self.measured,
            "threshold": self.threshold,
            "holds": self.holds,
            "values": {name: [_or_none(value) for value in values] for name, values in self.values.items()},
            "seeds": self.seeds,
            "quick": self.quick,
            "seconds": self.seconds,
            "remark": self.remark,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Row:
        """Return the row of an object that ``to_json`` made."""
        values = {
            name: tuple(float("nan") if value is None else float(value) for value in values)
            for name, values in told["values"].items()
        }
        return cls(**{**told, "values": values})


def judge(experiment: Experiment, outcome: Outcome, *, seeds: int, quick: bool, seconds: float) -> Row:
    """Hold what was measured against what is claimed.

    Args:
        experiment: Which one.
        outcome: What its function returned.
        seeds: How many seeds it took.
        quick: Whether it was the quick mode.
        seconds: How long it took.

    Raises:
        UsageError: If the experiment did not measure what a threshold names.
    """
    values = {name: tuple(float(value) for value in measured) for name, measured in outcome.measured.items()}
    missing = [threshold.of for threshold in experiment.thresholds if threshold.of not in values]
    if missing:
        raise UsageError(f"'{experiment.name}' did not measure {', '.join(missing)}; it measured {', '.join(values)}.")
    return Row(
        name=experiment.name,
        title=experiment.title,
        paper=experiment.paper,
        reference=experiment.reference,
        measured="; ".join(f"{name} {spread(measured)}" for name, measured in outcome.measured.items()),
        threshold="; ".join(threshold.describe() for threshold in experiment.thresholds),
        holds=all(threshold.holds(values[threshold.of]) for threshold in experiment.thresholds),
        values=values,
        seeds=seeds,
        quick=quick,
        seconds=seconds,
        remark=outcome.remark,
    )


def spread(values: Sequence[float]) -> str:
    """Return numbers as one phrase: the value; or mean, standard deviation and range; or how many seeds did it.

    Example:
        >>> spread([0.5]), spread([1.0, 1.0]), spread([1.0, 2.0, 3.0]), spread([True, False, True])
        ('0.5', '1', '2 ± 1 (1 to 3)', 'in 2 of 3 seeds')
    """
    if all(isinstance(value, bool) for value in values):
        return f"in {sum(values)} of {len(values)} seeds"
    low, high = min(values), max(values)
    if low == high or len(values) == 1:
        return f"{values[0]:.4g}"
    return f"{statistics.fmean(values):.4g} ± {statistics.stdev(values):.2g} ({low:.4g} to {high:.4g})"


def _or_none(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
