import json
import re
import subprocess
import sys

import pytest

from learnet.core import LearnetError, Silent, UsageError
from learnet.options.colourise import ColouriseConfig
from learnet.options.train import TrainConfig
from learnet.options.transfer import TransferConfig
from learnet.runs import Run, read_events
from learnet.training.checkpoint import Checkpoint, save_checkpoint

CONFIG = TrainConfig.of(data="my photos", model="mlp", epochs=3, jit="auto")


def start(out, config=CONFIG):
    return Run.start(config, out=out, name="photos", progress=Silent())


def interrupt(folder, config=CONFIG, used=None, **notes):
    """Leave what a run leaves behind that was stopped in the middle."""
    with pytest.raises(RuntimeError), start(folder, config) as run:
        run.settle(used, **notes)
        save_checkpoint(folder, Checkpoint(arrays={}, notes={}))
        raise RuntimeError


def test_a_folder_that_is_given_again_is_continued_with_the_same_options_only(tmp_path):
    folder = tmp_path / "my run"
    interrupt(folder, used=CONFIG.replace(jit=False), fingerprint="abc")
    again = start(str(folder))
    assert (again.asked, again.config, again.notes) == (CONFIG, CONFIG.replace(jit=False), {"fingerprint": "abc"})
    assert again.is_resumed
    said = re.escape(
        f"'{folder}' holds an unfinished run with other options: epochs 3, now 4; patience not given, now 2. Continue "
        f"it with: learnet train --resume '{folder}'. Or choose another --out, or delete the folder."
    )
    with pytest.raises(UsageError, match=f"^{said}$"):
        start(folder, CONFIG.replace(epochs=4, patience=2))


def test_what_may_differ_is_as_it_is_given_now(tmp_path):
    config = ColouriseConfig.of(data="photos", time_limit="2 min")
    interrupt(tmp_path, config)
    assert start(tmp_path, config.replace(time_limit=None)).config.time_limit is None
    assert Run.resume(tmp_path, ColouriseConfig, progress=Silent()).config.time_limit == 120
    assert Run.resume(tmp_path, ColouriseConfig, progress=Silent(), time_limit=60.0).config.time_limit == 60


def test_a_finished_run_is_neither_continued_nor_overwritten(tmp_path):
    with start(tmp_path) as run:
        run.settle(CONFIG.replace(jit=True))
        run.finish({"accuracy": 0.5})
    record = json.loads((tmp_path / "run.json").read_text())
    assert record == {"config": CONFIG.replace(jit=True).to_json(), "result": {"accuracy": 0.5}}
    with pytest.raises(UsageError, match=f"^'{tmp_path}' holds a finished run. Choose another --out, or delete"):
        start(tmp_path)
    with pytest.raises(UsageError, match="is finished: there is nothing to resume"):
        Run.resume(tmp_path, TrainConfig, progress=Silent())


def test_a_run_that_has_kept_nothing_begins_anew_with_any_options(tmp_path):
    with start(tmp_path) as run:
        run.settle(precision="noted")
    again = start(tmp_path, CONFIG.replace(epochs=9))
    assert (again.is_resumed, again.notes, again.config.epochs) == (False, {}, 9)


@pytest.mark.parametrize("settled", [True, False])
def test_a_run_that_fails_before_it_keeps_anything_leaves_no_folder(tmp_path, settled):
    with pytest.raises(UsageError), start(tmp_path / "run") as run:
        if settled:
            run.settle()
        raise UsageError("No such photos.")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_removed_does_not_hide_why_it_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="No such photos"), start("."):
        raise UsageError("No such photos.")
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_run_that_fails_at_once_can_be_resumed_again(tmp_path):
    with pytest.raises(KeyboardInterrupt), start(tmp_path) as run:
        run.settle(fingerprint="abc")
        raise KeyboardInterrupt
    with pytest.raises(UsageError), Run.resume(tmp_path, TrainConfig, progress=Silent()):
        raise UsageError("No such photos.")
    assert Run.resume(tmp_path, TrainConfig, progress=Silent()).notes == {"fingerprint": "abc"}


