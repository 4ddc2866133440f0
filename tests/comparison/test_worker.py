import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sklearn.metrics import f1_score

import learnet
from learnet.comparison import worker
from learnet.comparison.child import Told
from learnet.comparison.ledger import Ledger, RowRecord
from learnet.comparison.rows import Row, trained_rows
from learnet.comparison.table import tabulate
from learnet.comparison.worker import death, relay, run_apart
from learnet.core import Silent
from learnet.core.runs import write_table
from learnet.options.compare import CompareConfig


class Heard(Silent):
    """Keeps what it is told; can interrupt."""

    def __init__(self, *, interrupt=False):
        self.lines, self.steps, self._interrupt = [], [], interrupt

    def say(self, line):
        self.lines.append(line)
        if self._interrupt:
            raise KeyboardInterrupt

    def stage(self, description, total):
        self.lines.append(f"{description} of {total}")
        return _Stage(self)


class _Stage:
    def __init__(self, heard):
        self._heard = heard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._heard.lines.append("end")

    def advance(self, steps=1):
        self._heard.steps.append(steps)


def work(photos, tmp_path):
    """The majority of two splits, as a row; and the ledger that knows them."""
    config = CompareConfig(data=str(photos), modes=("head",), backbones=("efficientnet_lite0",), seeds=2)
    ledger = Ledger(tmp_path / "compared")
    trained = trained_rows(config)
    for seed, row in enumerate(trained):
        tested = {f"ant/{seed}.png", "bee/0.png", "bee/1.png"}
        paths = [path.relative_to(photos).as_posix() for path in sorted(photos.glob("*/*.png"))]
        lines = [(path, path[:3], "test" if path in tested else "train") for path in paths if path[:3] != "cat"]
        write_table(ledger.place(row) / "splits.csv", ("path", "class", "part"), lines)
    splits = tuple(row.key for row in trained)
    name = "always the largest class"
    row = Row(key="majority", name=name, way=name, backbone=None, seeds=(0, 1), splits=splits)
    ledger.clear(row)
    return row, config, ledger


def test_a_row_is_done_in_a_process_of_its_own(photos, tmp_path):
    row, config, ledger = work(photos, tmp_path)
    held = bytearray(400_000_000)
    held[::4096] = b"x" * len(held[::4096])
    assert run_apart(row, config, ledger, progress=Silent()) is None
    record = ledger.done(row)
    assert 10_000_000 < record.peak_memory_bytes < len(held)  # its own, not what this process held when it began
    assert (ledger.place(row) / "predictions.csv").read_text().splitlines() == [
        "seed,path,class,answer",
        *[f"{seed},{path},{path[:3]},ant" for seed in (0, 1) for path in (f"ant/{seed}.png", "bee/0.png", "bee/1.png")],
    ]


def test_what_a_row_dies_of_is_told(photos, tmp_path):
    row, config, ledger = work(photos, tmp_path)
    nowhere = CompareConfig(data=str(tmp_path / "nowhere"), modes=config.modes, backbones=config.backbones, seeds=2)
    said = run_apart(row, nowhere, ledger, progress=Silent())
    assert "nowhere" in said
    assert ledger.read(row) is None
    (ledger.folder / row.splits[1] / "splits.csv").unlink()
    assert run_apart(row, config, ledger, progress=Silent()).startswith("The system refused to go on: No such file")
    assert "FileNotFoundError" in (ledger.place(row) / "log.txt").read_text()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "import os; os.kill(os.getpid(), 9)",
            "ended by the system (SIGKILL): most likely there was not enough memory.",
        ),
        ("import os; os.abort()", "ended by SIGABRT; '"),
        ("import sys; sys.stdin.readline(); sys.exit(3)", "ended with code 3 and without a word; '"),
        ("pass", "ended with code 0 and without a word; '"),
        ("print('{\"failed\": \"It melted.\"}'); print('{\"fai', end='')", "It melted."),
    ],
)
def test_a_process_that_dies_is_told_in_a_sentence(code, sentence, photos, tmp_path, monkeypatch):
    row, config, ledger = work(photos, tmp_path)
    monkeypatch.setattr(worker, "_CHILD", (sys.executable, "-c", code))
    assert sentence in run_apart(row, config, ledger, progress=Silent())


