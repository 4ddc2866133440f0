"""Named arrays from safetensors bytes that nobody vouches for: the header is checked before anything is allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.bundle.document import describe, parse_json
from learnet.core import BundleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

MAX_HEADER_BYTES = 1_000_000
_MAX_DIMENSIONS = 8
_ITEM_BYTES = {"F64": 8, "F32": 4, "U8": 1}


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    begin: int
    end: int


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write float64, float32 and uint8 arrays to a safetensors file.

    Args:
        path: The file.
        tensors: Names → arrays of any shape.

    Raises:
        OSError: If the disk refuses.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        # np.ascontiguousarray would give a single number a dimension
        save_file({name: np.asarray(array, order="C") for name, array in tensors.items()}, path)
    except SafetensorError as error:
        raise OSError(f"'{path.name}' could not be written: {error}") from error


def read_tensors(content: bytes, *, name: str) -> dict[str, np.ndarray]:
    """Read the arrays of a safetensors file.

    Every claim of the header is checked against the bytes that are there, so that no more memory is used than they
    need: the header's size, each array's type, shape and place, and that the arrays follow one another without gap or
    overlap up to the last byte.

    Args:
        content: The whole file; the caller has limited its size.
        name: The file's name, for the error's sentence.

    Returns:
        Names → float64, float32 or uint8 arrays; not writable.

    Raises:
        BundleError: If the bytes are anything else.
        Format: https://huggingface.co/docs/safetensors
    """
    data_bytes = _check_header(content, name=name)
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors: dict[str, np.ndarray] = load(content)
    except (SafetensorError, ValueError, TypeError) as error:
        raise BundleError(f"{name} is not a safetensors file: {error}.") from None
    if sum(array.nbytes for array in tensors.values()) != data_bytes:
        raise BundleError(f"{name} does not hold the arrays that its header declares.")
    return tensors


def _check_header(content: bytes, *, name: str) -> int:
    """Check the header of a safetensors file; return how many bytes of data follow it."""
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= size <= min(MAX_HEADER_BYTES, len(content) - 8):
        raise BundleError(
            f"{name} is not a safetensors file: its header should take at most {MAX_HEADER_BYTES:,} bytes and end "
            f"within the file, but it claims {size:,} bytes in a file of {len(content):,}."
        )
    header = parse_json(content[8 : 8 + size], name=f"The header of {name}")
    entries = sorted((_entry(key, value, file=name) for key, value in header.items()), key=lambda entry: entry.begin)
    position = 0
    for entry in entries:
        if entry.begin != position:
            raise BundleError(
                f"In {name}, the array '{entry.name}' begins at byte {entry.begin:,}, where byte {position:,} is next: "
                "arrays must follow one another without gap or overlap."
            )
        position = entry.end
    if position != len(content) - 8 - size:
        raise BundleError(f"{name} declares {position:,} bytes of arrays, but holds {len(content) - 8 - size:,}.")
    return position


def _entry(key: str, value: object, *, file: str) -> _Entry:
    place = f"In {file}, the array {ascii(key)[:120]}"
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise BundleError(f"{place} should be declared by its dtype, shape and data_offsets, and by nothing else.")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise BundleError(f"{place} should be of type F64, F32 or U8, but is {describe(dtype)}.")
    if not _are_sizes(shape) or len(shape) > _MAX_DIMENSIONS:
        raise BundleError(f"{place} should have a shape of at most {_MAX_DIMENSIONS} whole numbers from 0 up.")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise BundleError(f"{place} should have two data_offsets, whole numbers from 0 up.")
    begin, end = offsets
    declared = math.prod(shape) * _ITEM_BYTES[dtype]
    if end - begin != declared or begin % _ITEM_BYTES[dtype]:
        raise BundleError(
            f"{place} of shape {tuple(shape)} needs {declared:,} bytes, but its data_offsets are {begin:,} to {end:,}."
        )
    return _Entry(key, begin, end)


def _are_sizes(value: object) -> bool:
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)
