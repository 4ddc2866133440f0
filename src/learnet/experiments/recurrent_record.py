"""What an experiment with a recurrent network leaves."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RecurrentOutcome:
    """One experiment, measured.

    Args:
        measured: One line: what came out, over how many seeds, and where the training differs from the paper's.
        values: Every measured number by name, one for each seed.
        holds: The threshold is met, and the network beside it fails where the paper says it does.
    """

    measured: str
    values: dict[str, list[float]] = field(default_factory=dict)
    holds: bool = False
