"""The conductor of a search: photos and a space in; the best trial's proven bundle and an account of all out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.core import (
    LearnetError,
    UsageError,
    default_progress,
    require_backend,
    write_json,
    write_text,
)
from learnet.core.runs import run_folder
from learnet.models import ARCHITECTURES
from learnet.options.python import by_keywords
from learnet.options.tune import JoinConfig, StudyOptions, TuneConfig
from learnet.runs import Stopwatch
from learnet.transfer_learning import BACKBONES
from learnet.tuning.builtin import head_space, network_space, partial_space
from learnet.tuning.keep import trial_folder
from learnet.tuning.ledger import Ledger
from learnet.tuning.propose import Proposer
from learnet.tuning.record import TrialRecord, ranking
from learnet.tuning.settings import WHOLE, check_space, head_settings
from learnet.tuning.space import Space
from learnet.tuning.space_file import read_space, write_space
from learnet.tuning.storage import FILE, Place, normal_url, optuna
from learnet.tuning.task import Deadline
from learnet.tuning.worker import Keep, Worker

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.tuning.task import Task

USUAL_TRIALS = 20
_RESULT = "tuning.json"


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The outcome of a search.

    Attributes:
        folder: Where everything lies: the study, ``trials.csv``, ``tuning.html``, and what every run leaves behind
            (``bundle/``, ``report.html``, ``run.json``) of the winner.
        config: The options, with the file of the search space.
        space: Where values were looked for.
        best: The winner.
        trials: All trials, by number.
        result: The winner's run as JSON values: its measurements on the test part, and where its bundle is.
    """

    folder: Path
    config: TuneConfig
    space: Space
    best: TrialRecord
    trials: tuple[TrialRecord, ...]
    result: dict[str, Any]

    @property
    def bundle(self) -> Path:
        """The folder of the winner's bundle."""
        return self.folder / "bundle"

    def load(self) -> Any:
        """Load the winner's bundle."""
        from learnet.bundle import load_bundle

        return load_bundle(self.bundle)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as a JSON-like object."""
        states = [record.state for record in self.trials]
        return {
            **self.result,
            "search": self.config.search,
            "best_trial": self.best.to_json(),
            "trials": {state: states.count(state) for state in ("complete", "pruned", "failed", "running")},
            "study": str(self.folder),
            "table": str(self.folder / "trials.csv"),
            "tuning": str(self.folder / "tuning.html"),
        }


def run(
    config: TuneConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Search for the settings that train best; the validation part chooses, the test part only reports.

    With a ``backbone``, a trial trains a head on features that are computed once and cached: milliseconds to seconds.
    With ``mode="partial"`` it trains the upper layers too, from activations that are computed once for each boundary;
    which stages those are (``unfreeze``) is searched with the rest.
    With a ``model``, a trial trains the network from random weights, with a checkpoint from which it goes on after a
    kill. The winner's weights are those of its trial: nothing is trained again for its bundle.

    Args:
        config: The options.
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        out: Folder of the run; ``runs/NAME-tune-TIME`` if not given. A study in it with the same options is continued.
        progress: Progress reporter; standard error if not given.

    Returns:
        The winner, all trials, and the winner's measurements on the test part.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a study with other options.
        DataError: If the photos cannot make a classifier.
        LearnetError: If no trial could be finished.
        MissingDependencyError: If Optuna or a Keras backend is not installed.
    """
    optuna()
    require_backend()
    wanted = wanted_study(config)
    if wanted.storage is not None:
        normal_url(wanted.storage)
    source = config.data if data is None else data
    name = Path(config.data).name if data is None else getattr(data, "name", "photos")
    folder = run_folder(out, f"{name}-tune")
    study = "study" if wanted.storage is None else folder.name
    place = Place.of(folder, url=wanted.storage) or Place(folder=folder, url=wanted.storage, name=study)
    return _work(place, wanted, wanted=wanted, data=source, progress=progress)


tune = by_keywords(run, TuneConfig)


