"""A row's own process, ``python -m learnet.comparison.child``: the job as JSON in, progress as JSON lines out.

It exists so that a row's peak memory is its own, and so that one that dies takes nothing with it. It ends at once when
the process that started it does: an orphan would go on writing into a folder that a resumed comparison writes into.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from learnet.core.backends import leave_out_of_keras

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_EVERY = 0.2  # seconds between two lines about one stage


class Told:
    """Progress as JSON lines, one event each.

    Args:
        out: Where to write.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock, self._stages = out, threading.Lock(), 0

    def tell(self, **event: Any) -> None:
        """Write one event."""
        with self._lock:
            self._out.write(json.dumps(event).encode("ascii") + b"\n")
            self._out.flush()

    def say(self, line: str) -> None:
        """Tell a line."""
        self.tell(say=line)

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[ToldTask]:
        """Tell that a stage begins, how it goes, and that it ends."""
        self._stages += 1
        task = ToldTask(self, self._stages)
        self.tell(open=self._stages, description=description, total=total)
        try:
            yield task
        finally:
            task.flush()
            self.tell(close=task.number)


class ToldTask:
    """A stage that tells of its steps now and then.

    Args:
        told: Where.
        number: Of the stage.
    """

    def __init__(self, told: Told, number: int) -> None:
        self.number = number
        self._told, self._steps, self._last = told, 0, 0.0

    def advance(self, steps: int = 1) -> None:
        """Count steps; tell them if it is time."""
        self._steps += steps
        if time.monotonic() - self._last >= _EVERY:
            self.flush()

    def flush(self) -> None:
        """Tell the steps that have not been told."""
        if self._steps:
            self._told.tell(advance=self.number, steps=self._steps)
        self._steps, self._last = 0, time.monotonic()


def main() -> None:
    """Read a job, do it, and leave a record of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    told = Told(os.fdopen(os.dup(_STDOUT), "wb"))
    os.dup2(_STDERR, _STDOUT)  # whatever libraries print goes into the log
    with open(_STDIN, "rb", buffering=0, closefd=False) as stdin:
        job = json.loads(stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    leave_out_of_keras("matplotlib.pyplot", "pandas", "sklearn")
    code = _work(job, told)
    sys.stderr.flush()
    os._exit(code)  # everything is written; taking TensorFlow apart takes seconds


def _work(job: dict[str, Any], told: Told) -> int:
    from learnet.comparison.ledger import Ledger
    from learnet.comparison.measure import measure_row, reason_of
    from learnet.comparison.rows import Row
    from learnet.options.compare import CompareConfig

    ledger = Ledger(Path(job["folder"]))
    try:
        record = measure_row(Row.from_json(job["row"]), CompareConfig.from_json(job["config"]), ledger, progress=told)
        ledger.write(record)
    except Exception as error:  # noqa: BLE001 (whatever a row dies of is told)
        traceback.print_exc()
        told.tell(failed=reason_of(error))
        return 1
    return 0


def _end_with_parent() -> None:
    """Wait until the parent's end of the pipe is closed, which a kill does, too."""
    while os.read(_STDIN, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
