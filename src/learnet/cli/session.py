"""What every verb shares: progress or silence, one JSON object at the end, and failures told in a sentence."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from learnet.core.errors import LearnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from learnet.core.progress import Progress

INTERRUPTED = 130


def run_verb(
    work: Callable[[Progress], dict[str, Any]],
    *,
    as_json: bool,
    quiet: bool,
    show: Callable[[dict[str, Any]], None],
) -> None:
    """Do a verb's work and print its result.

    Args:
        work: Takes the progress to report to; returns the result as a JSON-like object; with ``"interrupted": True``
            if it is only a part.
        as_json: Print the object instead of calling ``show``.
        quiet: Report no progress.
        show: Prints the result for people.

    Raises:
        typer.Exit: With 1 or 2 after a failure that has been told, or 130 after Ctrl-C, SIGTERM or SIGHUP.
    """
    from learnet.core.progress import default_progress

    try:
        with _signals_as_interrupts():
            result = work(default_progress(quiet=quiet))
    except LearnetError as error:
        _fail(str(error), error.exit_code, as_json=as_json)
    except KeyboardInterrupt as interrupt:
        _fail(
            str(interrupt)
            or "Interrupted. What was computed so far stays in the cache: run the same command to go on.",
            INTERRUPTED,
            as_json=as_json,
        )
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        _fail(f"The system refused to go on: {error.strerror or error}{place}.", 1, as_json=as_json)
    except MemoryError:
        _fail("There was not enough memory. Close other programs, or use fewer photos at a time.", 1, as_json=as_json)
    except Exception as error:
        if os.environ.get("LEARNET_DEBUG"):
            raise
        _fail(
            f"learnet failed in a way it did not foresee: {type(error).__name__}: {error}. "
            "Please report it with what LEARNET_DEBUG=1 prints when the command is run again.",
            1,
            as_json=as_json,
        )
    interrupted = result.pop("interrupted", False)
    if as_json:
        emit_json(result)
    else:
        show(result)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the work as Ctrl-C does, unless they are ignored, as under ``nohup``."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def emit_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def _fail(sentence: str, code: int, *, as_json: bool) -> NoReturn:
    sys.stderr.write(f"learnet: {sentence}\n")
    if as_json:
        emit_json({"error": sentence, "exit_code": code})
    raise typer.Exit(code) from None


def print_lines(*lines: str) -> None:
    """Print lines for people on standard output."""
    sys.stdout.write("\n".join(lines) + "\n")


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table: drawn by Rich on a terminal, tab-separated in a pipe."""
    from learnet.core.text import visible

    rows = [[visible(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        print_lines("\t".join(columns), *("\t".join(row) for row in rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