def run_join(
    config: JoinConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Work on a study that exists: with other processes, or alone after a kill.

    Args:
        config: The options.
        data: What the study was given, if that was no path or name.
        out: Folder for what this machine adds to a study in a shared database; the study's own if not given.
        progress: Progress reporter; standard error if not given.

    Returns:
        The winner, all trials, and the winner's measurements on the test part.

    Raises:
        UsageError: If there is no such study.
        LearnetError: If no trial could be finished.
        MissingDependencyError: If Optuna or a Keras backend is not installed.
    """
    optuna()
    require_backend()
    folder = Path(config.study if out is None else out)
    place = Place.of(folder, url=config.storage)
    if place is None and config.storage is None and not (folder / FILE).exists():
        raise UsageError(
            f"There is no study in '{folder}'. Give the folder that 'learnet tune' named, or start one: add DATA and "
            "--model or --backbone."
        )
    if place is None:
        name = "study" if config.storage is None else Path(config.study).name
        place = Place(folder=run_folder(folder, name), url=config.storage, name=name)
    return _work(place, config, wanted=None, data=data, progress=progress)


join = by_keywords(run_join, JoinConfig)


def _work(place: Place, how: StudyOptions, *, wanted: TuneConfig | None, data: Any, progress: Progress | None) -> Tuned:
    """Do the trials of a study and publish its winner."""
    progress = default_progress() if progress is None else progress
    watch, deadline = Stopwatch(), Deadline(how.time_limit)
    ledger = Ledger(place, marks=lambda number: _mark(place.folder, number))
    try:
        config = _agreed(ledger, wanted)
        place.write()
        searched = Space.from_json(as_space(config))
        file = place.folder / "space.toml"
        write_text(file, write_space(searched))
        told = config.replace(space=str(file), **how.shared(StudyOptions))  # what repeats the search
        task = _task(told, data or config.data, how=how, folder=place.folder, progress=progress, watch=watch)
        most = ledger.settle(trials=how.trials, photos=task.photos)
        propose = Proposer(config.search, searched, seed=config.seed, trials=most)
        most = trial_count(most, propose, deadline=how.time_limit)
        if wanted is not None and _is_finished(place.folder, ledger.trials(), most):
            raise UsageError(
                f"'{place.folder}' holds a finished search. Add trials with --join {place.folder} --trials N, or "
                "choose another --out."
            )
        ledger.use(searched, pruner=_pruner(config, searched))
        _announce(config, propose, most, progress)
        worker = Worker(
            ledger,
            task,
            propose,
            folder=place.folder,
            keep=Keep(trials=how.keep, limit_bytes=how.disk_limit_bytes),
            deadline=deadline,
            progress=progress,
        )
        worker.work(most)
        watch.lap("trials")
        return _outcome(ledger, task, place=place, config=told, space=searched, progress=progress, watch=watch)
    finally:
        ledger.leave()


def as_space(config: TuneConfig) -> dict[str, Any]:
    """Return the space that a study was given, which is part of it."""
    if not isinstance(config.space, dict):
        raise LearnetError("The study holds no search space: it is damaged, or of another version of learnet.")
    return config.space


def wanted_study(config: TuneConfig) -> TuneConfig:
    """Return what a new study would be, its space included."""
    named = config.replace(
        model=None if config.model is None else ARCHITECTURES[config.model].name,
        backbone=None if config.backbone is None else BACKBONES[config.backbone].name,
    )
    return named.replace(space=_space(named).to_json())


def _space(config: TuneConfig) -> Space:
    """Return the space that is searched, checked value by value."""
    if config.space is None:
        made = built_in_space(config)
    else:
        told = config.space
        made = Space.from_json(told) if isinstance(told, dict) else read_space(told, whole=WHOLE)
    if config.mode == "partial":
        from learnet.tuning.partial_task import check_partial_space

        check_partial_space(made, config)
    elif config.model is None:
        check_space(made, lambda values: head_settings(values, seed=0))
    else:
        from learnet.tuning.network_task import check_network_space

        check_network_space(made, config)
    Proposer(config.search, made, seed=config.seed)  # refuses a space that the search cannot use
    return made


def built_in_space(config: TuneConfig) -> Space:
    """Return the space that is searched if none is given; the one of ``config`` is not looked at."""
    if config.model is not None:
        return network_space(config.model, config.search)
    if config.mode == "head":
        return head_space(config.search)
    from learnet.tuning.partial_task import backbone_boundaries

    return partial_space(backbone_boundaries(config.backbone or ""), config.search)


def _agreed(ledger: Ledger, wanted: TuneConfig | None) -> TuneConfig:
    """Begin the study, or read what it was begun with; refuse to go on with other arguments."""
    config = TuneConfig.from_json(ledger.config() if wanted is None else ledger.begin(wanted.to_json()))
    if wanted is None:
        return config
    given = TuneConfig.from_json(json.loads(json.dumps(wanted.to_json()))).replace(data=config.data)  # machines differ
    if other := config.differences_in_words(given, lasting=True):
        raise UsageError(
            f"The study was started with other options: {other}. Give the same ones, use --join alone, or choose "
            "another --out."
        )
    return config


def _mark(folder: Path, number: int) -> str:
    """Return a text that changes when a trial's checkpoint does."""
    try:
        return str((trial_folder(folder, number) / "checkpoint.safetensors").stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


def _task(
    config: TuneConfig, data: Any, *, how: StudyOptions, folder: Path, progress: Progress, watch: Stopwatch
) -> Task:
    if not isinstance(data, str | Path) or data:
        if config.backbone is not None:
            from learnet.tuning.head_task import HeadTask

            heads = HeadTask(config, data, how=how, progress=progress, watch=watch)
            if config.mode == "head":
                return heads
            from learnet.tuning.partial_task import PartialTask

            return PartialTask(heads, config, limit_bytes=how.cache_limit_bytes, progress=progress)
        from learnet.tuning.network_task import NetworkTask

        return NetworkTask(config, data, folder=folder, progress=progress, watch=watch)
    raise UsageError("The study was given its photos from Python: join it there, with data=...")


def trial_count(wanted: int | None, propose: Proposer, *, deadline: float | None) -> int | None:
    """Return how many trials there will be; None for as many as the time allows."""
    if propose.most is not None:
        return propose.most if wanted is None else min(wanted, propose.most)
    return USUAL_TRIALS if wanted is None and deadline is None else wanted


def _pruner(config: TuneConfig, space: Space) -> Any:
    if config.search != "hyperband":
        return None
    epochs = space.parameters["epochs"].ends()[-1] if "epochs" in space.parameters else 40
    return optuna().pruners.HyperbandPruner(min_resource=1, max_resource=max(1, int(epochs)), reduction_factor=3)


def _announce(config: TuneConfig, propose: Proposer, most: int | None, progress: Progress) -> None:
    count = "Trials until the time is over" if most is None else f"{most} trials"
    of = f" of {propose.most} points" if config.search == "grid" else ""
    cost = (
        " Features are computed already: a trial takes milliseconds to seconds."
        if config.backbone is not None and config.mode == "head"
        else ""
    )
    progress.say(f"{count}{of}, search '{config.search}', {config.what}. The validation part chooses.{cost}")


def _outcome(
    ledger: Ledger,
    task: Task,
    *,
    place: Place,
    config: TuneConfig,
    space: Space,
    progress: Progress,
    watch: Stopwatch,
) -> Tuned:
    """Publish the winner, unless another process has done so already, and account for all trials."""
    from learnet.tuning.account import write_account

    with ledger.publishing():
        records = ledger.trials()
        best = ranking(records)
        if not best:
            raise LearnetError(_nothing(records))
        winner = best[0]
        known = _published(place.folder, winner)
        if known is None:
            folder = place.folder
            run = task.publish(winner, trial_folder(folder, winner.number), folder, progress=progress, watch=watch)
            run.write_record()
            known = run.to_json()
            write_json(place.folder / _RESULT, {"winner": winner.to_json(), "result": known})
        tuned = Tuned(folder=place.folder, config=config, space=space, best=winner, trials=tuple(records), result=known)
        write_account(tuned, study=ledger.frozen_study())
    return tuned


def _is_finished(folder: Path, records: list[TrialRecord], most: int | None) -> bool:
    done = sum(record.is_finished for record in records)
    return most is not None and done >= most and (folder / _RESULT).exists()


def _published(folder: Path, winner: TrialRecord) -> dict[str, Any] | None:
    """Return the result that was written for this winner; None if there is none."""
    try:
        told = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    result: dict[str, Any] = told["result"]
    return result if told["winner"] == json.loads(json.dumps(winner.to_json())) else None


def _nothing(records: list[TrialRecord]) -> str:
    failed = [record for record in records if record.state == "failed"]
    if failed:
        return f"No trial could be finished; {len(failed)} failed. Trial {failed[-1].number}: {failed[-1].reason}"
    return "The time was over before a trial was finished. Give it more, or go on with it by --join."