def test_an_interrupted_row_leaves_no_process(photos, tmp_path, monkeypatch):
    row, config, ledger = work(photos, tmp_path)
    begun = tmp_path / "pid"
    code = (
        "import os, time, pathlib, signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        f"pathlib.Path({str(begun)!r}).write_text(str(os.getpid()));"
        'print(\'{"say": "here"}\', flush=True); time.sleep(600)'
    )
    monkeypatch.setattr(worker, "_CHILD", (sys.executable, "-c", code))
    with pytest.raises(KeyboardInterrupt):
        run_apart(row, config, ledger, progress=Heard(interrupt=True))
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


def test_a_row_ends_with_the_process_that_began_it(tmp_path):
    code = f"""
import sys; sys.path.insert(0, {str(Path(learnet.__file__).parents[1])!r})
import learnet.comparison.child as child, os, threading, time
threading.Thread(target=child._end_with_parent, daemon=True).start()
print(os.getpid(), flush=True)
time.sleep(600)
"""
    parent = (
        "import subprocess, sys, time;"
        f"child = subprocess.Popen([sys.executable, '-c', {code!r}], stdin=subprocess.PIPE); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        child = int(process.stdout.readline())
        os.kill(child, 0)
        process.send_signal(signal.SIGKILL)
        process.wait()
    for _ in range(600):
        if not _runs(child):
            break
        time.sleep(0.1)
    assert not _runs(child)


def _runs(process):
    """Whether a process is there and has not ended: one that nobody has waited for is still listed."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_progress_comes_through_the_pipe_whole():
    pipe, heard = io.BytesIO(), Heard()
    told = Told(pipe)
    told.say("one\nline \udce9")
    with told.stage("Outer", 3) as outer:
        outer.advance()
        with told.stage("Inner", 1000) as inner:
            for _ in range(1000):
                inner.advance()
        outer.advance(2)
    told.tell(failed="It melted.")
    events = [json.loads(line) for line in pipe.getvalue().splitlines()]
    assert len(events) < 60  # a thousand steps are told in a few lines
    pipe.seek(0)
    assert relay(pipe, heard) == "It melted."
    assert heard.lines == ["one\nline \udce9", "Outer of 3", "Inner of 1000", "end", "end"]
    assert sum(heard.steps) == 1003


def test_a_stage_that_a_kill_cuts_off_is_closed():
    heard = Heard()
    assert relay(io.BytesIO(b'{"open": 1, "description": "Stage", "total": 5}\n{"advance": 1, "st'), heard) is None
    assert heard.lines == ["Stage of 5", "end"]


def test_unknown_signals_are_told(tmp_path):
    assert death(-99, log=tmp_path / "log.txt").startswith("Its process was ended by signal 99")


@pytest.mark.slow
def test_simple_methods_in_processes_have_the_macro_f1_of_scikit_learn(photos, tmp_path):
    row, config, ledger = work(photos, tmp_path)
    pixels = Row(
        key="svm", name="linear SVM on pixels", way="linear SVM", backbone=None, seeds=(0,), splits=row.splits[:1]
    )
    trained = trained_rows(config)[0]
    for each in (pixels, trained):
        ledger.place(each).mkdir(exist_ok=True)
    assert run_apart(pixels, config, ledger, progress=Silent()) is None
    lines = [line.split(",") for line in (ledger.place(pixels) / "predictions.csv").read_text().splitlines()[1:]]
    truth, said = [line[2] for line in lines], [line[3] for line in lines]
    assert truth == ["ant", "bee", "bee"]
    assert said == truth  # a brightness of its own for each class
    always = [(line[1], line[2], "bee") for line in lines]
    write_table(ledger.place(trained) / "predictions.csv", ("path", "class", "answer"), always)
    table = tabulate([RowRecord(row=trained), ledger.done(pixels)], ledger)
    assert [each.macro_f1 for each in table.rows] == [1.0, pytest.approx(f1_score(truth, ["bee"] * 3, average="macro"))]
