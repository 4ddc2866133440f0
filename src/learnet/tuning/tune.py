"""The conductor of a search: photos and a space in; the best trial's proven bundle and an account of all out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from learnet.core import (
    LearnetError,
    UsageError,
    default_progress,
    require_backend,
    unknown_name,
    write_json,
    write_text,
)
from learnet.core.runs import run_folder
from learnet.models import ARCHITECTURES
from learnet.runs import Stopwatch
from learnet.transfer_learning import BACKBONES
from learnet.tuning.builtin import head_space, network_space, partial_space
from learnet.tuning.config import StudySettings, TuneConfig
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
    from learnet.tuning.propose import SearchName
    from learnet.tuning.task import Task

USUAL_TRIALS = 20
_RESULT = "tuning.json"


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The outcome of a search.

    Attributes:
        folder: Where everything lies: the study, ``trials.csv``, ``tuning.html``, and what every run leaves behind
            (``bundle/``, ``report.html``, ``run.json``) of the winner.
        config: What was asked.
        best: The winner.
        trials: All trials, by number.
        result: The winner's run as JSON values: its measurements on the test part, and where its bundle is.
    """

    folder: Path
    config: TuneConfig
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


def tune(
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    *,
    model: str | None = None,
    backbone: str | None = None,
    search: SearchName = "random",
    space: Space | str | Path | None = None,
    trials: int | None = None,
    time_limit: float | None = None,
    storage: str | None = None,
    join: str | Path | None = None,
    keep: Keep | None = None,
    weights_dir: str | Path | None = None,
    cache_limit_bytes: int = 10_000_000_000,
    out: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Unpack[StudySettings],
) -> Tuned:
    """Search for the settings that train best; the validation part chooses, the test part only reports.

    With a ``backbone``, a trial trains a head on features that are computed once and cached: milliseconds to seconds.
    With ``mode="partial"`` it trains the upper layers too, from activations that are computed once for each boundary;
    which stages those are (``unfreeze``) is searched with the rest.
    With a ``model``, a trial trains the network from random weights, with a checkpoint from which it goes on after a
    kill. The winner's weights are those of its trial: nothing is trained again for its bundle.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``; not
            needed to join a study that was given a path or name.
        model: A name of ``learnet.models.ARCHITECTURES``.
        backbone: A name of ``learnet.transfer_learning.BACKBONES``.
        search: ``"manual"``, ``"grid"``, ``"random"``, ``"tpe"`` or ``"hyperband"``; see ``Proposer``.
        space: Where values are looked for: a ``Space``, or a TOML file as ``read_space`` reads it; a built-in one if
            not given.
        trials: How many in all processes; the whole grid or list if not given, 20 of other searches, or as many as
            ``time_limit`` allows.
        time_limit: Seconds after which this process begins no trial and stops the one it is at; it can be joined later.
        storage: URL of a database for processes on several machines; SQLite in the run's folder if not given.
        join: Folder of a study (or, with ``storage``, its name) to work on with others, or to go on with. It is begun
            if it is not there and ``data`` is given.
        keep: Which trials' weights stay on disk; the best three, in 2 GB, if not given.
        weights_dir: A folder with weight files, for machines without a network.
        cache_limit_bytes: Size of the feature cache; 0 uses none.
        out: Folder of the run; ``runs/NAME-tune-TIME`` if not given.
        progress: Where to tell how it goes; standard error if not given.
        **settings: Anything else of ``TuneConfig``, by its name, e.g. ``seed=1, train_per_class=30``.

    Returns:
        The winner, all trials, and the winner's measurements on the test part.

    Raises:
        UsageError: If an argument makes no sense.
        DataError: If the photos cannot make a classifier.
        LearnetError: If no trial could be finished.
        MissingDependencyError: If Optuna or a Keras backend is not installed.
    """
    optuna()
    require_backend()
    progress = default_progress() if progress is None else progress
    watch, deadline = Stopwatch(), _deadline(time_limit)
    if trials is not None and trials < 1:
        raise UsageError(f"There must be at least 1 trial; {trials} were asked for.")
    if data is None and join is None:
        raise UsageError("On which photos? Give a folder, a manifest or the name of a data set, or --join STUDY.")
    wanted = None
    if data is not None:
        wanted = _wanted(data, model=model, backbone=backbone, search=search, space=space, settings=settings)
    place = _place(out=out, join=join, storage=storage, data=data, begins=wanted is not None)
    ledger = Ledger(place, marks=lambda number: _mark(place.folder, number))
    try:
        config = _agreed(ledger, wanted)
        place.write()
        searched = Space.from_json(config.space)
        write_text(place.folder / "space.toml", write_space(searched))
        task = _task(
            config,
            config.data if data is None else data,
            weights_dir=weights_dir,
            cache_limit_bytes=cache_limit_bytes,
            folder=place.folder,
            progress=progress,
            watch=watch,
        )
        most = ledger.settle(trials=trials, photos=task.photos)
        propose = Proposer(config.search, searched, seed=config.seed, trials=most)
        most = _most(most, propose, deadline=time_limit)
        ledger.use(searched, pruner=_pruner(config, searched))
        _announce(config, propose, most, progress)
        worker = Worker(
            ledger,
            task,
            propose,
            folder=place.folder,
            keep=Keep() if keep is None else keep,
            deadline=deadline,
            progress=progress,
        )
        worker.work(most)
        watch.lap("trials")
        return _outcome(ledger, task, place=place, config=config, progress=progress, watch=watch)
    finally:
        ledger.leave()


