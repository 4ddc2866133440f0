import errno
import json
import signal
import subprocess
import sys

import pytest
import typer

from learnet.cli.session import emit_json, print_table, run_verb
from learnet.core import DataError, UsageError


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (UsageError("A bad value."), 2, "A bad value."),
        (DataError("Bad photos."), 1, "Bad photos."),
        (KeyboardInterrupt(), 130, "run the same command to go on."),
        (KeyboardInterrupt("Interrupted. Go on with: that"), 130, "learnet: Interrupted. Go on with: that"),
        (OSError(errno.ENOSPC, "No space left on device", "/disk/file"), 1, "No space left on device (/disk/file)"),
        (MemoryError(), 1, "not enough memory"),
        (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError: division by zero"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_failure_is_told_and_none_shows_a_traceback(error, code, words, as_json, capsys):
    def work(_progress):
        raise error

    with pytest.raises(typer.Exit) as stopped:
        run_verb(work, as_json=as_json, quiet=True, show=print)
    assert stopped.value.exit_code == code
    told = capsys.readouterr()
    assert words in told.err
    assert "Traceback" not in told.err
    assert told.out == "" if not as_json else json.loads(told.out)["exit_code"] == code


WORK = """
import signal, sys, time
from learnet.cli.session import run_verb

def work(_progress):
    print("It works.", flush=True)
    for _ in range(int(sys.argv[1])):
        time.sleep(0.1)
    return {}

signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[2] == "nohup" else signal.SIG_DFL)
run_verb(work, as_json=False, quiet=True, show=lambda _: print("It is done."))
"""


def signalled(name, *words):
    """Return how a process ends that gets a signal while it works: its code, what it printed, and its errors."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", WORK, *words], **pipes) as process:
        assert process.stdout.readline() == "It works.\n"
        process.send_signal(getattr(signal, name))
        told = process.communicate()
    return process.returncode, *told


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signals_take_the_way_of_ctrl_c(name):
    _, done, errors = signalled(name, "600", "terminal")
    assert done == ""
    assert errors.startswith("learnet: Interrupted.")


@pytest.mark.slow
def test_under_nohup_a_closed_terminal_ends_nothing():
    assert signalled("SIGHUP", "5", "nohup") == (0, "It is done.\n", "")


def test_debugging_shows_the_cause(monkeypatch):
    monkeypatch.setenv("LEARNET_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run_verb(lambda _progress: {"value": 1 // 0}, as_json=False, quiet=True, show=print)


def test_json_is_one_line_whatever_the_names(capsys):
    emit_json({"path": "new\nline \udce9 模型"})
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"path": "new\nline \udce9 模型"}


def test_a_table_in_a_pipe_is_tab_separated(capsys):
    print_table(["photo", "answer"], [["a\nb\x1b[31m.jpg", "[bold]cat"]])
    assert capsys.readouterr().out == "photo\tanswer\na\\nb\\x1b[31m.jpg\t[bold]cat\n"
