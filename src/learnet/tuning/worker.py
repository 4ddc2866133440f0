"""One process at work on a study: it takes trials until all are finished or its time is over."""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import LearnetError, UsageError
from learnet.tuning.keep import tidy, trial_folder
from learnet.tuning.ledger import Outcome
from learnet.tuning.record import describe, ranking
from learnet.tuning.task import OutOfTime, Pruned

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.core import Progress
    from learnet.tuning.ledger import Claim, Ledger
    from learnet.tuning.propose import Proposer
    from learnet.tuning.record import TrialRecord
    from learnet.tuning.task import Deadline, Task

_PAUSE = 0.2  # seconds between two looks at what others do


@dataclass(frozen=True, kw_only=True)
class Keep:
    """What stays on disk.

    Attributes:
        trials: Weights of so many best trials, at least 1.
        limit_bytes: What they may take, at least 0; the best one's stay in any case.

    Raises:
        UsageError: If a number is too small.
    """

    trials: int = 3
    limit_bytes: int = 2_000_000_000

    def __post_init__(self) -> None:
        if self.trials < 1 or self.limit_bytes < 0:
            raise UsageError(
                f"At least 1 trial's weights are kept, in at least 0 bytes; received {self.trials} and "
                f"{self.limit_bytes}."
            )


class Worker:
    """Runs trials.

    Args:
        ledger: The study's book.
        task: What a trial does.
        propose: Which values new trials get.
        folder: Of the study on this machine.
        keep: What stays on disk.
        deadline: When to stop.
        progress: Where to tell how it goes.

    Attributes:
        done: How many trials this process has finished.
    """

    def __init__(
        self,
        ledger: Ledger,
        task: Task,
        propose: Proposer,
        *,
        folder: Path,
        keep: Keep,
        deadline: Deadline,
        progress: Progress,
    ) -> None:
        self._ledger, self._task, self._propose = ledger, task, propose
        self._folder, self._keep, self._deadline, self._progress = folder, keep, deadline, progress
        self.done = 0

    def work(self, most: int | None) -> bool:
        """Run trials until there are ``most``; return whether all are finished, false if the time was over before."""
        total = most or 0
        with self._progress.stage("Trials", total) as task:
            known = 0
            while not self._deadline.is_over:
                claim = self._ledger.claim(self._propose, most=most)
                if claim == "done":
                    task.advance(total - known)
                    self._tidy()  # its last worker may have died before it could
                    return True
                if claim == "wait":
                    time.sleep(_PAUSE)
                else:
                    self._run(claim)
                if total:
                    finished = sum(record.is_finished for record in self._ledger.trials())
                    task.advance(finished - known)
                    known = finished
        return False

    def _run(self, claim: Claim) -> None:
        ledger, number = self._ledger, claim.number
        folder = trial_folder(self._folder, number)
        folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()

        steps: dict[int, float] = {}

        def on_epoch(epoch: int, accuracy: float) -> None:
            steps[epoch] = accuracy
            if ledger.report(number, epoch, accuracy):
                raise Pruned(epoch, accuracy)

        try:
            outcome = self._task.run(claim.values, folder, on_epoch=on_epoch, deadline=self._deadline)
        except (OutOfTime, KeyboardInterrupt):
            ledger.release(number)
            if not self._deadline.is_over:
                raise
            return
        except Pruned as stopped:
            seconds = time.perf_counter() - start
            lost = Outcome(accuracy=stopped.accuracy, loss=None, epochs=stopped.epochs, seconds=seconds)
            ledger.finish(number, lost, pruned=True)
        except OSError:  # the disk is full or gone: no fault of the trial's
            ledger.release(number)
            raise
        except Exception as error:  # noqa: BLE001 (whatever a trial dies of, the search goes on)
            ledger.fail(number, reason_of(error), seconds=time.perf_counter() - start)
        else:
            ledger.finish(number, outcome)
        self.done += 1
        self._settle(claim)

    def _tidy(self) -> list[TrialRecord]:
        records = self._ledger.trials()
        tidy(self._folder, records, keep=self._keep.trials, limit_bytes=self._keep.limit_bytes)
        return records

    def _settle(self, claim: Claim) -> None:
        """Tell what came of a trial, and clear up after it."""
        records = self._tidy()
        record, best = records[claim.number], ranking(records)
        if record.state == "failed":
            told = f"failed: {record.reason}"
        else:
            stopped = f", stopped after epoch {record.epochs}" if record.state == "pruned" else ""
            told = f"validation accuracy {record.accuracy or 0.0:.2%}{stopped}"
        top = f"; best {best[0].accuracy or 0.0:.2%}, trial {best[0].number}" if best else ""
        self._progress.say(f"Trial {record.number} ({record.seconds:.1f} s): {told}{top}; {describe(record.values)}")
        if "keras" in sys.modules:
            sys.modules["keras"].utils.clear_session()
            gc.collect()


def reason_of(error: Exception) -> str:
    """Return why a trial failed, as a sentence.

    Example:
        >>> reason_of(MemoryError())
        'There was not enough memory. A smaller batch_size, input_size or network needs less.'
    """
    if isinstance(error, LearnetError):
        return str(error)
    name, text = type(error).__name__, str(error)
    if isinstance(error, MemoryError) or name == "ResourceExhaustedError" or "bad_alloc" in text:
        return "There was not enough memory. A smaller batch_size, input_size or network needs less."
    first = (text.strip().splitlines() or [""])[0]
    return f"{name}: {first[:300]}" if first else f"{name}."
