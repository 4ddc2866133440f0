import collections
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from learnet.core import LearnetError, MissingDependencyError, UsageError
from learnet.tuning import Choice, Proposer, Space, ranking
from learnet.tuning.ledger import Ledger, Outcome
from learnet.tuning.storage import Place, normal_url, optuna
from study_by_hand import SPACE, ByHand, essence, pruner_of, work

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("LEARNET_KILLS", "2"))
SCRIPT = Path(__file__).parents[1] / "study_by_hand.py"


def start(folder, *, search="random", trials=20, pause=0.02):
    command = [sys.executable, str(SCRIPT), str(folder), search, str(trials), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finished(folder):
    """Return how many trials are finished, read from the study's file by an independent way."""
    import sqlite3

    try:
        with sqlite3.connect(f"file:{folder / 'study.sqlite'}?mode=ro", uri=True, timeout=10) as connection:
            return connection.execute("SELECT COUNT(*) FROM trials WHERE state != 'RUNNING'").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def kept(folder):
    return sorted(path.name for path in (folder / "trials").iterdir())


@pytest.mark.parametrize("search", ["random", "tpe", "hyperband"])
def test_a_study_is_the_same_whoever_does_it_again(search, tmp_path):
    first = work(tmp_path / "a", search=search, trials=13, pruner=pruner_of(search))
    again = work(tmp_path / "b", search=search, trials=13, pruner=pruner_of(search))
    assert essence(first) == essence(again)
    assert [record.number for record in first] == list(range(13))
    assert (search == "hyperband") == any(record.state == "pruned" for record in first)
    assert len({str(record.values) for record in first}) == 13


@pytest.mark.parametrize("search", ["tpe", "hyperband"])
def test_killed_at_random_moments_no_trial_is_lost_or_counted_twice_and_the_best_is_the_same(search, tmp_path):
    most = -(-KILLS // 2)
    trials = 3 * KILLS + 6  # the first ten trials of TPE are random
    whole = work(tmp_path / "whole", search=search, trials=trials, pruner=pruner_of(search))
    assert (search == "hyperband") == any(record.state == "pruned" for record in whole)
    folder, source, kills = tmp_path / "killed", random.Random(1), 0
    while True:
        with start(folder, search=search, trials=trials) as child:
            assert child.stdout.readline() == "ready\n"
            if kills < most and finished(folder) < trials:
                before = finished(folder)
                while finished(folder) <= before and child.poll() is None:
                    time.sleep(0.01)
                time.sleep(source.uniform(0, 0.3))
                kills += child.poll() is None  # a process that has ended cannot be killed
                child.send_signal(signal.SIGKILL)
                continue
            assert child.stdout.read() == f"done {trials}\n"
            break
    assert kills == most
    records = work(folder, search=search, trials=trials, pruner=pruner_of(search))
    assert essence(records) == essence(whole)
    assert ranking(records)[0].number == ranking(whole)[0].number
    assert kept(folder) == kept(tmp_path / "whole")


def test_two_processes_started_at_once_share_the_trials(tmp_path):
    whole = work(tmp_path / "whole", trials=24)
    children = [start(tmp_path / "shared", trials=24) for _ in range(2)]
    assert [child.communicate()[0] for child in children] == ["ready\ndone 24\n"] * 2
    records = work(tmp_path / "shared", trials=24)
    assert essence(records) == essence(whole)
    shares = collections.Counter(record.owner for record in records)
    assert len(shares) == 2
    assert sum(shares.values()) == 24


def test_a_trial_of_a_dead_process_goes_on_under_its_number_and_a_living_ones_is_left_alone(tmp_path):
    place = Place(folder=tmp_path)
    first, second = Ledger(place), Ledger(place)
    for ledger in (first, second):
        ledger.begin({})
        ledger.use(SPACE, pruner=None)
    propose = Proposer("random", SPACE, seed=0)
    begun = first.claim(propose, most=2)
    other = second.claim(propose, most=2)
    assert (begun.number, other.number, begun.again) == (0, 1, False)
    assert second.claim(propose, most=2) == "wait"
    first.leave()  # as if it had died: it let go of nothing
    taken = second.claim(propose, most=2)
    assert (taken.number, taken.values, taken.again) == (0, begun.values, True)
    second.finish(0, Outcome(accuracy=0.5, loss=1.0, epochs=1, seconds=0.1))
    second.finish(1, Outcome(accuracy=0.6, loss=1.0, epochs=1, seconds=0.1))
    assert second.claim(propose, most=2) == "done"
    assert len({record.owner for record in second.trials()}) == 1
    second.leave()


def test_what_kills_three_processes_without_progress_is_a_failed_trial(tmp_path):
    propose = Proposer("random", SPACE, seed=0)
    for death in range(4):
        ledger = Ledger(Place(folder=tmp_path))
        ledger.begin({})
        ledger.use(SPACE, pruner=None)
        claim = ledger.claim(propose, most=1)
        if death < 3:
            assert claim.number == 0
        ledger.leave()
    assert claim == "done"
    (record,) = ledger.trials()
    assert record.state == "failed"
    assert "memory was not enough" in record.reason


def test_progress_between_deaths_is_forgiven(tmp_path):
    propose = Proposer("random", SPACE, seed=0)
    for death in range(6):
        ledger = Ledger(Place(folder=tmp_path))
        ledger.begin({})
        ledger.use(SPACE, pruner=optuna().pruners.NopPruner())
        assert ledger.claim(propose, most=1).number == 0
        ledger.report(0, death + 1, 0.1)
        ledger.report(0, death + 1, 0.9)  # the same epoch again changes nothing
        ledger.leave()
    assert ledger.trials()[0].steps == dict.fromkeys(range(1, 7), 0.1)


def test_a_trial_that_was_to_be_stopped_when_its_process_died_is_stopped_after_the_same_epoch(tmp_path):
    def opened():
        ledger = Ledger(Place(folder=tmp_path))
        ledger.begin({})
        ledger.use(SPACE, pruner=pruner_of("hyperband"))
        return ledger

    def answers(ledger, number, epochs):
        accuracy = 0.9 - 0.05 * number  # each is worse than all before
        return [ledger.report(number, epoch, accuracy + 0.001 * epoch) for epoch in range(1, epochs + 1)]

    propose, ledger = Proposer("random", SPACE, seed=0), opened()
    for number in range(12):
        assert ledger.claim(propose, most=None).number == number
        stopped = 0
        for epoch in range(1, 9):
            stopped = stopped or (epoch if answers(ledger, number, epoch)[-1] else 0)
            if stopped:
                break
        if stopped > 1:
            break
        ledger.finish(number, Outcome(accuracy=0.5, loss=None, epochs=8, seconds=0.1), pruned=stopped > 0)
    assert stopped > 1
    ledger.leave()  # as if it had died before it could close the trial
    second = opened()
    claim = second.claim(propose, most=None)
    assert (claim.number, claim.again) == (number, True)
    assert answers(second, number, stopped) == [False] * (stopped - 1) + [True]
    second.leave()


def test_failures_are_recorded_with_their_reason_and_the_search_goes_on(tmp_path):
    from learnet.training import NotANumberError

    errors = {
        0: NotANumberError("The loss became nan in step 3.", None),
        1: MemoryError(),
        2: UsageError("It needs images of at least 32 pixels."),
        3: RuntimeError("OOM when allocating\nmore"),
        4: type("ResourceExhaustedError", (Exception,), {})("graph"),
    }
    calls = iter(range(100))

    def before(_values):
        error = errors.get(next(calls))
        if error is not None:
            raise error

    records = work(tmp_path, trials=8, task=ByHand(before=before))
    assert [record.state for record in records] == ["failed"] * 5 + ["complete"] * 3
    memory = "There was not enough memory. A smaller batch_size, input_size or network needs less."
    assert [record.reason for record in records[:5]] == [
        "The loss became nan in step 3.",
        memory,
        "It needs images of at least 32 pixels.",
        "RuntimeError: OOM when allocating",
        memory,
    ]


def test_a_full_disk_is_no_fault_of_a_trial(tmp_path):
    def before(_values):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        work(tmp_path, trials=3, task=ByHand(before=before))
    records = work(tmp_path, trials=3)
    assert [record.state for record in records] == ["complete"] * 3


def test_the_time_limit_stops_a_trial_which_can_be_gone_on_with(tmp_path):
    records = work(tmp_path, trials=50, task=ByHand(pause=0.05), seconds=1.0)
    running = [record.number for record in records if record.state == "running"]
    assert running in ([], [len(records) - 1])
    assert 0 < len(records) < 50
    whole = work(tmp_path, trials=len(records))
    assert essence(whole) == essence(work(tmp_path / "whole", trials=len(records)))


def test_only_the_best_weights_stay(tmp_path):
    records = work(tmp_path, trials=8, keep=2)
    best = [f"{record.number:05d}" for record in ranking(records)[:2]]
    assert kept(tmp_path) == sorted(best)


def test_what_a_kill_left_after_the_last_trial_is_cleared_up(tmp_path):
    work(tmp_path, trials=4, keep=4)
    assert len(kept(tmp_path)) == 4
    records = work(tmp_path, trials=4, keep=1)  # all trials are finished already
    assert kept(tmp_path) == [f"{ranking(records)[0].number:05d}"]


def test_the_photos_must_be_those_that_it_was_begun_with(tmp_path):
    work(tmp_path, trials=2)
    ledger = Ledger(Place(folder=tmp_path))
    ledger.begin({})
    with pytest.raises(UsageError, match="not those that the study was begun with"):
        ledger.settle(trials=2, photos="others")
    assert ledger.settle(trials=None, photos="made up") == 2
    ledger.leave()


def test_grids_are_done_point_by_point_and_a_part_of_one_is_no_corner(tmp_path):
    space = Space(parameters={"learning_rate": Choice(values=(0.01, 0.1)), "batch_size": Choice(values=(16, 32, 64))})
    records = work(tmp_path, search="grid", trials=6, space=space)
    assert [record.values for record in records] == list(space.grid())
    part = Proposer("grid", space, seed=0, trials=3)
    assert [part(number, []) for number in range(3)] != list(space.grid())[:3]
    assert part.most == 6


def test_a_manual_search_does_what_is_listed(tmp_path):
    trials = ({"learning_rate": 0.1, "epochs": 3}, {"learning_rate": 0.01, "dropout": 0.5})
    records = work(tmp_path, search="manual", trials=2, space=Space(trials=trials))
    assert [record.values for record in records] == list(trials)
    assert [record.epochs for record in records] == [3, 20]


def test_tpe_looks_where_it_went_well():
    from learnet.tuning import TrialRecord

    propose, known = Proposer("tpe", SPACE, seed=0), []
    for number in range(40):
        values = propose(number, known)
        accuracy = 1 - abs(values["dropout"] - 0.1)
        known.append(TrialRecord(number=number, state="complete", values=values, accuracy=accuracy, loss=0.0))
    late = [record.values["dropout"] for record in known[20:]]
    assert sum(abs(value - 0.1) < 0.1 for value in late) > 14


@pytest.mark.parametrize(
    ("search", "space", "hint"),
    [
        ("manual", SPACE, r"needs a list of settings: \[\[trials\]\]"),
        ("grid", Space(trials=({"l2": 1.0},)), "lists trials only"),
        ("best", SPACE, "manual, grid, random, tpe, hyperband"),
    ],
)
def test_a_search_that_the_space_cannot_feed_is_refused(search, space, hint):
    with pytest.raises(UsageError, match=hint):
        Proposer(search, space, seed=0)


def test_urls_are_checked(tmp_path):
    assert normal_url("postgres://a@b/c") == "postgresql://a@b/c"
    for url in ("mysql://a@b/c", "study.db"):
        with pytest.raises(UsageError, match=r"SQLite .* or PostgreSQL"):
            normal_url(url)
    with pytest.raises(UsageError, match="does not exist"):
        Ledger(Place(folder=tmp_path, url=f"sqlite:///{tmp_path}/no/such/folder.db"))
    (tmp_path / "file.db").write_text("this is no database at all, and long enough to be seen as none" * 20)
    with pytest.raises(LearnetError, match="cannot be opened: file is not a database"):
        Ledger(Place(folder=tmp_path, url=f"sqlite:///{tmp_path}/file.db"))


def test_without_optuna_a_sentence_says_what_to_install(monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "optuna" else found(name))
    with pytest.raises(MissingDependencyError, match=r"pip install 'learnet\[tune\]'"):
        optuna()
