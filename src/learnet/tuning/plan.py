"""What a search would do, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.core import Silent
from learnet.data import open_dataset
from learnet.training.plan import split_sizes
from learnet.tuning.propose import Proposer
from learnet.tuning.space import Space
from learnet.tuning.tune import as_space, trial_count, wanted_study

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.options.tune import TuneConfig


def plan(
    config: TuneConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what ``tune`` would do with the same arguments.

    Args:
        config: The options.
        data: As for ``tune``.
        progress: Progress reporter; silent if not given.

    Returns:
        ``"photos"``: how many would train, validate and test; ``"forecast"``: sentences.
    """
    config, progress = wanted_study(config), progress or Silent()
    space = Space.from_json(as_space(config))
    propose = Proposer(config.search, space, seed=config.seed, trials=config.trials)
    most = trial_count(config.trials, propose, deadline=config.time_limit)
    source = config.data if data is None else data
    dataset = open_dataset(source, label_depth=config.label_depth, group_by=config.group_by, progress=progress)
    count = "as many trials as the time allows" if most is None else f"{most} trials"
    epochs = space.parameters["epochs"].ends() if "epochs" in space.parameters else ()
    long = f" of up to {max(epochs)} epochs" if epochs else ""
    quick = "; on cached features a trial takes seconds at most" if config.backbone and config.mode == "head" else ""
    told = f"Search '{config.search}' of {config.what}: {count}{long}, {len(space.parameters)} settings{quick}."
    return {"photos": split_sizes(dataset, config, progress=progress), "forecast": [told]}
