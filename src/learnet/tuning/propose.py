"""Which values the next trial gets: a function of the seed, the trial's number and what is known by then."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, get_args

from learnet.core import UsageError, generator
from learnet.options.tune import SearchName
from learnet.tuning.storage import optuna

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.tuning.record import TrialRecord
    from learnet.tuning.space import Space, Values

_STARTUP = 10  # trials before TPE has something to go by; drawn as a random search draws them
_HUGE = 1_000_000  # points of a grid beyond which it is not shuffled


class Proposer:
    """Proposes values, the same ones for the same arguments in every process.

    Args:
        search: How they are chosen: ``"manual"``: those listed; ``"grid"``: every combination, or a random part of
            them; ``"random"``: drawn independently (Bergstra and Bengio, 2012); ``"tpe"``: near what did well, by a
            tree-structured Parzen estimator (Bergstra et al., 2011); ``"hyperband"``: drawn at random, those that fall
            behind are stopped early (Li et al., 2018).
        space: Where they lie.
        seed: Of the study.
        trials: How many trials there will be, or None where nobody knows yet.

    Raises:
        UsageError: If the space has nothing for such a search.
    """

    def __init__(self, search: SearchName, space: Space, *, seed: int, trials: int | None = None) -> None:
        if search not in get_args(SearchName):
            raise UsageError(f"A search is one of {', '.join(get_args(SearchName))}; received '{search}'.")
        if search == "manual" and not space.trials:
            raise UsageError(
                "A manual search needs a list of settings: [[trials]] in the file of --space, with the settings of one "
                "trial below each."
            )
        if search != "manual" and not space.parameters:
            raise UsageError(f"The space lists trials only, for --search manual; --search {search} needs ranges.")
        self._search, self._space, self._seed = search, space, seed
        self._order = self._grid_order(trials) if search == "grid" else None

    @property
    def most(self) -> int | None:
        """How many trials there can be; None without a bound."""
        if self._search == "manual":
            return len(self._space.trials)
        return self._space.size() if self._search == "grid" else None

    def __call__(self, number: int, known: Sequence[TrialRecord]) -> Values:
        """Return the values of the trial with this number, less than ``most``.

        Args:
            number: From 0.
            known: All trials before it.
        """
        if self._search == "manual":
            return dict(self._space.trials[number])
        if self._search == "grid":
            return self._grid_point(number)
        if self._search == "tpe" and number >= _STARTUP:
            return self._estimated(number, known)
        return self._space.draw(generator(self._seed, f"tuning trial {number}"))

    def _grid_order(self, trials: int | None) -> list[int] | None:
        """Return a shuffled order where only a part of the grid will be seen, so that the part is no corner of it."""
        size = self._space.size()
        if trials is None or trials >= size or size > _HUGE:
            return None
        order: list[int] = generator(self._seed, "grid order").permutation(size).tolist()
        return order

    def _grid_point(self, number: int) -> Values:
        place = number if self._order is None else self._order[number]
        return next(itertools.islice(self._space.grid(), place, None))

    def _estimated(self, number: int, known: Sequence[TrialRecord]) -> Values:
        module = optuna()
        seed = int(generator(self._seed, f"tuning trial {number}").integers(2**31))
        study = module.create_study(direction="maximize", sampler=module.samplers.TPESampler(seed=seed))
        distributions = {name: each.distribution() for name, each in self._space.parameters.items()}
        states = {
            "complete": module.trial.TrialState.COMPLETE,
            "pruned": module.trial.TrialState.PRUNED,
            "running": module.trial.TrialState.RUNNING,
        }
        for record in known:
            if record.state == "failed":
                continue
            told: dict[str, Any] = {} if record.accuracy is None else {"value": record.accuracy}
            study.add_trial(
                module.trial.create_trial(
                    state=states[record.state],
                    params=self._space.encode(record.values),
                    distributions=distributions,
                    intermediate_values=record.steps,
                    **told,
                )
            )
        return self._space.decode(study.ask(distributions).params)
