"""The same work for many tracks in several processes, which stops in time and when it is told to."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

from learnet.core import LearnetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from learnet.core import Progress

ResultT = TypeVar("ResultT")
_MOST_WORKERS = 256


def each_track(
    work: Callable[[int], ResultT],
    tracks: Sequence[int],
    *,
    workers: int,
    title: str,
    progress: Progress,
    deadline: float | None = None,
) -> Iterator[tuple[int, ResultT]]:
    """Yield each track with what ``work`` made of it, as they come.

    Args:
        work: Takes a track; with several workers it is sent to other processes, and must be picklable.
        tracks: In the order in which they are begun.
        workers: Processes, from 1 to 256; 1 works in this one.
        title: Of the stage that ``progress`` shows.
        progress: Where to tell how it goes.
        deadline: The reading of ``time.perf_counter`` after which no track is begun.

    Raises:
        UsageError: If the number of workers is out of its range.
        LearnetError: If a process died, e.g. because memory ran out.
    """
    if not 1 <= workers <= _MOST_WORKERS:
        raise UsageError(f"The number of workers must be 1 to {_MOST_WORKERS}; received {workers}.")
    with progress.stage(title, len(tracks)) as task:
        run = _one_by_one if workers == 1 or len(tracks) < 2 else _by_processes
        for result in run(work, tracks, workers, deadline):
            task.advance()
            yield result


def _time_is_up(deadline: float | None) -> bool:
    return deadline is not None and time.perf_counter() > deadline


def _one_by_one(
    work: Callable[[int], ResultT],
    tracks: Sequence[int],
    workers: int,  # noqa: ARG001 (the arguments of both ways)
    deadline: float | None,
) -> Iterator[tuple[int, ResultT]]:
    for track in tracks:
        if _time_is_up(deadline):
            return
        yield track, work(track)


def _by_processes(
    work: Callable[[int], ResultT], tracks: Sequence[int], workers: int, deadline: float | None
) -> Iterator[tuple[int, ResultT]]:
    # TensorFlow's threads do not survive a fork
    pool = ProcessPoolExecutor(min(workers, len(tracks)), mp_context=get_context("spawn"), initializer=_ignore_ctrl_c)
    waiting = list(reversed(tracks))
    running: dict[Future[ResultT], int] = {}
    heard = threading.Event()
    restore = _hear_ctrl_c_once(heard)
    try:
        while True:
            if heard.is_set():  # while Python looked for garbage, say, where it drops what is raised
                raise KeyboardInterrupt
            while waiting and len(running) < workers and not _time_is_up(deadline):
                track = waiting.pop()
                running[pool.submit(work, track)] = track
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(done), done.result()
    except BrokenProcessPool as error:
        raise LearnetError(
            "A process that drove a track died, perhaps for want of memory. What was done is kept: run the same "
            "command again, with --workers 1 if it happens again."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        restore()


def _hear_ctrl_c_once(heard: threading.Event) -> Callable[[], object]:
    """Ignore Ctrl-C after the first: a second one would break off the pool's end, which then never comes.

    Args:
        heard: Is set by the first one.

    Returns:
        What puts the usual answer to Ctrl-C back.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else somebody has thought of it
    if not usual or threading.current_thread() is not threading.main_thread():
        return lambda: None

    def once(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        heard.set()
        raise KeyboardInterrupt

    return partial(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, once))


def _ignore_ctrl_c() -> None:
    """Leave Ctrl-C to the process that waits: those that drive finish their lap and go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
