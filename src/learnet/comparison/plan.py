"""What a comparison would do, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.comparison.measure import transfer_config
from learnet.comparison.rows import checked, simple_rows, trained_rows
from learnet.core.text import format_duration
from learnet.transfer_learning.transfer import plan as plan_transfer

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.options.compare import CompareConfig


def plan(config: CompareConfig, *, progress: Progress | None = None) -> dict[str, Any]:
    """Return what ``compare`` would do with the same options.

    Args:
        config: The options.
        progress: Progress reporter; silent if not given.

    Returns:
        ``"photos"``: about how many would train, validate and test; ``"forecast"``: a sentence for each way, and one
        for all.
    """
    config = checked(config)
    rows = trained_rows(config)
    seconds, told, photos = 0.0, [], {}
    for row in (each for each in rows if each.seeds == (0,)):
        one = plan_transfer(transfer_config(row, config), progress=progress)
        photos = one["photos"]
        seconds += config.seeds * one["seconds"]
        told.append(f"{row.name}: about {format_duration(one['seconds'])} for each of {config.seeds} seeds.")
    count = len(rows) + len(simple_rows(config, {}))
    told.append(f"{count} rows, about {format_duration(seconds)} without the simple methods.")
    return {"photos": photos, "forecast": told}
