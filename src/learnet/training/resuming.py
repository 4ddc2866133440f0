"""What users are told so that a training that was interrupted is neither lost nor begun twice."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from learnet.core import UsageError
from learnet.training.checkpoint import has_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse_unfinished(out: str | Path | None, *, command: str) -> None:
    """Refuse to begin a training in a folder where one was interrupted: its checkpoints would be lost.

    Args:
        out: Where the run shall be; None for a new folder.
        command: What the user calls to train, e.g. ``"learnet train"``.

    Raises:
        UsageError: The sentence says how to go on.
    """
    if out is None:
        return
    folder = Path(out)
    if has_checkpoint(folder) and not (folder / "bundle").exists():
        raise UsageError(
            f"'{folder}' holds a training that was interrupted, which would be lost. Go on with: "
            f"{_going_on(folder, command)}. Or choose another --out, or delete the folder."
        )


@contextmanager
def telling_how_to_go_on(folder: Path, *, command: str | None) -> Iterator[None]:
    """Let a Ctrl-C in a block say by which command the training in ``folder`` goes on, if any can."""
    try:
        yield
    except KeyboardInterrupt:
        if command is None:
            raise
        raise KeyboardInterrupt(f"Interrupted. Go on with: {_going_on(folder, command)}") from None


def _going_on(folder: Path, command: str) -> str:
    return f"{command} --resume {shlex.quote(str(folder))}"