def test_nor_does_it_leave_a_folder_of_runs_that_holds_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for others in ([], ["runs/mine"]):
        for other in others:
            (tmp_path / other).mkdir(parents=True)
        with pytest.raises(UsageError), start(None):
            raise UsageError("No such photos.")
        assert [str(path.relative_to(tmp_path)) for path in tmp_path.glob("runs/*")] == others
        assert (tmp_path / "runs").exists() == bool(others)


def test_what_lay_in_the_folder_before_stays(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError), start(tmp_path):
        raise UsageError("No such photos.")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_one_process_at_a_time_works_on_a_run(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from learnet.runs import Events; "
        "held = Events.alone(Path(sys.argv[1])); print(held is not None, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with pytest.raises(UsageError, match=f"^Another process works on the run in '{tmp_path}'"), start(tmp_path):
            pass
        other.kill()
    with start(tmp_path):
        pass  # a kill has released it


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    interrupt(tmp_path)
    (tmp_path / ".report.html.a1b2c3d4.tmp").write_text("<html>")
    (tmp_path / ".bundle.a1b2c3d4.tmp").mkdir()
    with start(tmp_path):
        assert list(tmp_path.glob("*.tmp")) == []


def test_a_run_that_another_process_finishes_first_is_not_done_twice(tmp_path):
    late = start(tmp_path)
    with start(tmp_path) as first:
        first.settle()
        first.finish({})
    with pytest.raises(UsageError, match="holds a finished run"), late:
        pass
    assert json.loads((tmp_path / "run.json").read_text())["result"] == {}


def test_its_events_tell_everything_that_happens(tmp_path):
    with pytest.raises(KeyboardInterrupt), start(tmp_path) as run:
        run.settle()
        with run.stage("decode photos"), run.progress.stage("Decoding", 4) as task:
            task.advance(4)
        run.progress.say("Half of it is done.")
        raise KeyboardInterrupt
    events = read_events(tmp_path)
    assert [event["event"] for event in events] == ["started", *["stage"] * 4, "message", "interrupted"]
    assert events[0]["command"] == CONFIG.command()
    assert [(each["name"], each["done"], each["of"]) for each in events[1:5]] == [
        ("decode photos", 0, 1),
        ("Decoding", 0, 4),
        ("Decoding", 4, 4),
        ("decode photos", 1, 1),
    ]
    assert events[5]["text"] == "Half of it is done."
    assert events[4]["seconds"] == pytest.approx(run.watch.stages["decode photos"], abs=1e-3)


@pytest.mark.parametrize("by_command", [True, False])
def test_ctrl_c_says_how_to_go_on_where_a_command_can(tmp_path, by_command):
    with pytest.raises(KeyboardInterrupt) as stopped, start(tmp_path) as run:
        run.settle()
        run.by_command = by_command
        raise KeyboardInterrupt
    assert str(stopped.value) == (f"Interrupted. Go on with: learnet train --resume {tmp_path}" if by_command else "")


def test_other_data_are_refused(tmp_path):
    interrupt(tmp_path, fingerprint="abc")
    run = start(tmp_path)
    run.check("fingerprint", "abc", what="The photos")
    run.check("of a later version", 1, what="The photos")
    with pytest.raises(LearnetError, match=f"^The photos are not those that the run in '{tmp_path}' was started with"):
        run.check("fingerprint", "abd", what="The photos")


def test_what_is_no_run_is_not_resumed(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match=f"^'{place}' is no run that can be resumed: it has no config.json"):
            Run.resume(place, TrainConfig, progress=Silent())


@pytest.mark.parametrize(
    "content", ["", "{", "[1", "[]", "3", "{}", '{"schema": 1}', '{"schema": 99, "verb": "train"}']
)
def test_a_run_of_another_version_is_refused(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(LearnetError, match="of another version of learnet"):
        Run.resume(tmp_path, TrainConfig, progress=Silent())


def test_a_run_of_another_workflow_is_refused(tmp_path):
    interrupt(tmp_path)
    with pytest.raises(LearnetError, match="or of 'learnet train'"):
        Run.resume(tmp_path, TransferConfig, progress=Silent())
