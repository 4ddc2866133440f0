"""Where a search looks: for each setting a range or a choice, checked before the first trial."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optuna.distributions import BaseDistribution

Scalar = bool | int | float | str | None
Values = dict[str, Any]  # what one trial is run with: setting -> value


@dataclass(frozen=True, kw_only=True)
class Range:
    """Numbers from ``low`` to ``high``, both included.

    Attributes:
        low: The smallest.
        high: The largest; greater than ``low``.
        log: Whether each order of magnitude gets the same attention; ``low`` must be greater than 0 then.
        whole: Whether only whole numbers count.
        points: How many values a grid takes of it, from 2 up; evenly spaced, by logarithm with ``log``.

    Raises:
        UsageError: If the numbers make no range.

    Example:
        >>> Range(low=1e-4, high=1e-1, log=True).grid()
        (0.0001, 0.001, 0.01, 0.1)
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False
    points: int = 4

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise UsageError(f"a range needs a low end below its high end; received {self.low!r} to {self.high!r}.")
        if self.log and self.low <= 0:
            raise UsageError(f"a range by logarithm must begin above 0; received {self.low!r}.")
        if self.points < 2:
            raise UsageError(f"a grid takes at least 2 points of a range; received {self.points!r}.")
        if self.whole and (self.low % 1 or self.high % 1):
            raise UsageError(f"a range of whole numbers has whole ends; received {self.low!r} to {self.high!r}.")

    def draw(self, random: np.random.Generator) -> float | int:
        """Return one value, each equally likely (by logarithm with ``log``)."""
        share = float(random.random())
        if self.whole and not self.log:
            return int(self.low + math.floor(share * (self.high - self.low + 1)))
        return self._at(share)

    def grid(self) -> tuple[float | int, ...]:
        """Return ``points`` values from end to end; fewer whole ones if there are not so many."""
        values = [self._at(share) for share in np.linspace(0, 1, self.points).tolist()]
        return tuple(dict.fromkeys(values))

    def distribution(self) -> BaseDistribution:
        """Return the range as Optuna knows it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(float(self.low), float(self.high), log=self.log)

    def ends(self) -> tuple[float | int, ...]:
        """Return the values between which all others lie."""
        return (int(self.low), int(self.high)) if self.whole else (float(self.low), float(self.high))

    def encode(self, value: float) -> float:
        """Return the value as Optuna stores it: itself."""
        return value

    def decode(self, stored: Scalar) -> Any:
        """Return what ``encode`` was given."""
        return stored

    def to_json(self) -> dict[str, Any]:
        """Return the range as JSON values."""
        return {"low": self.low, "high": self.high, "log": self.log, "whole": self.whole, "points": self.points}

    def _at(self, share: float) -> float | int:
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else float(f"{value:.12g}")  # a grid's 0.01 is 0.01


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of some values.

    Attributes:
        values: Numbers, names, truth values, or tuples of numbers; at least one, all different.

    Raises:
        UsageError: If there is none, or one twice.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        labels = [self.encode(value) for value in self.values]
        if not labels:
            raise UsageError("a choice needs at least one value; received none.")
        if len({repr(label) for label in labels}) < len(labels):
            raise UsageError(f"a choice's values must differ; received {', '.join(map(str, labels))}.")

    def draw(self, random: np.random.Generator) -> Any:
        """Return one value, each equally likely."""
        return self.values[int(random.integers(len(self.values)))]

    def grid(self) -> tuple[Any, ...]:
        """Return all values."""
        return self.values

    def distribution(self) -> BaseDistribution:
        """Return the choice as Optuna knows it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution([self.encode(value) for value in self.values])

    def ends(self) -> tuple[Any, ...]:
        """Return all values."""
        return self.values

    def encode(self, value: Any) -> Scalar:
        """Return the value as Optuna stores it: a list becomes JSON text."""
        return json.dumps(value) if isinstance(value, list | tuple) else value

    def decode(self, stored: Scalar) -> Any:
        """Return what ``encode`` was given."""
        return next(value for value in self.values if self.encode(value) == stored)

    def to_json(self) -> list[Any]:
        """Return the choice as JSON values."""
        return [list(value) if isinstance(value, tuple) else value for value in self.values]


Parameter = Range | Choice


@dataclass(frozen=True, kw_only=True)
class Space:
    """What is searched.

    Attributes:
        parameters: Setting -> where its value is looked for.
        trials: Settings to try one after the other, for a manual search.

    Raises:
        UsageError: If there is nothing to search.

    Example:
        >>> space = Space(parameters={"l2": Choice(values=(0.0, 0.1)), "epochs": Choice(values=(5, 10))})
        >>> len(list(space.grid()))
        4
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    trials: tuple[Values, ...] = ()

    def __post_init__(self) -> None:
        if not self.parameters and not self.trials:
            raise UsageError(
                "The search space is empty. Name at least one setting, for example: learning_rate = { low = 0.0001, "
                "high = 0.1, log = true }"
            )

    def size(self) -> int:
        """Return how many points the grid has."""
        return math.prod(len(parameter.grid()) for parameter in self.parameters.values())

    def grid(self) -> Iterator[Values]:
        """Yield every point of the grid; the last setting changes fastest."""
        names = list(self.parameters)
        for values in itertools.product(*(parameter.grid() for parameter in self.parameters.values())):
            yield dict(zip(names, values, strict=True))

    def draw(self, random: np.random.Generator) -> Values:
        """Return values drawn independently of each other."""
        return {name: parameter.draw(random) for name, parameter in self.parameters.items()}

    def encode(self, values: Values) -> dict[str, Scalar]:
        """Return values as Optuna stores them."""
        return {name: self.parameters[name].encode(value) for name, value in values.items()}

    def decode(self, stored: Mapping[str, Scalar]) -> Values:
        """Return what ``encode`` was given."""
        return {name: self.parameters[name].decode(value) for name, value in stored.items()}

    def to_json(self) -> dict[str, Any]:
        """Return the space as JSON values."""
        return {
            "parameters": {name: parameter.to_json() for name, parameter in self.parameters.items()},
            "trials": [dict(trial) for trial in self.trials],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Space:
        """Return what ``to_json`` wrote."""
        parameters: dict[str, Parameter] = {}
        for name, told in value["parameters"].items():
            parameters[name] = Range(**told) if isinstance(told, dict) else Choice(values=frozen(told))
        trials = tuple({key: frozen(one) for key, one in trial.items()} for trial in value["trials"])
        return cls(parameters=parameters, trials=trials)


def frozen(value: Any) -> Any:
    """Return a value with tuples for lists, at every depth."""
    return tuple(frozen(each) for each in value) if isinstance(value, list | tuple) else value
