"""Rows in processes of their own: started, listened to, and their death told in a sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from learnet.comparison.measure import measure_row, reason_of

if TYPE_CHECKING:
    from learnet.comparison.ledger import Ledger
    from learnet.comparison.rows import Row
    from learnet.core import Progress
    from learnet.core.progress import Task
    from learnet.options.compare import CompareConfig

_CHILD = (sys.executable, "-P", "-m", "learnet.comparison.child")
_LOG = "log.txt"


def run_here(row: Row, config: CompareConfig, ledger: Ledger, *, progress: Progress) -> str | None:
    """Do a row's work in this process; return why it failed, or None. Its peak memory is then this process'."""
    try:
        ledger.write(measure_row(row, config, ledger, progress=progress))
    except Exception as error:  # noqa: BLE001 (whatever a row dies of, the others go on)
        return reason_of(error)
    return None


def run_apart(row: Row, config: CompareConfig, ledger: Ledger, *, progress: Progress) -> str | None:
    """Do a row's work in a process of its own; return why it failed, or None.

    What the process and its libraries print goes into ``log.txt`` in the row's folder. If this process is
    interrupted, the other one is ended; if it is killed, the other one ends itself.

    Args:
        row: Which one.
        config: Of the comparison.
        ledger: Of the comparison; the process writes the record.
        progress: Where to tell how it goes.
    """
    job = {"row": row.to_json(), "config": config.to_json(), "folder": str(ledger.folder)}
    log = ledger.place(row) / _LOG
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 (this very Python, with a module of this package)
            _CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=_environment()
        ) as process,
    ):
        try:
            told = _listen(process, json.dumps(job).encode("ascii") + b"\n", progress)
            code = process.wait()
        except BaseException:
            process.kill()
            raise
    if code == 0 and ledger.done(row) is not None:
        return None
    return told or death(code, log=log)


def death(code: int, *, log: Path) -> str:
    """Return how a process ended that could not say so itself.

    Args:
        code: Its return code; negative for a signal.
        log: What it printed.

    Example:
        >>> death(-9, log=Path("log.txt"))
        'Its process was ended by the system (SIGKILL): most likely there was not enough memory.'
        >>> death(3, log=Path("log.txt"))
        "Its process ended with code 3 and without a word; 'log.txt' has what it printed."
    """
    if code >= 0:
        return f"Its process ended with code {code} and without a word; '{log}' has what it printed."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return "Its process was ended by the system (SIGKILL): most likely there was not enough memory."
    return f"Its process was ended by {name}; '{log}' has what it printed."


def _listen(process: subprocess.Popen[bytes], job: bytes, progress: Progress) -> str | None:
    """Hand over the job and pass on what is told until the process ends; return why it failed, if it says so."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the process was started with pipes")
    try:
        os.write(process.stdin.fileno(), job)
    except BrokenPipeError:  # it has died already: its code will tell
        return None
    return relay(process.stdout, progress)


def relay(lines: IO[bytes], progress: Progress) -> str | None:
    """Pass on a process' progress until it ends.

    Args:
        lines: What it tells, a JSON object a line; a last one that a kill has cut off is left out.
        progress: Where to tell it.

    Returns:
        Why it failed, if it says so.
    """
    failed: str | None = None
    stages: dict[int, tuple[ExitStack, Task]] = {}
    with ExitStack() as whole:
        for line in lines:
            try:
                event: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            if "say" in event:
                progress.say(event["say"])
            elif "open" in event:
                stage = whole.enter_context(ExitStack())
                task = stage.enter_context(progress.stage(event["description"], event["total"]))
                stages[event["open"]] = stage, task
            elif "advance" in event:
                stages[event["advance"]][1].advance(event["steps"])
            elif "close" in event:
                stages.pop(event["close"])[0].close()
            elif "failed" in event:
                failed = event["failed"]
    return failed


def _environment() -> dict[str, str]:
    """Return the environment of a process that imports the same learnet as this one."""
    own = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": own if not known else os.pathsep.join((own, known))}
