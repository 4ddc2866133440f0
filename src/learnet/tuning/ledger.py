"""The book of a study: which trials there are, who works on which, and what came of them.

Every entry is made by one process at a time and is whole or not there. A trial keeps its number for ever: if the
process that works on it dies, another one goes on with the same trial, so that none is lost and none counted twice.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from learnet.core import UsageError
from learnet.tuning.locks import Workers
from learnet.tuning.record import State, TrialRecord
from learnet.tuning.storage import open_storage, optuna

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from learnet.tuning.space import Space, Values
    from learnet.tuning.storage import Place

_CONFIG, _LIMIT, _PHOTOS = "learnet", "trials", "photos"
_CLAIM, _OUTCOME, _BEAT, _VALUES, _STOP = "claim", "outcome", "beat", "values", "stopped after"
_DEATHS = 3  # of processes in one trial without any progress in it
_BEAT_SECONDS, _SILENT_SECONDS = 5.0, 45.0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A trial that this process is to run.

    Attributes:
        number: Of the trial.
        values: What it is to be run with.
        again: Whether another process began it.
    """

    number: int
    values: Values
    again: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a trial gave.

    Attributes:
        accuracy: Share of validation photos answered rightly, in [0, 1].
        loss: Mean validation loss; None of a trial that was stopped early.
        epochs: Passes over the training photos.
        seconds: Of work.
        steps: Epoch, from 1 -> validation accuracy after it.
    """

    accuracy: float
    loss: float | None
    epochs: int
    seconds: float
    steps: Mapping[int, float] = field(default_factory=dict)


class Ledger:
    """A study's trials, shared by processes.

    Args:
        place: Which study.
        marks: Tells from a trial's number how far its files show that it has come; a text that changes with progress.

    Raises:
        LearnetError: If its database cannot be opened.
        MissingDependencyError: If Optuna is not installed.
    """

    def __init__(self, place: Place, *, marks: Callable[[int], str] = lambda _number: "") -> None:
        opened = open_storage(place)
        self._place, self._marks = place, marks
        self._storage, self._mutex, self._publishing = opened.storage, opened.mutex, opened.publishing
        self._workers = Workers(place.folder / "workers")
        self._study_id = -1
        self._study: Any = None
        self._space: Space | None = None
        self._prunes = False
        self._heard: dict[str, tuple[int, float]] = {}  # of processes elsewhere: their last beat, and when it came
        self._heart: tuple[threading.Thread, threading.Event] | None = None

    def begin(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Make the study, unless it is there; return the configuration that it has."""
        with self._mutex.hold():
            try:
                study_id = self._storage.get_study_id_from_name(self._place.name)
            except KeyError:
                direction = optuna().study.StudyDirection.MAXIMIZE
                study_id = self._storage.create_new_study([direction], self._place.name)
            if _CONFIG not in self._storage.get_study_user_attrs(study_id) and not self._storage.get_n_trials(study_id):
                self._storage.set_study_user_attr(study_id, _CONFIG, dict(config))
        return self.config()

    def config(self) -> dict[str, Any]:
        """Return the study's configuration.

        Raises:
            UsageError: If there is no such study.
        """
        try:
            self._study_id = self._storage.get_study_id_from_name(self._place.name)
        except KeyError:
            raise UsageError(
                f"There is no study '{self._place.name}' in its database. Begin it with DATA and --model or --backbone."
            ) from None
        told = self._storage.get_study_user_attrs(self._study_id).get(_CONFIG)
        if told is None:  # its maker died between two entries, or it is another program's
            raise UsageError(
                f"The study '{self._place.name}' was not begun by learnet, or not wholly. Begin it with DATA and "
                "--model or --backbone, or begin another."
            )
        return cast("dict[str, Any]", told)

    def use(self, space: Space, *, pruner: Any) -> None:
        """Say what trials are made of, and who stops them early; needed before the first claim."""
        module = optuna()
        self._space, self._prunes = space, pruner is not None
        self._study = module.load_study(
            study_name=self._place.name,
            storage=self._storage,
            sampler=module.samplers.RandomSampler(seed=0),
            pruner=module.pruners.NopPruner() if pruner is None else pruner,
        )

    def settle(self, *, trials: int | None, photos: str) -> int | None:
        """Note how many trials there shall be, if that is given, and which photos are used; return the former.

        Raises:
            UsageError: If the study was begun with other photos.
        """
        with self._mutex.hold():
            known = self._storage.get_study_user_attrs(self._study_id)
            if known.get(_PHOTOS, photos) != photos:
                raise UsageError(
                    "The photos are not those that the study was begun with: files were added, removed or changed. "
                    "Put them back, or begin a new study."
                )
            if _PHOTOS not in known:
                self._storage.set_study_user_attr(self._study_id, _PHOTOS, photos)
            if trials is not None and known.get(_LIMIT) != trials:
                self._storage.set_study_user_attr(self._study_id, _LIMIT, trials)
            return cast("int | None", trials if trials is not None else known.get(_LIMIT))

    def claim(
        self, propose: Callable[[int, Sequence[TrialRecord]], Values], *, most: int | None
    ) -> Claim | Literal["wait", "done"]:
        """Take a trial that its process left, or begin a new one.

        Args:
            propose: From number and earlier trials to the values of a new one.
            most: How many trials there shall be; None without a bound.

        Returns:
            The trial; ``"wait"`` if there is none to take, but others work on some; ``"done"`` if all are finished.
        """
        with self._mutex.hold():
            records = self.trials()
            for record in records:
                if record.state == "running" and not self._has_owner(record):
                    claim = self._take_over(record)
                    if claim is not None:
                        return claim
            if most is None or len(records) < most:
                return self._add(len(records), propose(len(records), records))
            still_running = any(record.state == "running" for record in self.trials())
            return "wait" if still_running else "done"

    def report(self, number: int, epoch: int, accuracy: float) -> bool:
        """Note a trial's accuracy after an epoch; return whether it shall be stopped.

        A second report of the same epoch, by a process that does a trial again, changes nothing and gets the same
        answer. Where nobody stops trials early, all is noted at their end.
        """
        if not self._prunes:
            return False
        with self._mutex.hold():
            trial_id = self._id(number)
            known = self._storage.get_trial(trial_id)
            if _STOP in known.user_attrs:
                return bool(known.user_attrs[_STOP] == epoch)
            if known.last_step is not None and epoch < known.last_step:
                return False  # it went on then, and Optuna would judge the last epoch, not this one
            if epoch not in known.intermediate_values:
                self._storage.set_trial_intermediate_value(trial_id, epoch, accuracy)
            stop = bool(optuna().trial.Trial(self._study, trial_id).should_prune())
            if stop:  # Optuna answers only once: asked again, it would let the trial go on
                self._set(trial_id, _STOP, epoch)
            return stop

    def finish(self, number: int, outcome: Outcome, *, pruned: bool = False) -> None:
        """Close a trial that went to its end, or was stopped early."""
        states = optuna().trial.TrialState
        self._close(
            number,
            states.PRUNED if pruned else states.COMPLETE,
            {
                "loss": outcome.loss,
                "epochs": outcome.epochs,
                "seconds": outcome.seconds,
                "steps": {str(epoch): accuracy for epoch, accuracy in outcome.steps.items()},
            },
            [outcome.accuracy],
        )

    def fail(self, number: int, reason: str, *, seconds: float) -> None:
        """Close a trial that cannot be done."""
        self._close(number, optuna().trial.TrialState.FAIL, {"reason": reason, "seconds": seconds})

    def release(self, number: int) -> None:
        """Let go of a trial that someone shall go on with later."""
        self._calm()
        with self._mutex.hold():
            trial_id = self._id(number)
            claim = self._storage.get_trial(trial_id).user_attrs[_CLAIM]
            self._set(trial_id, _CLAIM, {**claim, "owner": ""})

    def trials(self) -> list[TrialRecord]:
        """Return all trials, by number."""
        found = self._storage.get_all_trials(self._study_id, deepcopy=False)
        return [self._record(trial) for trial in sorted(found, key=lambda trial: trial.number)]

    def publishing(self) -> AbstractContextManager[None]:
        """Return what is held while the outcome is written, so that one process does it."""
        return self._publishing.hold()

    def leave(self) -> None:
        """Say that this process works no more on the study."""
        self._calm()
        self._workers.leave()
        self._storage.remove_session()

    def frozen_study(self) -> Any:
        """Return Optuna's study, for what it computes from finished trials."""
        return self._study

    def _add(self, number: int, values: Values) -> Claim:
        module, space = optuna(), self._space
        known = {} if space is None else {name: each for name, each in values.items() if name in space.parameters}
        template = module.trial.create_trial(  # one transaction: a trial is there with its owner, or not at all
            state=module.trial.TrialState.RUNNING,
            params={} if space is None else space.encode(known),
            distributions={} if space is None else {name: space.parameters[name].distribution() for name in known},
            user_attrs={
                _CLAIM: {"owner": self._workers.me, "deaths": 0, "mark": ""},
                _VALUES: {name: list(each) if isinstance(each, tuple) else each for name, each in values.items()},
            },
        )
        self._storage.create_new_trial(self._study_id, template_trial=template)
        self._beat(number)
        return Claim(number=number, values=values, again=False)

    def _take_over(self, record: TrialRecord) -> Claim | None:
        """Take a trial that nobody works on; close it instead if it keeps killing those who do."""
        trial_id = self._id(record.number)
        attempt = self._storage.get_trial(trial_id).user_attrs[_CLAIM]
        mark = f"{len(record.steps)} {self._marks(record.number)}"
        died = record.owner != ""  # an empty owner let go of it on purpose
        deaths = (attempt["deaths"] + 1 if mark == attempt["mark"] else 1) if died else attempt["deaths"]
        if deaths >= _DEATHS:
            reason = (
                f"The process that ran it ended {deaths} times without getting any further in it: probably the memory "
                "was not enough."
            )
            self._end(trial_id, optuna().trial.TrialState.FAIL, {"reason": reason, "seconds": 0.0})
            return None
        self._set(trial_id, _CLAIM, {"owner": self._workers.me, "deaths": deaths, "mark": mark})
        self._beat(record.number)
        return Claim(number=record.number, values=record.values, again=True)

    def _close(self, number: int, state: Any, outcome: dict[str, Any], values: list[float] | None = None) -> None:
        self._calm()
        with self._mutex.hold():
            self._end(self._id(number), state, outcome, values)

    def _end(self, trial_id: int, state: Any, outcome: dict[str, Any], values: list[float] | None = None) -> None:
        self._set(trial_id, _OUTCOME, outcome)
        self._storage.set_trial_state_values(trial_id, state, values)

    def _has_owner(self, record: TrialRecord) -> bool:
        if not record.owner:
            return False
        alive = self._workers.is_alive(record.owner)
        if alive is None:  # of another folder, where it is shared; else it has left
            return self._place.is_shared and self._is_heard(record)
        return alive

    def _is_heard(self, record: TrialRecord) -> bool:
        """Return whether a process elsewhere has been heard of lately, by this process's own clock."""
        beat = int(self._storage.get_trial(self._id(record.number)).user_attrs.get(_BEAT, 0))
        now = time.monotonic()
        last, since = self._heard.get(record.owner, (-1, now))
        if beat != last:
            last, since = beat, now
        self._heard[record.owner] = last, since
        return now - since < _SILENT_SECONDS

    def _beat(self, number: int) -> None:
        """Let processes on other machines know that this one lives, until ``_calm``."""
        if not self._place.is_shared:
            return
        self._calm()
        stop = threading.Event()

        def beat() -> None:
            count = 0
            while not stop.wait(_BEAT_SECONDS):
                count += 1
                with self._mutex.hold():
                    if not stop.is_set():
                        self._set(self._id(number), _BEAT, count)

        thread = threading.Thread(target=beat, name="learnet-beat", daemon=True)
        self._heart = thread, stop
        thread.start()

    def _calm(self) -> None:
        if self._heart is not None:
            thread, stop = self._heart
            stop.set()
            thread.join()
            self._heart = None

    def _set(self, trial_id: int, name: str, value: Any) -> None:
        self._storage.set_trial_user_attr(trial_id, name, value)

    def _id(self, number: int) -> int:
        return int(self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number))

    def _record(self, trial: Any) -> TrialRecord:
        outcome = trial.user_attrs.get(_OUTCOME, {}) if trial.state.is_finished() else {}
        states: dict[str, State] = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
        told = trial.user_attrs.get(_VALUES, {})
        steps = outcome.get("steps", trial.intermediate_values)
        return TrialRecord(
            number=trial.number,
            state=states.get(trial.state.name, "running"),
            values={name: tuple(each) if isinstance(each, list) else each for name, each in told.items()},
            accuracy=trial.value if trial.state.name in ("COMPLETE", "PRUNED") else None,
            loss=outcome.get("loss"),
            epochs=outcome.get("epochs", len(trial.intermediate_values)),
            seconds=outcome.get("seconds", 0.0),
            reason=outcome.get("reason", ""),
            steps={int(epoch): accuracy for epoch, accuracy in steps.items()},
            owner=trial.user_attrs.get(_CLAIM, {}).get("owner", ""),
        )
