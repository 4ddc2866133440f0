"""Everything that a training needs to go on as if it had never stopped, on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import LearnetError, sha256_bytes, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_NAMES = ("checkpoint.safetensors", "checkpoint-previous.safetensors")
_BEST = "best.safetensors"
_SCHEMA = "1"


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """Where a training stands.

    Attributes:
        arrays: Weights, statistics, random state, the optimiser's variables, the moving average.
        notes: Everything else, as JSON values: epoch, step, sums, history, configuration.
    """

    arrays: dict[str, NDArray[Any]]
    notes: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically; the one before it is kept.

    Raises:
        OSError: If the disk refuses; what was there stays.
    """
    content = _pack(checkpoint)
    current, previous = (folder / name for name in _NAMES)
    if current.exists():
        previous.unlink(missing_ok=True)
        previous.hardlink_to(current)
    write_bytes(current, content)


def has_checkpoint(folder: Path) -> bool:
    """Return whether a training was interrupted (or finished) in this folder after its first checkpoint."""
    return any((folder / name).exists() for name in _NAMES)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return the newest whole checkpoint of a run; a damaged one is passed over for the one before it.

    Raises:
        LearnetError: If there is none.
    """
    problems = []
    for name in _NAMES:
        try:
            return _unpack((folder / name).read_bytes())
        except FileNotFoundError:
            continue
        except ValueError as error:
            problems.append(f"{name}: {error}")
    found = f"It holds damaged ones only ({'; '.join(problems)})." if problems else "It holds none."
    raise LearnetError(f"The run '{folder}' has no checkpoint to resume from. {found} Begin it anew without --resume.")


def save_best(folder: Path, weights: list[NDArray[Any]]) -> None:
    """Write the best weights so far, atomically."""
    write_bytes(folder / _BEST, _pack(Checkpoint(arrays={str(i): w for i, w in enumerate(weights)}, notes={})))


def load_best(folder: Path) -> list[NDArray[Any]]:
    """Return the best weights so far.

    Raises:
        LearnetError: If they are missing or damaged.
    """
    try:
        arrays = _unpack((folder / _BEST).read_bytes()).arrays
    except (OSError, ValueError) as error:
        raise LearnetError(f"The best weights of the run '{folder}' cannot be read: {error} Train it anew.") from error
    return [arrays[str(index)] for index in range(len(arrays))]


def _pack(checkpoint: Checkpoint) -> bytes:
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in checkpoint.arrays.items()}
    content: bytes = save(arrays, {"schema": _SCHEMA, "notes": json.dumps(checkpoint.notes)})
    return content + bytes.fromhex(sha256_bytes(content))


def _unpack(content: bytes) -> Checkpoint:
    """Return what ``_pack`` wrote.

    Raises:
        ValueError: If as much as one byte is another.
    """
    from safetensors.numpy import load

    body, seal = content[:-32], content[-32:]
    if bytes.fromhex(sha256_bytes(body)) != seal:
        raise ValueError("its checksum does not match its content.")
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])["__metadata__"]
    if header["schema"] != _SCHEMA:
        raise ValueError(f"it has the schema {header['schema']}, which this version of learnet does not know.")
    return Checkpoint(arrays=load(body), notes=json.loads(header["notes"]))
