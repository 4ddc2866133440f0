"""What is known of a trial."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from learnet.tuning.space import Values

State = Literal["running", "complete", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One trial of a study.

    Attributes:
        number: From 0, in the order in which trials were begun.
        state: ``"complete"``; ``"pruned"`` (stopped early, as others were better by then); ``"failed"``; or
            ``"running"``, also of a trial that waits for someone to go on with it.
        values: What it was run with.
        accuracy: Share of validation photos answered rightly, in [0, 1]: with the weights that are kept of a complete
            trial, in the last epoch of a pruned one; None of others.
        loss: Mean validation loss of a complete trial, with those weights; None of others.
        epochs: Passes over the training photos.
        seconds: Of work by the process that finished it.
        reason: Why it failed, as a sentence; empty for others.
        steps: Epoch, from 1 -> validation accuracy after it.
        owner: The process that works on it, or did.
    """

    number: int
    state: State
    values: Values
    accuracy: float | None = None
    loss: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    reason: str = ""
    steps: dict[int, float] = field(default_factory=dict)
    owner: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether it will not change any more."""
        return self.state != "running"

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return {
            "number": self.number,
            "state": self.state,
            "values": {name: list(value) if isinstance(value, tuple) else value for name, value in self.values.items()},
            "accuracy": self.accuracy,
            "loss": self.loss,
            "epochs": self.epochs,
            "seconds": round(self.seconds, 4),
            "reason": self.reason,
        }


def ranking(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the complete trials, the best first: by accuracy, then by loss, then the earlier one.

    Example:
        >>> told = [(0, 0.9, 0.5), (1, 0.9, 0.4), (2, 0.8, 0.1)]
        >>> made = [TrialRecord(number=n, state="complete", values={}, accuracy=a, loss=b) for n, a, b in told]
        >>> [record.number for record in ranking(made)]
        [1, 0, 2]
    """
    complete = [record for record in records if record.state == "complete"]
    return sorted(complete, key=lambda record: (-(record.accuracy or 0.0), record.loss or 0.0, record.number))


def describe(values: Values) -> str:
    """Return values as a short text.

    Example:
        >>> describe({"learning_rate": 0.0123456, "batch_size": 32})
        'learning_rate 0.0123, batch_size 32'
    """
    return ", ".join(f"{name} {tell(value)}" for name, value in values.items())


def tell(value: Any) -> str:
    """Return a setting's value as a short text."""
    if isinstance(value, list | tuple):
        return "x".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