def _deadline(time_limit: float | None) -> Deadline:
    if time_limit is not None and not 0 < time_limit < float("inf"):
        raise UsageError(f"The time limit must be greater than 0 seconds; received {time_limit!r}.")
    return Deadline(time_limit)


def _wanted(
    data: Any,
    *,
    model: str | None,
    backbone: str | None,
    search: SearchName,
    space: Space | str | Path | None,
    settings: StudySettings,
) -> TuneConfig:
    """Return what a new study would be, its space included."""
    for name in settings:
        if name not in StudySettings.__annotations__:
            raise unknown_name("setting of a search", name, StudySettings.__annotations__)
    config = TuneConfig(
        data=str(data) if isinstance(data, str | Path) else "",
        model=None if model is None else ARCHITECTURES[model].name,
        backbone=None if backbone is None else BACKBONES[backbone].name,
        search=search,
        **settings,
    )
    return replace(config, space=_space(space, config).to_json())


def _space(space: Space | str | Path | None, config: TuneConfig) -> Space:
    """Return the space that is searched, checked value by value."""
    if space is None:
        made = built_in_space(config)
    else:
        made = space if isinstance(space, Space) else read_space(space, whole=WHOLE)
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


def _place(*, out: str | Path | None, join: str | Path | None, storage: str | None, data: Any, begins: bool) -> Place:
    """Return where the study is or will be; its folder is made."""
    if storage is not None:
        normal_url(storage)
    if join is not None:
        return _joined(Path(join), out=out, storage=storage, begins=begins)
    name = Path(data).name if isinstance(data, str | Path) else getattr(data, "name", "photos")
    folder = run_folder(out, f"{name}-tune")
    if Place.of(folder, url=storage) is not None or (folder / FILE).exists():
        raise UsageError(
            f"There is a study in '{folder}' already. Go on with it by --join {folder}, or choose another --out."
        )
    return Place(folder=folder, url=storage, name="study" if storage is None else folder.name)


def _joined(join: Path, *, out: str | Path | None, storage: str | None, begins: bool) -> Place:
    folder = join if out is None else Path(out)
    known = Place.of(folder, url=storage)
    if known is not None:
        return known
    if not begins and storage is None and not (folder / FILE).exists():
        raise UsageError(
            f"There is no study in '{folder}'. Give the folder that 'learnet tune' named, or begin one: add DATA and "
            "--model or --backbone."
        )
    folder = run_folder(folder, join.name)
    return Place(folder=folder, url=storage, name="study" if storage is None else join.name)


def _agreed(ledger: Ledger, wanted: TuneConfig | None) -> TuneConfig:
    """Begin the study, or read what it was begun with; refuse to go on with other arguments."""
    config = TuneConfig.from_json(ledger.config() if wanted is None else ledger.begin(wanted.to_json()))
    if wanted is None:
        return config
    given = TuneConfig.from_json(json.loads(json.dumps(wanted.to_json())))
    other = [name for name in config.difference(given) if name != "data"]  # a path differs from machine to machine
    if other:
        raise UsageError(
            f"The study was begun with another {', '.join(other)}. Join it with the same arguments, or give "
            "--join alone."
        )
    return config


def _mark(folder: Path, number: int) -> str:
    """Return a text that changes when a trial's checkpoint does."""
    try:
        return str((trial_folder(folder, number) / "checkpoint.safetensors").stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


def _task(config: TuneConfig, data: Any, *, folder: Path, **places: Any) -> Task:
    if not isinstance(data, str | Path) or data:
        if config.backbone is not None:
            from learnet.tuning.head_task import HeadTask

            heads = HeadTask(config, data, **places)
            if config.mode == "head":
                return heads
            from learnet.tuning.partial_task import PartialTask

            limit = places["cache_limit_bytes"]
            return PartialTask(heads, config, limit_bytes=limit, progress=places["progress"])
        from learnet.tuning.network_task import NetworkTask

        return NetworkTask(config, data, folder=folder, progress=places["progress"], watch=places["watch"])
    raise UsageError("The study was given its photos from Python: join it there, with data=...")


def _most(wanted: int | None, propose: Proposer, *, deadline: float | None) -> int | None:
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
    ledger: Ledger, task: Task, *, place: Place, config: TuneConfig, progress: Progress, watch: Stopwatch
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
            known = task.publish(
                winner, trial_folder(folder, winner.number), folder, progress=progress, watch=watch
            ).to_json()
            write_json(place.folder / _RESULT, {"winner": winner.to_json(), "result": known})
        tuned = Tuned(folder=place.folder, config=config, best=winner, trials=tuple(records), result=known)
        write_account(tuned, study=ledger.frozen_study())
    return tuned


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
